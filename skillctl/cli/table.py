"""Every command of the program, as data.

The help text, the reference and the dispatch all read this table. It is plain so that `--help` can be answered without
loading a parser: typer and what it needs cost more time than everything else that a quick command does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Entry(NamedTuple):
    """A command."""

    name: str
    """One word, or two for a command of a group: `config get`."""
    about: str
    """One line without a full stop; the first line of the command's own help."""
    section: str

    @property
    def module(self) -> str:
        """The module that has its `command`."""
        name = self.name.replace(" ", "_").replace("-", "_")
        return f"skillctl.cli.commands.{name}{'_' if name == 'import' else ''}"  # a word of Python can't be a module's


class Group(NamedTuple):
    """A word that stands before several commands."""

    name: str
    about: str
    section: str
    default: str = ""
    """The command that is meant where none is named; empty: one has to be named."""


WRITE, USE, RUN, KEEP = "Write packs", "Use packs", "Run plans", "Look after skillctl"
SECTIONS = (USE, WRITE, RUN, KEEP)

ENTRIES: tuple[Entry, ...] = (
    Entry("install", "Install packs into your agents, or what the lock holds", USE),
    Entry("update", "Move packs to newer versions within their requirements", USE),
    Entry("remove", "Remove packs, and the dependencies that nobody else needs", USE),
    Entry("sync", "Make the agents' directories equal to the lock", USE),
    Entry("import", "Take over what npx skills, APM or dotagents installed", USE),
    Entry("apply", "Do exactly what a plan of an installation says, or nothing", USE),
    Entry("history", "Show what was installed when, and by which command", USE),
    Entry("undo", "Go back to what was installed before the last change", USE),
    Entry("list", "List the installed packs, or all that could be installed", USE),
    Entry("lock", "Choose versions and write skillctl.lock, without installing anything", USE),
    Entry("outdated", "List the packs of which there are newer releases", USE),
    Entry("tree", "Show which pack needs which", USE),
    Entry("why", "Show why a pack is installed", USE),
    Entry("info", "Show all that is known of one pack", USE),
    Entry("diff", "Show how two releases of a pack differ", USE),
    Entry("verify", "Hash every installed file and the whole store, and heal the store", USE),
    Entry("search", "Find packs by words in their name, description, keywords or capabilities", USE),
    Entry("budget", "Show what the skills cost each agent's context, beside the project's budget", USE),
    Entry("init", "Make a project file, skillctl.json", USE),
    Entry("new", "Make a new pack", WRITE),
    Entry("validate", "Check packs: manifest, skills, files, secrets, sizes", WRITE),
    Entry("test", "Try packs in a clean room: packed, installed, tested, plans rehearsed", WRITE),
    Entry("version", "Show or raise a pack's version", WRITE),
    Entry("pack", "Make a pack into one archive", WRITE),
    Entry("publish", "Publish a pack to a registry", WRITE),
    Entry("yank", "Take a release out of the choice, or put it back", WRITE),
    Entry("runtime execute", "Make a project of a plan, built and ready to start", RUN),
    Entry("runtime run", "Run a project that the runtime made", RUN),
    Entry("runtime check", "Run the checks of a project's plan", RUN),
    Entry("runtime log", "Show what was run in a project, and how it went", RUN),
    Entry("runtime detect", "Show the stacks of a directory, and what would be run there", RUN),
    Entry("runtime generate", "Ask a language model for a plan, and make a project of it", RUN),
    Entry("runtime restore", "Bring back the files that an execution overwrote", RUN),
    Entry("runtime clean", "Remove what install and build made in a project", RUN),
    Entry("runtime plans", "List the plans that installed packs offer", RUN),
    Entry("registry add", "Add a registry to your configuration, or to the project", KEEP),
    Entry("registry list", "List the registries in the order in which names are looked for", KEEP),
    Entry("registry remove", "Take a registry out of your configuration, or out of the project", KEEP),
    Entry("registry use", "Ask a registry before the others of its file", KEEP),
    Entry("registry init", "Make a registry in a directory or an object store", KEEP),
    Entry("registry serve", "Serve a registry that many publish to", KEEP),
    Entry("registry token", "Make, list and revoke tokens of a registry's server", KEEP),
    Entry("registry delete", "Delete a release for good from a registry's server", KEEP),
    Entry("registry mirror", "Copy a registry, or some of its packs with what they need, into a directory", KEEP),
    Entry("registry export", "Show a registry's packs to tools that do not know skillctl", KEEP),
    Entry("registry verify", "Check all of a registry: every signature, every digest", KEEP),
    Entry("registry refresh", "Sign a registry anew before its signatures expire", KEEP),
    Entry("registry rotate-key", "Give a role of a signed registry a new key", KEEP),
    Entry("registry gc", "Take away files of a registry that nothing refers to", KEEP),
    Entry("registry index", "Make a registry's index and catalog again, or compare them with their origin", KEEP),
    Entry("owner add", "Make somebody an owner of a pack, or of a scope such as @acme", KEEP),
    Entry("owner remove", "Make somebody an owner of a pack or a scope no more", KEEP),
    Entry("owner list", "List the owners of a pack or a scope", KEEP),
    Entry("login", "Keep a registry's token, or a key, in the system's keyring", KEEP),
    Entry("logout", "Keep a registry's token, or a key, no more", KEEP),
    Entry("whoami", "Show who you are to registries", KEEP),
    Entry("trust", "Let the hooks of a pack, or a project's plugin, run", KEEP),
    Entry("untrust", "Let the hooks of a pack, or a project's plugin, run no more", KEEP),
    Entry("completion", "Print what makes a shell complete skillctl's words", KEEP),
    Entry("agents", "Show which agents are here, where each looks, and where skills would go", KEEP),
    Entry("doctor", "Look whether this machine is as skillctl needs it", KEEP),
    Entry("hooks list", "Show whether an agent's client asks skillctl, for the user and in this project", KEEP),
    Entry("hooks install", "Have an agent's client ask skillctl before it uses tools and skills", KEEP),
    Entry("hooks uninstall", "Take the hooks out of the settings of an agent's client", KEEP),
    Entry("log show", "Show what skillctl did", KEEP),
    Entry("log verify", "Check that the audit log is what was written", KEEP),
    Entry("log export", "Copy the audit log in another form", KEEP),
    Entry("policy check", "Show what the policy says of all that a plan or a pack would do", KEEP),
    Entry("policy explain", "Show which policies count here, and what each says of an effect", KEEP),
    Entry("policy init", "Begin a policy of your own", KEEP),
    Entry("plugins list", "Show every plugin, what it hooks into, and what is wrong with it", KEEP),
    Entry("plugins info", "Show all that is known of one plugin", KEEP),
    Entry("plugins enable", "Load a plugin again, or an installed one for the first time", KEEP),
    Entry("plugins disable", "Load a plugin no more", KEEP),
    Entry("plugins new", "Make a new plugin with a test", KEEP),
    Entry("config get", "Show one setting", KEEP),
    Entry("config set", "Change one setting", KEEP),
    Entry("config unset", "Take one setting out, so that its default counts", KEEP),
    Entry("config list", "Show every setting and where it comes from", KEEP),
    Entry("config path", "Show where the configuration lies", KEEP),
    Entry("config limits", "Show every limit that skillctl enforces", KEEP),
    Entry("cache dir", "Show where the cache lies", KEEP),
    Entry("cache size", "Show how much the cache holds", KEEP),
    Entry("cache prune", "Remove what no project refers to any more", KEEP),
    Entry("cache clean", "Remove everything from the cache", KEEP),
)

GROUPS: tuple[Group, ...] = (
    Group("runtime", "Turn plans into running programs", RUN),
    Group("registry", "Choose registries, make them, and keep them in order", KEEP, default="list"),
    Group("owner", "Say who may publish and yank a pack", KEEP),
    Group("config", "Show and change settings", KEEP),
    Group("cache", "Look at the cache and tidy it", KEEP),
    Group("hooks", "Guard an agent's client: Claude Code asks skillctl", KEEP, default="list"),
    Group("log", "Look at the audit log", KEEP, default="show"),
    Group("policy", "Show and begin what may be written, run, fetched and installed", KEEP, default="explain"),
    Group("plugins", "Show and choose what hooks into skillctl", KEEP, default="list"),
)

ALIASES: Mapping[str, tuple[str, ...]] = {
    "add": ("install",),
    "i": ("install",),
    "rm": ("remove",),
    "uninstall": ("remove",),
    "ls": ("list",),
    "find": ("search",),
    "new-skill": ("new",),
    "install-skill": ("install",),
    "list-packs": ("list", "--available"),
}
"""Words of habit, and the classic names: each stands for the words on the right."""

MEANT: Mapping[str, str] = {
    "build": "pack",
    "check": "validate",
    "ci": "install --frozen",
    "create": "new",
    "delete": "remove",
    "lint": "validate",
    "push": "publish",
    "un": "remove",
    "unyank": "yank --undo",
    "upgrade": "update",
}
"""Words that people bring from other programs, which mean something here but are no aliases."""


def expanded(words: Sequence[str]) -> list[str]:
    """The words of a command line with an alias in front replaced by what it stands for, and `help X` by `X --help`."""
    if words and words[0] == "help":
        return [*expanded([word for word in words[1:] if not word.startswith("-")]), "--help"]
    return _with_default([*ALIASES.get(words[0], (words[0],)), *words[1:]]) if words else []


def _with_default(words: list[str]) -> list[str]:
    group = group_named(words[0])
    if group is None or not group.default:
        return words
    names_one = len(words) > 1 and (not words[1].startswith("-") or words[1] in ("-h", "--help"))
    return words if names_one else [group.name, group.default, *words[1:]]


def entry_at(words: Sequence[str]) -> tuple[Entry, int] | None:
    """The command that the first words name, and how many words that took."""
    for length in (2, 1):
        name = " ".join(words[:length])
        for entry in ENTRIES:
            if entry.name == name and len(words) >= length:
                return entry, length
    return None


def group_named(name: str) -> Group | None:
    """The group of that name."""
    return next((group for group in GROUPS if group.name == name), None)


def members(group: str) -> list[Entry]:
    """The commands of a group, in order."""
    return [entry for entry in ENTRIES if entry.name.startswith(f"{group} ")]


def words_after(group: str = "") -> list[str]:
    """Every word that may stand first, or second behind a group: for suggestions."""
    if group:
        return [entry.name.partition(" ")[2] for entry in members(group)]
    return [*dict.fromkeys(entry.name.partition(" ")[0] for entry in ENTRIES), *ALIASES, *MEANT]

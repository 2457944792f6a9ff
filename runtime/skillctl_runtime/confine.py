"""What no plan may do, whoever asks and whatever a policy says: checked before any engine is asked and before a write.

1. A path stays in the project: relative, no `..`, no drive, no NUL, no name that some system reserves or merges with
   another (`skillctl.core.paths`), at most 255 bytes and 32 names.
2. `.skillctl` belongs to the runtime, and `.git` to the person whose repository it is: a hook or a configuration in
   there would run outside every isolation.
3. Sizes are bounded: a file, all files, their number.
4. A command raises no privileges (`sudo`, `su`, `doas`, `pkexec`; said when policy and other engines had their say, who
   know better what is wrong with it), doesn't leave the project by `cd /somewhere`, and
   holds no control characters.
5. The environment that it sets doesn't change which program runs or what is loaded into it (`PATH`, `LD_PRELOAD` …);
   where the run is isolated, variables that only steer an interpreter are let through.
6. A dependency is a name with a version, never an option, an address or a path: those fetch from elsewhere.

Every problem of a plan is told at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import ExecutionError
from skillctl.core.json_value import item_path, key_path
from skillctl.core.limits import LIMITS, MIB
from skillctl.core.paths import find_collisions, folded, path_problem, shown_path
from skillctl.core.value import replace
from skillctl_runtime.plan import Plan
from skillctl_runtime.state import STATE

FILE_BYTES = 10 * MIB
TREE_BYTES = 100 * MIB
TREE_FILES = 2_000
LINE_LENGTH = 8_192
LINES = 50
STDIN_BYTES = 10 * MIB

_LIMITS = replace(LIMITS, path_bytes=255, path_depth=32)
_OWNED = {STATE: "belongs to the runtime", ".git": "belongs to whoever keeps the repository"}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_LOADERS = re.compile(r"(?:LD_|DYLD_|_RLD|GLIBC_TUNABLES\Z|GCONV_PATH\Z|BASH_ENV\Z|BASH_FUNC|ENV\Z|IFS\Z|SHELLOPTS\Z)")
_IDENTITY = frozenset({"PATH", "HOME", "SHELL", "USER", "LOGNAME", "TMPDIR", "PWD"})
_STEERING = re.compile(
    r"(?:PYTHON(?:PATH|HOME|STARTUP|BREAKPOINT|EXECUTABLE|PLATLIBDIR|INSPECT)|NODE_OPTIONS|NODE_PATH|JAVA_TOOL_OPTIONS|"
    r"_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|RUSTC_WRAPPER|RUSTC|RUSTFLAGS|CC|CXX|GOFLAGS|GOTOOLCHAIN|PERL5OPT|"
    r"PERL5LIB|RUBYOPT|RUBYLIB|GIT_(?:SSH|SSH_COMMAND|EXEC_PATH|EXTERNAL_DIFF|ASKPASS|PROXY_COMMAND)|EDITOR|PAGER)\Z"
)
_RAISED = "privileges"
_ANYWHERE = "/project"
_PRIVILEGE = frozenset({"sudo", "su", "doas", "pkexec", "runuser", "setpriv", "chroot", "nsenter", "unshare"})
_LEAVING = frozenset({"cd", "pushd"})
# A line that names none of them and hides no letter of a word starts none of them, and needs no reading.
_TELLING = re.compile("|".join(sorted(_PRIVILEGE | _LEAVING)) + r"""|['"\\$`{]""")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NO_PACKAGE = re.compile(
    r"(?P<empty>\s*\Z)|(?P<option>\s*-|.*\s--?[A-Za-z])|(?P<control>.*[\x00-\x1f\x7f`$\\])"
    r"|(?P<address>.*[A-Za-z0-9+.-]://|.*\b(?:git|hg|svn|bzr)\+"
    r"|(?:.*@\s*)?(?:file|link|portal|patch|workspace|github|gitlab|bitbucket|gist|git|ssh):)"
    r"|(?P<path>\s*(?:\.{0,2}/|~|[A-Za-z]:/))",
    re.IGNORECASE | re.DOTALL,
)


def confined(plan: Plan, *, where: str = "plan", isolated: bool = False) -> None:
    """Refuse a plan that reaches further than its project, with all of E505 to E510 that it breaks (ExecutionError).

    `isolated`: what it runs sees only its project and what everybody may read.
    """
    found = [
        *_paths(plan),
        *_sizes(plan),
        *_commands(plan, privileges=False),
        *_environment(plan, isolated=isolated),
        *_packages(plan),
    ]
    if found:
        raise ExecutionError(*(_at(where, each) for each in found))


def unprivileged(plan: Plan, *, where: str = "plan") -> None:
    """Refuse a plan that raises its privileges (ExecutionError E510), whoever else allows it."""
    found = [each for each in _commands(plan, privileges=True) if each.evidence.get("rule") == _RAISED]
    if found:
        raise ExecutionError(*(_at(where, each) for each in found))


def _at(where: str, found: Problem) -> Problem:
    place = Place(file=where, path=found.place.path if found.place else "")
    return replace(found, place=place)


def _paths(plan: Plan) -> Iterator[Problem]:
    named = [(f"{item_path('$.files', number)}.filename", each.path) for number, each in enumerate(plan.files)]
    named += [(item_path("$.delete", number), each) for number, each in enumerate(plan.delete)]
    broken = False
    for key, path in [*named, *_other_paths(plan)]:
        rule = path_rule(path)
        if rule is not None:
            broken = True
            yield problem("E505", place=Place(path=key), path=shown_path(path), rule=rule)
    if not broken:
        for each in find_collisions(file.path for file in plan.files):
            yield problem("E506", place=Place(path="$.files"), path=each.path, other=each.other, rule=each.rule)
        written = {folded(each.path) for each in plan.files}
        for number, path in enumerate(plan.delete):
            if folded(path) in written:
                place = Place(path=item_path("$.delete", number))
                yield problem("E506", place=place, path=path, other=path, rule="written-and-deleted")


def _other_paths(plan: Plan) -> Iterator[tuple[str, str]]:
    if plan.cwd not in ("", "."):
        yield "$.cwd", plan.cwd.removeprefix("./")
    if plan.ready is not None and plan.ready.file:
        yield "$.ready.file", plan.ready.file
    for number, check in enumerate(plan.checks):
        if check.kind == "file":
            yield f"{item_path('$.checks', number)}.path", check.path


def path_rule(path: str) -> str | None:
    """The rule that a project's file of that path breaks; None where it may be written."""
    return path_problem(path, _LIMITS) or _owned(path)


def _owned(path: str) -> str | None:
    parts = folded(path).split("/")
    if parts[0] == STATE:
        return _OWNED[STATE]
    return _OWNED[".git"] if ".git" in parts else None


def _sizes(plan: Plan) -> Iterator[Problem]:
    for number, each in enumerate(plan.files):
        if len(each.data) > FILE_BYTES:
            place = Place(path=item_path("$.files", number))
            yield problem("E507", place=place, what=each.path, size=len(each.data), limit=f"{FILE_BYTES} bytes a file")
    total = sum(len(each.data) for each in plan.files)
    if total > TREE_BYTES:
        place = Place(path="$.files")
        yield problem("E507", place=place, what="all files", size=total, limit=f"{TREE_BYTES} bytes together")
    if len(plan.files) > TREE_FILES:
        place = Place(path="$.files")
        yield problem("E507", place=place, what="the list of files", size=len(plan.files), limit=f"{TREE_FILES} files")
    if plan.stdin is not None and len(plan.stdin) > STDIN_BYTES:
        place = Place(path="$.stdin")
        yield problem("E507", place=place, what="stdin", size=len(plan.stdin), limit=f"{STDIN_BYTES} bytes")


def _commands(plan: Plan, *, privileges: bool) -> Iterator[Problem]:
    named = [(key, lines) for key in ("install", "build", "run") if (lines := getattr(plan, key))]
    named.append(("checks", tuple(each.command for each in plan.checks)))
    for key, lines in named:
        if len(lines) > LINES:
            place = Place(path=key_path("$", key))
            yield problem("E507", place=place, what=key, size=len(lines), limit=f"{LINES} commands")
        for number, line in enumerate(lines):
            if (rule := command_problem(line, privileges=privileges)) is not None:
                yield problem("E510", place=Place(path=item_path(key_path("$", key), number)), line=line, rule=rule)
    for number, word in enumerate(plan.args):
        if "\x00" in word:
            yield problem("E510", place=Place(path=item_path("$.args", number)), line=word, rule="control-character")


def command_problem(line: str, *, privileges: bool = True) -> str | None:
    """The rule that a line for the shell breaks: `control-character`, `too-long`, `privileges`, `leaves-project`.

    `privileges`: whether that rule is asked about as well.
    """
    if _CONTROL.search(line):
        return "control-character"
    if len(line) > LINE_LENGTH:
        return "too-long"
    if not _TELLING.search(line):
        return None
    for words in _commands_of(line):
        if privileges and words[0] in _PRIVILEGE:
            return _RAISED
        if words[0] in _LEAVING and _leads_out(words[1:2]):
            return "leaves-project"
    return None


def _commands_of(line: str) -> Iterator[Sequence[str]]:
    """The name and the words of each command that the line would start; of a line that can't be read, what may be one.

    A shell refuses what can't be read or does with it what nobody saw, so each word there counts as a command.
    """
    from skillctl_plugins.policy.shell_commands import base_name, understood_line

    found = understood_line(line, cwd=_ANYWHERE)
    for each in found.commands:
        yield (each.program, *each.words[1:])
    if found.unreadable:
        words = re.split(r"[\s'\";&|()`]+", line)
        for number, word in enumerate(words):
            yield (base_name(word), *words[number + 1 : number + 2])


def _leads_out(target: Sequence[str]) -> bool:
    return bool(target) and (target[0].startswith(("/", "~", "-")) or ".." in target[0].split("/"))


def _environment(plan: Plan, *, isolated: bool) -> Iterator[Problem]:
    for name in (*plan.env, *plan.secrets):
        place = Place(path=key_path("$.env", name) if name in plan.env else "$.secrets")
        if not _VARIABLE.match(name):
            yield problem("E508", place=place, name=name, rule="no-name")
        elif _LOADERS.match(name.upper()) or name.upper() in _IDENTITY:
            yield problem("E508", place=place, name=name, rule="changes-programs")
        elif not isolated and _STEERING.match(name.upper()):
            yield problem("E508", place=place, name=name, rule="steers-interpreter")
    for name, value in plan.env.items():
        if "\x00" in value or len(value) > LINE_LENGTH * 4:
            yield problem("E508", place=Place(path=key_path("$.env", name)), name=name, rule="value")


def _packages(plan: Plan) -> Iterator[Problem]:
    wanted = plan.dependencies
    for key, packages in (("packages", wanted.packages), ("dev", wanted.dev)):
        for number, text in enumerate(packages):
            if (broken := _NO_PACKAGE.match(text)) is not None:
                place = Place(path=item_path(f"$.dependencies.{key}", number))
                yield problem("E509", place=place, package=text, rule=broken.lastgroup)

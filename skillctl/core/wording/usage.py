"""Words of the codes of this area: how the program was called, and what it could not expect of itself."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

_CALLED = {
    "E001": Wording(
        title="`{argument}` is nothing that can be installed: {reason}",
        hint="write a name (`arcgis`, `@acme/tools`), a name with versions (`arcgis@^1.2`), or a place: `./dir`, "
        "`owner/repo`, `git+https://...`, `https://host`; `owner/repo@pick#range` picks one of it",
        about="An argument of `install` names a pack in a registry, or says where else a pack lies.",
    ),
    "E002": Wording(
        title="`{option}` can't be used like this: {reason}",
        about="The option is known, but it means nothing with the other words of the command line.",
    ),
    "E004": Wording(
        title="`{registry}` is neither the alias of a registry nor a directory",
        hint="known aliases: {known}; a directory is written `./registry`",
        about="A registry is called by the alias that the project file or the user's configuration gives it, or by the "
        "directory that it lies in.",
    ),
    "E005": Wording(
        title="`{registry}` is {project} in skillctl.json, and {user} in your configuration",
        hint="if the project is right, `skillctl registry remove {registry}` takes out yours; if you are, "
        "skillctl.json needs another alias or your place. To write there or log in, name the directory or the address",
        about=(
            "An alias means something in its own file alone. Where a project and its user call two registries the "
            "same, somebody has to say which is meant before anything is installed, published or logged in to: a "
            "project that comes from elsewhere must not be able to take the place of what is yours. One place in both, "
            "or one pinned root in both, is one registry."
        ),
    ),
    "E006": Wording(
        title="`{registry}` can't be written into skillctl.json: its name is no text",
        hint="rename the directory that lies on its way",
        about="A file name can be any bytes, and skillctl.json holds text. A registry in a directory whose name is not "
        "UTF-8 could not be found again from what would stand there.",
    ),
    "E020": Wording(
        title="`{command}` has no command `{word}`",
        hint="{advice}",
        about="The word where a command is expected is none. `skillctl --help` lists all, with their short names.",
    ),
    "E021": Wording(
        title="`{command}` has no option `{option}`",
        hint="{advice}",
        about="Options are never guessed at and never shortened, so that a script keeps its meaning when options "
        "are added.",
    ),
    "E022": Wording(
        title="`skillctl {command}` needs {wanted}",
        hint="{advice}",
        about="An argument or option that the command can't do without is missing.",
    ),
    "E023": Wording(
        title="the value of `{option}` does not fit: {reason}",
        about="The option is known, but what was written for it is not what it takes.",
    ),
    "E024": Wording(
        title="`skillctl {command}` does not know what to do with `{arguments}`",
        hint="quote an argument that contains spaces; `skillctl {command} --help` lists what it takes",
        about="More arguments were given than the command takes. Nothing was done.",
    ),
    "E025": Wording(
        title="`skillctl {group}` needs one of its commands",
        hint="one of {commands}",
        about="Some words stand before several commands and do nothing by themselves.",
    ),
    "E026": Wording(
        title="the option `{option}` can't be read: {reason}",
        hint="`skillctl {command} --help` lists what it takes",
        about="A value is missing behind an option, or one was given to an option that takes none.",
    ),
    "E027": Wording(
        title="`skillctl {command}` was called in a way that can't be read: {reason}",
        hint="`skillctl {command} --help` lists what it takes",
        about="The words of the command line don't follow the grammar of options and arguments.",
    ),
    "E028": Wording(
        title="`{one}` and `{other}` don't go together",
        hint="leave one of them out",
        about="Each of the options is fine, but together they ask for two different things.",
    ),
    "E029": Wording(
        title="{question} is not said, and nobody can be asked here",
        hint="give {option}",
        about="Without a terminal, in CI and inside an agent no question is asked: what a person would answer has to "
        "stand on the command line.",
    ),
    "E030": Wording(
        title="`{path}` lies inside the pack, so the archive would become part of its next release",
        hint="choose a place outside with `-o`, or leave the archive out with `files` in skill.json",
        about="Everything in a pack's directory belongs to the pack unless its manifest leaves it out.",
    ),
    "E040": Wording(
        title="the scope {scope} belongs to {project} in skillctl.json, and to {user} in your configuration",
        hint="if the project is right, `skillctl registry remove {registry}` takes out your registry, with its scopes; "
        "if you are, skillctl.json must name your place, or leave the scope alone",
        about="A scope that you bound to a registry is asked for there and nowhere else. A project that comes from "
        "elsewhere must not be able to bind it to another one, so somebody has to decide before anything is installed. "
        "One place in both, or one pinned root in both, is one registry.",
    ),
}

_OWN = {
    "E090": Wording(
        title="this is a bug in skillctl: {kind}: {words}",
        hint="please report it with the command that you ran; with SKILLCTL_DEBUG=1 it shows where it happened",
        about="Something happened that the program has no answer to. What it had begun to change is finished or taken "
        "back by the next command. A report with the command and the output under SKILLCTL_DEBUG=1 is welcome in the "
        "project's issue tracker.",
    ),
    "E091": Wording(
        title="stopped by you",
        about="Ctrl-C was pressed. What had been begun is finished or taken back by the next command. The exit status "
        "is 130.",
    ),
    "E092": Wording(
        title="the result can't be written to standard output: {reason}",
        hint="{advice}",
        about="Standard output is closed, or what it leads to takes no more. Whoever reads the result would take what "
        "arrived for all of it, so the exit status is not 0, even where the command did its work.",
    ),
}

WORDS: dict[str, Wording] = {**_CALLED, **_OWN}

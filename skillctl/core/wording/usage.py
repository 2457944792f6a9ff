"""Words of the codes of this area: how the program was called, and what it could not expect of itself."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

_CALLED = {
    "E001": Wording(
        title="`{argument}` is nothing that can be installed: {reason}",
        hint="write a name (`arcgis`), a name with versions (`arcgis@^1.2`), a directory (`./my-pack`) or `owner/repo`",
        about="An argument of `install` names a pack in a registry, or says where else a pack lies.",
    ),
    "E002": Wording(
        title="`{command}` has no command `{word}`",
        hint="{advice}",
        about="The word where a command is expected is none. `skillctl --help` lists all, with their short names.",
    ),
    "E003": Wording(
        title="`{command}` has no option `{option}`",
        hint="{advice}",
        about="Options are never guessed at and never shortened, so that a script keeps its meaning when options "
        "are added.",
    ),
    "E004": Wording(
        title="`skillctl {command}` needs {wanted}",
        hint="{advice}",
        about="An argument or option that the command can't do without is missing.",
    ),
    "E005": Wording(
        title="the value of `{option}` does not fit: {reason}",
        about="The option is known, but what was written for it is not what it takes.",
    ),
    "E006": Wording(
        title="`skillctl {command}` does not know what to do with `{arguments}`",
        hint="quote an argument that contains spaces; `skillctl {command} --help` lists what it takes",
        about="More arguments were given than the command takes. Nothing was done.",
    ),
    "E007": Wording(
        title="`skillctl {group}` needs one of its commands",
        hint="one of {commands}",
        about="Some words stand before several commands and do nothing by themselves.",
    ),
    "E008": Wording(
        title="the option `{option}` can't be read: {reason}",
        hint="`skillctl {command} --help` lists what it takes",
        about="A value is missing behind an option, or one was given to an option that takes none.",
    ),
    "E009": Wording(
        title="`skillctl {command}` was called in a way that can't be read: {reason}",
        hint="`skillctl {command} --help` lists what it takes",
        about="The words of the command line don't follow the grammar of options and arguments.",
    ),
    "E010": Wording(
        title="`{one}` and `{other}` don't go together",
        hint="leave one of them out",
        about="Each of the options is fine, but together they ask for two different things.",
    ),
    "E011": Wording(
        title="{question} is not said, and nobody can be asked here",
        hint="give {option}",
        about="Without a terminal, in CI and inside an agent no question is asked: what a person would answer has to "
        "stand on the command line.",
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
}

WORDS: dict[str, Wording] = {**_CALLED, **_OWN}

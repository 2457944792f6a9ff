"""Words of the codes of this area: new packs and their templates, agents, the user's configuration, programs."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

_NEW = {
    "E420": Wording(
        title="`{path}` is there already, and nothing is written into it",
        hint="choose another name, or move what is there out of the way",
        about="`skillctl new` makes a directory or nothing. It never adds to one that somebody may have worked in.",
    ),
    "E421": Wording(
        title="`{name}` holds nothing that a pack could be called by",
        hint="use a name with at least two ASCII letters or digits, such as `my-domain`",
        about="A name is made from what is typed by writing it in lower case and putting hyphens between its words. "
        "Nothing is left where the text has no ASCII letter or digit.",
    ),
    "E422": Wording(
        title="there is no template in `{path}`",
        hint="a template is a directory with the files of a new pack, and a `scaffold.json` if it has variables",
        about="The directory given with `--template` is missing, is no directory or holds no files.",
    ),
    "E423": Wording(
        title="the template can't be rendered: {reason}",
        hint="a file that is no template loses its `.jinja` ending and is then copied as it is",
        about="Files that end in `.jinja` are jinja2 templates, rendered in jinja2's sandbox: a template can't reach "
        "into Python, and a mistake in it is shown with its line.",
    ),
    "E424": Wording(
        title="the template asks for something that is not given: {reason}",
        hint="declare it under `variables` in scaffold.json, or correct its name",
        about="Templates are strict: a variable that nobody gives is a mistake, never an empty text in the new pack.",
    ),
    "E425": Wording(
        title="the template needs a value for `{variable}`: {question}",
        hint="give it with `--set {variable}=VALUE`",
        about="The template's scaffold.json declares a variable without a default, and no question can be asked here.",
    ),
    "E426": Wording(
        title="the template has no variable `{variable}`",
        hint="it has {known}",
        about="A value was given that nothing in the template would use: most often a misspelt name.",
    ),
    "E427": Wording(
        title="the template's file `{template}` can't be written as `{path}`: {rule}",
        hint="correct the name of the file in the template, or the value that stands in it",
        about="The names of the new files obey the rules of every pack: portable on every system, and no two of them "
        "equal where letter case does not count.",
    ),
    "E428": Wording(
        title="there is no `skill.json` in `{path}`",
        hint="name the pack's directory or its skill.json",
        about="The command works on a pack, which is a directory with a manifest.",
    ),
    "E437": Wording(
        title="there is no `{path}`",
        hint="name the pack's directory, its skill.json or its archive",
        about="The command works on a pack, and at the path that was named there is nothing at all.",
    ),
    "E429": Wording(
        title="`{change}` is neither a part of a version nor a version",
        hint="write `patch`, `minor`, `major`, or a version such as `1.2.0`",
        about="`skillctl version` takes the part to count up, or the new version itself.",
    ),
    "N420": Wording(
        title="`{given}` is written `{name}` as a name",
        about="Names have lower-case ASCII letters, digits and hyphens only, so what was typed is written that way. "
        "The original is kept where it is shown to people, as the title of the pack's texts.",
    ),
}

_AGENTS = {
    "E430": Wording(
        title="there is no agent `{agent}`",
        hint="agents are called by names such as {near}; `universal` stands for the shared `.agents/skills`",
        about="Agents are known by the ids of a table that comes with skillctl, which holds where each one looks for "
        "skills.",
    ),
}

_CONFIG = {
    "E440": Wording(
        title="there is no setting `{key}`",
        hint="near it are {near}; `skillctl config list` shows all",
        about="A person writes the configuration and means something by each key, so one that is not known is refused "
        "rather than passed over.",
    ),
    "E441": Wording(
        title="`{key}` can't be {value}: it takes {expected}",
        about="The value of a setting has the wrong kind, or lies outside what makes sense.",
    ),
    "E442": Wording(
        title="the environment variable `{variable}` can't be `{value}`: it takes {expected}",
        hint="correct or unset it",
        about="A variable that skillctl reads has a value that means nothing. It is not passed over, since whoever set "
        "it relies on it.",
    ),
    "E448": Wording(
        title="the program `{program}` can't be started: {reason}",
        hint="install it, or add the directory where it lies to PATH",
        about="A command needs another program, which is not on this machine or can't be run.",
    ),
    "E449": Wording(
        title="`{program}` did not end within {seconds} seconds and was stopped",
        about="Every program that skillctl starts has a time limit; at its end the program and what it started are "
        "killed.",
    ),
    "N440": Wording(
        title="the settings come from `{path}`, the older toolkit's file",
        hint="the first `skillctl config set` takes them over into a file of skillctl's own",
        about="Where skillctl has no configuration of its own, the one of the older orchestrator toolkit is read.",
    ),
    "N441": Wording(
        title="`{key}` of the older toolkit's file is not known and is passed over",
        about="The older file may hold keys of programs that came after it. They are never an error.",
    ),
    "N442": Wording(
        title="`{key}` of the older toolkit's file has no setting here: {reason}",
        about="What the key decided is decided in another way by skillctl.",
    ),
    "N443": Wording(
        title="the settings of `{path}` were taken over into `{own}`",
        about="From the first file of its own on, skillctl no longer reads the older toolkit's file; so what stood "
        "there is written into the new one.",
    ),
    "W441": Wording(
        title="`{key}` of the older toolkit's file is passed over: it is {value}, but takes {expected}",
        about="A mistake in a file that was written for another program stops nothing; the default is used.",
    ),
}

_DIRECTORY = {
    "E463": Wording(
        title="the current directory can't be found: {reason}",
        hint="change into a directory that exists; `cd .` may be enough if one of the same name was made anew",
        about="The directory that the command was started in was deleted or moved, or may no longer be read. Without "
        "it there is neither a project nor a meaning for a relative path.",
    ),
}

WORDS: dict[str, Wording] = {**_NEW, **_AGENTS, **_CONFIG, **_DIRECTORY}

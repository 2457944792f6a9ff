"""Words of the codes of this area: plugins and their hooks, trust, policy, the audit log, Patchwork."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

_HOOKS = {
    "E600": Wording(
        title="the plugin `{plugin}` blocked this at `{event}`: {reason}",
        hint="`skillctl plugins info {plugin}` tells what it is; `skillctl plugins disable {plugin}` leaves it out",
        about="An event before something is closed: a callback that raises, or takes longer than it may, blocks what "
        "was going to happen. Nothing was done.",
    ),
    "E601": Wording(
        title="the plugin `{plugin}` changed the {argument} at `{event}` into something that can't be used",
        hint="`skillctl plugins disable {plugin}` leaves it out",
        about="What a plugin makes of a plan goes through the same checks as any plan. The problems that were found "
        "follow this one.",
    ),
    "E602": Wording(
        title="{reason}",
        about="A plugin in a process of its own answered with a failure, or with something that is no answer.",
    ),
    "E603": Wording(
        title="there is no plugin `{plugin}`",
        hint="similar: {near}; `skillctl plugins` lists all",
        about="Plugins come from the configuration directory, from packs, from the project and from installed "
        "distributions.",
    ),
    "E604": Wording(
        title="`{what}` brings nothing that could be trusted to run",
        hint="name an installed pack that has hooks, or the file of a project's plugin; `skillctl plugins` lists both",
        about="Trust is for code that others brought: the hooks of a pack, whose tree in the store is hashed before, "
        "and a plugin file in a project.",
    ),
    "E605": Wording(
        title="`{what}` was not trusted",
        hint="`skillctl plugins` shows what is",
        about="There is nothing to take back.",
    ),
    "W600": Wording(
        title="the plugin `{plugin}` failed at `{event}`: {reason}",
        hint="what was done stays done",
        about="After something has happened a plugin's failure is reported and undoes nothing.",
    ),
}

_AUDIT = {
    "E630": Wording(
        title="the audit log can't be written, so nothing was done: {reason}",
        hint="mend what stands in the way of {file}; `skillctl config set audit off` does without a log",
        about="What skillctl is about to do is written down first. If that fails, it is not done.",
    ),
    "E631": Wording(
        title="the audit log is not what was written: line {line}: {what}",
        hint="keep the files in {folder} as they are for whoever looks into it; `skillctl log export` saves a copy",
        about="Each record is chained to the one before it by its hash, and the whole log is compared with checkpoints "
        "that lie beside it and in another directory. What follows a bad record says nothing.",
    ),
    "E632": Wording(
        title="the audit log is not what was written: {what}",
        hint="keep the files in {folder} as they are for whoever looks into it; `skillctl log export` saves a copy",
        about="The log is compared with its last signed checkpoint, with the note beside it of where it ends, and with "
        "a second copy of both in another directory.",
    ),
    "W630": Wording(
        title="{count} began and never ended: {phases}",
        hint="they were killed, or are at work now",
        about="A record is written before a phase and one after it. A phase without the second was killed, or runs "
        "still.",
    ),
    "W631": Wording(
        title="a crash left half a line in the audit log, which the log itself tells of: line {line}",
        about="Nothing is ever deleted from the log: half a line stays, and the record behind it names its digest.",
    ),
    "N630": Wording(
        title="the audit log is off, by your configuration",
        hint="`skillctl config set audit on` writes it again",
        about="Without the log nobody can tell later what skillctl did.",
    ),
}

WORDS = {**_AUDIT, **_HOOKS}

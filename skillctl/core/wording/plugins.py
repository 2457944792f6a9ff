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

WORDS = {**_HOOKS}

"""Words of the codes of this area: policy files, and what policies decide."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

_DECISIONS = {
    "E610": Wording(
        title="the policy denies {subject}: {reason}",
        hint="rule `{rule}`; {advice}",
        about="A rule of a policy forbids something of what was going to be done, so nothing of it was done. "
        "`skillctl policy explain` shows which rules there are and what each layer says. A rule in a system's or a "
        "project's policy is changed where it stands; a shipped default is lifted by an allow rule in your own policy.",
    ),
    "E611": Wording(
        title="the policy asks before {subject}, and nobody can answer here: {reason}",
        hint="rule `{rule}`; run it in a terminal, or {advice}",
        about="A rule says `ask`. Without a terminal, in CI and inside an agent nobody can be asked, so it counts as "
        "a no.",
    ),
    "E612": Wording(
        title="the answer was no: {subject}",
        hint="rule `{rule}` asked; nothing was done",
        about="A rule says `ask`, and the person at the terminal did not say yes.",
    ),
}

_FILES = {
    "E613": Wording(
        title="the policy `{file}` can't be used, so everything is denied",
        hint="mend it: the problems follow; `skillctl policy explain` reads it anew",
        about="A policy that can't be read in full protects nothing, so it denies everything until it is mended. The "
        "same holds for a file that is named and missing, and for one that can't be opened.",
    ),
    "E614": Wording(
        title="`{key}` is no key {where}",
        hint="{advice}",
        about="A person writes a policy and means something by each key. A misspelt one would otherwise protect "
        "nothing, in silence.",
    ),
    "E615": Wording(
        title="`{key}` must be {expected}; it is {found}",
        about="A value in a policy is of another kind than its key takes.",
    ),
    "E616": Wording(
        title="`{pattern}` is no {kind} that can be used: {reason}",
        about="Globs know `*`, `?`, `**` and `{a,b}`. Regular expressions are RE2's: no look-around and no references "
        "back, so that none can take long. A pattern that can't be used would protect nothing.",
    ),
    "E617": Wording(
        title="`{key}` {reason}",
        about="Some keys only mean something with others, or not in every layer: a project's policy may make what "
        "counts stricter and nothing else, so it can't turn the shipped rules off.",
    ),
    "E618": Wording(
        title="the rule `{id}` is there twice",
        hint="give one of them another id, or none",
        about="Decisions name the rule that made them, so an id stands for one rule of a file.",
    ),
    "E619": Wording(
        title="there is already a policy at `{file}`",
        hint="change it there, or move it away first",
        about="`skillctl policy init` never overwrites a policy.",
    ),
    "E620": Wording(
        title="`{target}` is neither a plan nor a pack: {reason}",
        hint="give a plan's JSON file, `PACK:PLAN` of an installed pack, a pack's directory or an installed pack's "
        "name",
        about="`skillctl policy check` judges what a plan or a pack would do.",
    ),
    "E621": Wording(
        title="`{file}` is no policy of Patchwork's: {reason}",
        about="`skillctl policy init --from` makes a policy of one that Patchwork uses: a map with `name`, and rules "
        "with `action` under `files`, `commands`, `network`.",
    ),
    "N610": Wording(
        title="`{key}` of the Patchwork policy has no counterpart and was left out: {reason}",
        about="What Patchwork guards beyond effects (MCP servers, trusted paths) means nothing to plans and packs.",
    ),
}

WORDS: dict[str, Wording] = {**_DECISIONS, **_FILES}

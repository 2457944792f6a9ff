"""Words of what validation finds beyond form (secrets, names, agents, silences), and of budgets and clean rooms."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

_CONTENT = {
    "E122": Wording(
        title="this looks like a secret ({kind}): {shown}",
        hint="take it out and revoke it; if it is none, silence the rule for this file in `validate.ignore`",
        about="What is published stays readable: a key, token or password in a pack belongs to everybody who has the "
        "pack. The value is never printed. Known forms of tokens, private keys, passwords in addresses and random "
        "texts that are assigned to names such as `password` are found; examples that stand for a secret are not. "
        "`publish` refuses a pack with one. In a file that needs to show a made-up key the rule is silenced by name: "
        '`"E122 references/tokens.md": "made up for the example"`.',
    ),
    "W122": Wording(
        title="`{path}` is a file that holds secrets by its name",
        hint='leave it out with `files` in skill.json, as `"!{path}"`',
        about="Files such as `.env`, `id_ed25519`, `.netrc` and keystores are made for one machine and its secrets. "
        "`.env.example` and its like are passed over.",
    ),
    "W123": Wording(
        title="`{one}` and `{other}` are easily taken for one another",
        hint="call one of them something else",
        about="People type names and read them in lists. Two that differ by one character, by separators, or by "
        "letters that look the same are used for each other, and somebody else's pack may count on that.",
    ),
    "N116": Wording(
        title="the licence `{license}` is written `{canonical}` in SPDX",
        hint="`skillctl validate --fix` changes it",
        about="Identifiers of licences are compared letter by letter by many tools.",
    ),
}

_SILENCE = {
    "E123": Wording(
        title="`{rule}` can't be silenced: {reason}",
        hint="take it out of `validate.ignore`, and mend what it is about",
        about="Warnings and notes can be silenced with a reason, in a pack or in one file of it, and E122 in one file "
        "by name. Other errors can't: they keep a pack from breaking or attacking whoever installs it, and that can't "
        "be the author's word alone.",
    ),
    "W121": Wording(
        title="`{rule}` in `validate.ignore` silences nothing",
        hint="take it out",
        about="A silence that outlives its reason would hide the next problem of its kind.",
    ),
}

_SILENCED_SECRET = {
    "N118": Wording(
        title="what looks like a secret is published, since its author says that it is none: {reason}",
        about="`validate.ignore` in the manifest silences E122 for this file. Told by `publish`, so that whoever "
        "publishes sees it once more.",
    ),
}

_AGENTS = {
    "E125": Wording(
        title="`{field}` is refused by {agents}",
        hint="move it into `metadata`",
        about="The upload of claude.ai and the reference library of the Agent Skills specification take the six fields "
        "`name`, `description`, `license`, `compatibility`, `metadata` and `allowed-tools`, and refuse a skill with "
        "any other. Looked for with `--agent claude-ai` and `--agent skills-ref`.",
    ),
    "E126": Wording(
        title="`{field}` holds a list or map in brackets, which {agents} can't read",
        hint="write one item a line, or a text; `skillctl validate --fix` does it for `allowed-tools`",
        about="Their reader of YAML knows block style only. Looked for with `--agent claude-ai` and `--agent "
        "skills-ref`; for other readers it is the warning W111.",
    ),
    "W125": Wording(
        title="description and `when_to_use` have {length} characters together; {agent} lists {limit}",
        hint="put first what helps to choose the skill",
        about="What is cut off is not seen by the model that chooses. Looked for with `--agent claude-code`.",
    ),
    "W126": Wording(
        title="`{field}` is not read by {agents}: {meaning}",
        hint="write what it is to do into the text as well, or name the agents in `requires.agents`",
        about="The field changes what the skill does, and only Claude Code reads it. Looked for with `--agent` for "
        "other agents.",
    ),
    "W127": Wording(
        title="`{text}` is filled in by Claude Code alone; {agents} reads it as it stands",
        hint="say in words what belongs there",
        about="Substitutions and commands at load are Claude Code's own. Looked for with `--agent` for other agents.",
    ),
    "W128": Wording(
        title="names and descriptions of the skills have {size} bytes together; {agent} lists {limit}",
        hint="split the pack, or shorten the descriptions",
        about="Zed cuts its catalog of skills at 50 KB, those of other packs included. Looked for with `--agent zed`.",
    ),
    "N117": Wording(
        title="`/{name}` is a command of {agent}, whose place the skill takes",
        about="That may be meant. People who type the command get the skill. Looked for with `--agent claude-code`.",
    ),
}

_BUDGET = {
    "E480": Wording(
        title="the skills take {tokens} tokens of {agent}'s context before anything is asked; the budget is {limit}",
        detail="{excess} too many; the dearest: {largest}",
        hint="{advice}",
        about="`budget` in skillctl.json says how many tokens the names and descriptions of all installed skills may "
        "take in every conversation. `install`, `update` and `sync --check` keep to it; `skillctl budget` shows the "
        "whole table. To get below it: take only some skills of a pack, remove a pack, or let people alone call a "
        "skill, which in Claude Code keeps it out of the list (`disable-model-invocation: true` in its SKILL.md).",
    ),
    "W480": Wording(
        title="the skills take {tokens} tokens of {agent}'s context before anything is asked; the budget is {limit}",
        detail="{excess} too many; the dearest: {largest}",
        hint="{advice}",
        about="The same as E480, told by commands that don't choose packs anew: what is locked is put in place.",
    ),
    "E481": Wording(
        title="`budget` has a limit for `{agent}`, which is no agent",
        hint="write an id such as {near}, or `*` for every other agent",
        about="A limit for an agent that nobody knows would hold nobody back. `skillctl agents` lists the ids.",
    ),
}

_CLEAN_ROOM = {
    "E482": Wording(
        title="the pack's own tests failed: {summary}",
        detail="{said}",
        hint="run them with pytest in the pack's directory; `publish --no-test` publishes without them",
        about="`skillctl test` and `publish` run pytest in the pack's `tests/`, in a home that is empty, without a "
        "network, with what the archive holds. A test that passes beside the author's files and fails there relies "
        "on something that nobody else has.",
    ),
    "E483": Wording(
        title="the pack has tests, and `{program}` has no pytest",
        hint="install pytest beside skillctl, or publish with `--no-test`",
        about="The tests of a pack are run by the Python that runs skillctl.",
    ),
    "W481": Wording(
        title="the pack's tests ran without walls around them: {reason}",
        hint="install bubblewrap, or read the tests before you run them",
        about="Tests are programs. Where the system has bubblewrap or Landlock they see the room they run in and "
        "nothing of yours; here they could see what you see. `runtime.isolation` set to `required` refuses that.",
    ),
}

WORDS: dict[str, Wording] = {**_CONTENT, **_SILENCE, **_SILENCED_SECRET, **_AGENTS, **_BUDGET, **_CLEAN_ROOM}

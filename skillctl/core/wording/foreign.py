"""Words of the codes of this area: archives of other tools, and packs that nobody wrote a manifest for."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

WORDS: dict[str, Wording] = {
    "E275": Wording(
        title="no pack and no skill in `{where}`",
        hint="a pack has a skill.json, a Claude Code plugin or marketplace a `.claude-plugin` folder, a skill a SKILL.md",
        about="Looked for are: a skill.json at the root or in a folder of packs, `.claude-plugin/marketplace.json`, "
        "`.claude-plugin/plugin.json`, and SKILL.md files at the root, in `skills`, in the folders of agents, or "
        "deeper. Nothing of these was found. `owner/repo/path` names a folder of a repository.",
    ),
}

"""Words of views of a registry for other tools (E770 to E789, W770 to W789)."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

WORDS: dict[str, Wording] = {
    "E770": Wording(
        title="a marketplace can't be called `{name}`: {reason}",
        hint="give it a name with `--name`, such as `acme-packs`",
        about="Claude Code installs `plugin@marketplace`, refuses names that are not plain words with `-` between, and "
        "keeps some for its own marketplaces. The name comes from the registry's alias or directory unless `--name` "
        "says another. It should stay: who added the marketplace knows its plugins by it.",
    ),
    "E771": Wording(
        title="{registry} does not have {names}",
        hint="`skillctl list --available --registry {registry}` shows what is there",
        about="A view can be made of some packs of a registry, and of what they need. Those that are named have to be "
        "there.",
    ),
    "E772": Wording(
        title="{directory} has files in the way that `registry export` did not write: {paths}",
        hint="export into another directory, or move them away",
        about="What was exported before is noted in `.skillctl-export.json`, with the digest of every file. A file "
        "that is not in it, or that was edited since, is neither replaced nor removed. Nothing was written.",
    ),
    "E773": Wording(
        title="{path} can't be used: {reason}",
        hint="export into another directory, or remove the file if nobody edited what was exported there",
        about="The note says which files of the directory are `registry export`'s own. Without understanding it, "
        "nothing there can be replaced safely. One directory holds one kind of view.",
    ),
    "E774": Wording(
        title="{registry} has no release that could be shown",
        hint="is it the right registry? `skillctl registry list` shows those that you have",
        about="A view without packs would take away everything that others install from it, so none is written. "
        "Nothing is published there yet, or all of it is yanked or in quarantine.",
    ),
    "W770": Wording(
        title="the skill `{skill}` of `{pack}` is left out, since `{owner}` had a skill of that name first",
        hint="export the packs that are wanted by name, each kind into a directory of its own",
        about="A site has one name space for all its skills. Where two packs have a skill of one name, the pack has it "
        "that was published with it first, so that no later publish takes the name over.",
    ),
    "W771": Wording(
        title="the skill `{skill}` of `{pack}` is left out: {reason}",
        about="Every skill of a site is an archive of its own, which has to be within the limits of an archive.",
    ),
    "W772": Wording(
        title="other tools may skip the skill `{skill}` of `{pack}`: its front matter has no {missing}",
        hint="add it to the SKILL.md and publish a new version",
        about="Readers of an index of skills take the name and the description from the front matter of SKILL.md, and "
        "pass over a skill without them in silence. The index itself says what the pack says of itself.",
    ),
    "W773": Wording(
        title="`{pack}` is left out, since the plugin `{plugin}` is `{owner}`, which was published first",
        hint="export the two into marketplaces of their own",
        about="A plugin's name has no scope, so `@acme/tools` becomes `acme-tools`, which may be a pack too. The "
        "pack that was published first keeps the name, so that no later publish takes it over.",
    ),
    "W774": Wording(
        title="the plugin of `{pack}` is offered without {needed}: the marketplace has {found}",
        hint="those who install it do without, or get it elsewhere",
        about="A marketplace has one version of each plugin. What a pack needs is named by its plugin where it is "
        "there in a version that the pack takes; else a plugin that can't be completed would not be loaded at all.",
    ),
    "W775": Wording(
        title="the guards of `{pack}` ({file}) stay behind: they run in skillctl alone",
        hint="who wants them installs the pack with skillctl",
        about="`hooks_module` is skillctl's own, and nothing that Claude Code or another tool would run. The view has "
        "the skills without it.",
    ),
    "W776": Wording(
        title="`{pack}` is left out: {registry} offers no release of it",
        about="All releases are yanked, or the registry has the pack in quarantine. What is offered to nobody by the "
        "registry is offered to nobody by a view.",
    ),
}

"""Words of the codes of this area: archives of other tools, and packs that nobody wrote a manifest for."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

WORDS: dict[str, Wording] = {
    "E211": Wording(
        title="`{pack}` is refused: `{member}` could be read in two ways: zip rule `{rule}`",
        hint="ask for a .tar.gz, or make the .zip anew with a usual tool",
        about="""A zip says everything twice, before each file and in the directory at its end, and readers believe
one or the other. So that no two of them see different files, both have to say the same, and every byte of the archive
has to belong to something. What usual tools write is read: data descriptors, zip64, a comment of the archive, times
and owners in extra fields. The rules:

| rule | what it refuses |
|---|---|
| `no-end`, `two-ends`, `end-fields`, `disks` | no end record, several, one that contradicts itself, parts of a set |
| `leading-data`, `trailing-data`, `gap`, `overlap` | bytes that belong to no file, or to two |
| `directory`, `entries`, `local-header` | a directory that does not parse, with another count, or that points nowhere |
| `name-mismatch`, `method-mismatch`, `flags-mismatch`, `size-mismatch`, `descriptor` | two records that differ |
| `encrypted`, `flags`, `method`, `version` | encryption, odd flags, compression but none and deflate, newer forms |
| `member-comment`, `extra-field`, `zip64` | comments of members, extra fields that don't parse or contradict |
| `name-encoding` | a name that is neither ASCII nor marked as UTF-8: readers guess differently |
| `directory-data`, `type` | a directory with data, a name that says directory where the mode says file |
| `stored-descriptor` | an uncompressed file of unknown length in which signatures of zip stand |""",
    ),
    "E212": Wording(
        title="`{pack}` is refused: `{member}` could be read in two ways: tar rule `{rule}`",
        hint="make the archive anew with a usual tool",
        about="""The tar format grew in several directions, and readers differ where headers overlap. What GNU tar,
bsdtar, git and Python write is read, long names included; modes, owners and times are passed over. The rules:

| rule | what it refuses |
|---|---|
| `checksum`, `magic`, `size-field` | a header that is damaged or of no known kind |
| `size-override`, `path-override` | an extension that changes a size, or a path for all members that follow |
| `sparse`, `charset` | files with holes, names in another encoding |
| `extension`, `two-names`, `dangling-extension` | an extension that can't be read, two for one file, one for none |
| `directory-data` | a directory with data |
| `data-after-end` | something behind the end mark |""",
    ),
    "E213": Wording(
        title="`{pack}` can't be read as an archive: rule `{rule}`",
        hint="fetch it again; if it stays so, the file on the other side is broken, or no .tar.gz or .zip",
        about="`unknown-format`: it begins neither like gzip nor like zip; often it is an error page. `truncated`: it "
        "ends too early. `damaged`: compressed data, length or check sum is wrong. `data-after-gzip`: other bytes "
        "follow. `empty`: no file is in it.",
    ),
    "E275": Wording(
        title="no pack and no skill in `{where}`",
        hint="a pack has a skill.json, a plugin or marketplace a folder `.claude-plugin`, a skill a SKILL.md",
        about="Looked for are: a skill.json at the root or in a folder of packs, `.claude-plugin/marketplace.json`, "
        "`.claude-plugin/plugin.json`, and SKILL.md files at the root, in `skills`, in the folders of agents, or "
        "deeper. Nothing of these was found. `owner/repo/path` names a folder of a repository.",
    ),
    "W200": Wording(
        title="`{path}` is only a pointer to a file that Git LFS keeps elsewhere",
        hint="ask who keeps the repository to put the file itself there, if the skill needs it",
        about="Large files of a repository may lie on another server, with a short text in their place. What is "
        "installed is that text; it is not followed, since it would come from an address that nobody asked for.",
    ),
    "W202": Wording(
        title="the SKILL.md of `{skill}` is not what the specification asks for: {reason}",
        hint="agents load it all the same; some may not see its description",
        about="The front matter is missing or no YAML that every reader understands, often because of a colon in a "
        "text without quotes. Clients differ: Claude Code loads such skills, strict ones refuse them.",
    ),
    "W203": Wording(
        title="the skill `{skill}` calls itself `{name}`",
        hint="agents that go by the folder know it as `{skill}`, others as `{name}`",
        about="The specification asks for one name, that of the folder. The folder's name is what skillctl installs it "
        "under, since that is what commands are called by.",
    ),
    "W204": Wording(
        title="the skill `{skill}` has no description",
        hint="an agent can't tell when to use it; some don't list it at all",
        about="Agents choose skills by their descriptions. Without one, and without a paragraph that could stand for "
        "it, the skill can only be called by its name.",
    ),
    "W205": Wording(
        title="`{skill}` is not a skill's name by the specification",
        hint="lower-case letters, digits and single hyphens work with every agent",
        about="Some agents load other names, strict ones don't. It is installed under the name that it has.",
    ),
    "W206": Wording(
        title="`{path}` is left out, since agents would take it for their own configuration",
        about="Files such as `.mcp.json`, `CLAUDE.md` or `.claude/settings.json` inside a skill's folder can change "
        "what an agent does without anybody asking. A pack that somebody else's folder is made into goes without them.",
    ),
    "W207": Wording(
        title="of the plugin `{plugin}` only skills are installed, not its {parts}",
        hint="`claude plugin install` brings all of it to Claude Code",
        about="A Claude Code plugin can hold more than skills: commands, agents, hooks, servers. skillctl installs "
        "skills, for every agent; anything else would run without having been looked at.",
    ),
    "W208": Wording(
        title="the plugin `{plugin}` of the marketplace is passed over: {reason}",
        hint="install it from its own address if it is wanted",
        about="A marketplace can list plugins that lie in other repositories or in registries of packages. Only those "
        "that lie beside the list are packs of it.",
    ),
    "W209": Wording(
        title="`{path}` is passed over: another one is called `{name}` as well",
        hint="a folder of the repository (`owner/repo/path`) can be asked for by itself",
        about="Two skills or plugins of one name can't be installed side by side. The first counts: `skills` before "
        "the folders of agents, and these by the alphabet.",
    ),
    "W211": Wording(
        title="the pack in `{folder}` is passed over: {reason}",
        about="One broken manifest hides no other pack of the same tree. `skillctl validate` tells all that is wrong "
        "with it.",
    ),
    "W213": Wording(
        title="the plugin `{plugin}` has no skills, so there is nothing of it to install",
        about="skillctl installs skills. A plugin of commands, agents or hooks alone is for Claude Code's own plugin "
        "manager.",
    ),
}

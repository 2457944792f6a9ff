"""Words of the codes of this area: manifests, skill files, validation, and the text formats under them."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

_NAMES = {
    "E101": Wording(
        title="`{name}` can't be the name of a {kind}: {rule}",
        about="Names are directory names in every agent and words on a command line: lower-case ASCII letters, digits "
        "and single hyphens, at most 64 characters. What Windows or an agent keeps for itself is refused everywhere: "
        "a pack that works here works there.",
    ),
    "E102": Wording(
        title="`{version}` is not a version",
        hint="write `X.Y.Z`, or `X.Y.Z-beta.1` with alpha, beta or rc for a pre-release",
        about="Versions have one form. Other forms sort differently under different rules (`1.0.0-1` is later than "
        "1.0.0 to one and earlier to another), so they are refused instead of guessed at.",
    ),
    "E103": Wording(
        title="the requirement `{requirement}` can't be read: {reason}",
        hint="write `base ^1.2`, `base ~1.2.3`, `base >=1.2,<2` or `base`",
        about="A requirement is a pack's name and the versions that will do, in the grammar that every place shares.",
    ),
}

_MANIFEST = {
    "E104": Wording(
        title="`{field}` is missing",
        hint='add `"{field}"`; a manifest needs `name`, `version` and `description`',
        about="A manifest says at least what the pack is called, which version this is, and what it is for.",
    ),
    "E105": Wording(
        title="`{field}` is {found}, where {expected} belongs",
        about="The value has another JSON type than the field wants.",
    ),
    "E106": Wording(
        title="`{field}` is empty",
        hint="say something, or leave the field out if it is not required",
        about="A text of spaces tells nobody anything, and an empty path or requirement would mean different things to "
        "different readers.",
    ),
    "E107": Wording(
        title="the manifest has format {found}, and this skillctl reads format {supported}",
        hint="update skillctl",
        about="A newer major format may change what every field means, so nothing in it is read or rewritten.",
    ),
    "E108": Wording(
        title="`{path}` is not a path that works on every system: rule `{rule}`",
        hint="write a path from the pack's root with `/` between names; E200 lists the rules",
        about="Paths in a manifest stay inside the pack and mean the same file on every system. The rules are those of "
        "E200. Nothing is mended silently but `./` in front and `/` behind.",
    ),
    "E109": Wording(
        title="`{value}` is not {expected}",
        about="The text has not the form that the field wants; the reference of the manifest shows each form.",
    ),
}

_VALIDATION = {
    "E110": Wording(
        title="there is no pack here: neither skill.json nor a SKILL.md",
        hint="`skillctl new NAME` makes one",
        about="A pack is a directory with a manifest, or at least with one SKILL.md.",
    ),
    "N100": Wording(
        title="there is no skill.json; name and version are inferred",
        about="A directory of skills can be installed as it is. To be published it needs a manifest.",
    ),
    "W100": Wording(
        title="`{key}` is not known",
        hint="look for a slip of the pen; the reference of the manifest lists all fields",
        about="Nothing reads this key. It is an error under `--strict`, since a slip in an optional field is otherwise "
        "never found.",
    ),
    "W101": Wording(
        title="`{license}` is not an SPDX licence expression",
        hint="write an identifier such as `{example}`, or `LicenseRef-...` for your own",
        about="Tools that check licences understand SPDX expressions only.",
    ),
    "W102": Wording(
        title="nothing in the pack matches `{pattern}`",
        about="The glob gives no file to any skill. A path without a wildcard that matches nothing is an error.",
    ),
    "E118": Wording(
        title="`{path}` is not in the pack",
        hint="add the file, or mend the path; the letters' case counts",
        about="The manifest names a file that is not there, so something the pack promises can't work.",
    ),
}

_SKILLS = {
    "E111": Wording(
        title="the front matter has no name",
        hint="add `name: {directory}`, the name of the directory",
        about="The Agent Skills specification wants a name, and some agents list skills by it.",
    ),
    "E112": Wording(
        title="the skill calls itself `{name}`, and its directory is `{directory}`",
        hint="make them the same; the directory's name is what people type",
        about="Some agents go by the directory, some by the front matter, and some refuse a skill where they differ.",
    ),
    "E113": Wording(
        title="the front matter has no description",
        hint="say what the skill does and when to use it",
        about="The description is all an agent sees before it chooses a skill.",
    ),
    "E114": Wording(
        title="the description has {length} characters, more than {limit}",
        hint="keep what helps to choose the skill, and move the rest into the body",
        about="The Agent Skills specification allows 1,024 characters; agents cut or refuse longer ones.",
    ),
    "E115": Wording(
        title="`compatibility` has {length} characters, more than {limit}",
        about="The Agent Skills specification allows 500 characters.",
    ),
    "E116": Wording(
        title="`{field}` is not {expected}",
        about="Agents read the fields of the specification in one shape each.",
    ),
    "E117": Wording(
        title="`{path}` is not called SKILL.md",
        hint="rename it; the letters' case counts",
        about="Agents look for exactly SKILL.md. On disks that ignore case another spelling works, and nowhere else.",
    ),
    "E119": Wording(
        title="the link `{target}` leads out of the pack",
        hint="bring the file into the pack, or link to a URL",
        about="What lies outside the pack is not installed with it.",
    ),
    "W103": Wording(
        title="the file begins with a byte order mark",
        hint="save it as UTF-8 without a byte order mark",
        about="Some readers find no front matter behind a byte order mark.",
    ),
    "E121": Wording(
        title="`{name}` depends on itself",
        hint="take it out of `dependencies`",
        about="A pack that needs itself to be there first says nothing that could be met or broken, so it is a "
        "mistake: most often a line that was copied from another pack.",
    ),
    "W104": Wording(
        title="the pack has no skill, so installing it gives an agent nothing",
        hint="add `skills/NAME/SKILL.md`; a pack that only brings other packs together needs none",
        about="What agents see of a pack are its skills. One without any is allowed, since it may be there for its "
        "dependencies alone.",
    ),
    "W110": Wording(
        title="`{field}` is no field of the Agent Skills specification",
        hint="move it into `metadata`",
        about="Agents ignore other fields, and strict readers refuse the whole skill.",
    ),
    "W111": Wording(
        title="`{field}` holds a list or map in brackets",
        hint="write one item a line, or a text",
        about="Strict readers of front matter know block style only.",
    ),
    "W112": Wording(
        title="`allowed-tools` is not a text of words with spaces between them",
        hint="write `allowed-tools: Read Grep Bash(git:*)`",
        about="The specification has a text with spaces; lists and commas are read by Claude Code, and not by all.",
    ),
    "W113": Wording(
        title="the body has {lines} lines; below {limit} is advised",
        hint="move details into `references/` and link to them",
        about="The whole body is read each time the skill is used.",
    ),
    "W114": Wording(
        title="the body has about {tokens} tokens; up to {limit} is advised",
        hint="move details into `references/` and link to them",
        about="The whole body is read each time the skill is used. Tokens are estimated: UTF-8 bytes divided by four.",
    ),
    "W115": Wording(
        title="the body is empty",
        hint="say what to do",
        about="An agent that uses this skill learns nothing but its description.",
    ),
    "W116": Wording(
        title="the link `{target}` leads to a file that is not in the pack",
        hint="add the file, or mend the link; it is read from the skill's own directory",
        about="An agent that follows the link finds nothing.",
    ),
    "W117": Wording(
        title="the link `{target}` leads to a file that is not installed beside this one",
        hint="add the file to `context_files` and link to it by its path in the pack",
        about="A skill is installed into a directory of its own, with its own files and its context files, which lie "
        "there under their path in the pack. What else the pack holds is not beside it any more.",
    ),
    "W118": Wording(
        title="this SKILL.md is none of the pack's skills",
        hint="add its folder to `skills` in skill.json",
        about="Only the skills that the manifest names are installed; without `skills`, those in `skills/<name>/`.",
    ),
    "W119": Wording(
        title="this SKILL.md lies inside the folder of another skill",
        hint="put skills beside each other, or call the file something else",
        about="Skills are read one level deep by most agents and deeper by some: the inner one is lost or shown twice.",
    ),
    "N110": Wording(
        title="`{field}` is read by Claude Code alone",
        about="Other agents ignore the field; strict readers refuse it.",
    ),
    "N111": Wording(
        title="`{target}` is mentioned and is not in the pack",
        about="The text names a file below `references/`, `scripts/` or `assets/`. It may be meant as an example.",
    ),
    "N112": Wording(
        title="`{target}` lies more than one folder deep",
        about="The Agent Skills specification advises references one level deep, since agents may not follow further.",
    ),
    "N113": Wording(
        title="Claude Code runs this command when it loads the skill",
        hint="let the skill ask for the command instead, so that the person sees it",
        about="A command between an exclamation mark and back quotes runs before the agent or the person decides "
        "anything. Other agents show it as text.",
    ),
    "N115": Wording(
        title="the context files of `{skill}` have about {tokens} tokens; agents keep about {limit}",
        about="Claude Code keeps 25,000 tokens of all skills together when it makes room in a long session.",
    ),
}

_HIDDEN_TEXT = {
    "E120": Wording(
        title="the text holds hidden characters ({kind}): {code_points}",
        hint="delete them; an editor that shows invisible characters finds them",
        about="""An agent reads what a person can't see, so hidden characters can carry orders. The kinds:

| kind | what it is |
|---|---|
| `tag` | U+E0000 to U+E007F, an invisible alphabet; allowed in the three flags that are written with it |
| `bidi-control` | U+202A to U+202E, U+2066 to U+2069: text that reads in another order than it stands |
| `zero-width` | spaces and joiners of no width; joiners are allowed inside emoji and in scripts that need them |
| `variation-selector` | U+FE00 to U+FE0F, U+E0100 to U+E01EF; one is allowed behind an emoji or ideograph |
| `private-use` | characters without a meaning of their own |
| `byte-order-mark` | U+FEFF, anywhere but at the start |
| `terminal-escape` | U+001B, U+009B: rewrites what a terminal shows |
| `control` | other control characters, without tab, line ends and form feed |""",
    ),
    "W120": Wording(
        title="the text holds characters that can't be seen ({kind}): {code_points}",
        hint="delete them unless the text needs them",
        about="Soft hyphens, direction marks, fillers and line separators are common in honest texts, and invisible.",
    ),
}

_LAYOUT = {
    "E140": Wording(
        title="`{pack}` has two skills called `{skill}`: {paths}",
        hint="rename one of the folders, or take one out of `skills` in skill.json",
        about="A skill is called like its folder, and an agent has one directory for each name.",
    ),
    "E141": Wording(
        title="the skill `{skill}` of `{pack}` has no SKILL.md: `{path}` is not there",
        hint="write the file, or mend the path in `skills` of skill.json; the letters' case counts",
        about="A skill is a folder with a file called exactly SKILL.md. Agents on Linux don't see `skill.md`.",
    ),
    "E142": Wording(
        title="the context file `{path}` of `{pack}` meets a file of the skill `{skill}`",
        hint="rename one of them, or give the skill a `context_files` list of its own",
        about="Context files lie below the skill's directory under their path in the pack. Where the skill has a file "
        "of that path itself, one of the two would be lost. Paths that differ in case only meet, too.",
    ),
    "E143": Wording(
        title="the skill `{inner}` of `{pack}` lies inside the skill `{outer}`",
        hint="put the folders beside each other",
        about="Agents read skills one level deep, and some look deeper: the inner skill would be installed twice.",
    ),
    "E144": Wording(
        title="the skill `{skill}` of `{pack}` brings `{path}`, and agents take `{part}` for their configuration",
        hint="rename it, or leave it out",
        about="Agents obey files of these names wherever they meet them, often before anybody was asked. A pack brings "
        "skills; it never configures an agent.",
    ),
}

_JSON = {
    "E150": Wording(
        title="the file has {size} bytes, more than the {limit} that are read",
        hint="`skillctl config limits` shows every limit",
        about="Files from outside are bounded before they are parsed.",
    ),
    "E151": Wording(
        title="the file is not UTF-8: the byte {byte} does not belong here",
        hint="save it as UTF-8",
        about="All text is UTF-8. Guessing another encoding would read different words on different machines.",
    ),
    "E152": Wording(
        title="the file begins with a byte order mark",
        hint="save it as UTF-8 without a byte order mark",
        about="JSON has no byte order mark; many readers refuse a file that has one.",
    ),
    "E153": Wording(
        title="this is not valid JSON: {reason}",
        hint="mend the text at this place; lines that begin with `<<<<<<<` or `>>>>>>>` are a merge left unsettled",
        about="The text breaks JSON's grammar (RFC 8259). It has no comments, trailing commas or single quotes.",
    ),
    "E154": Wording(
        title="something stands behind the end of the JSON value",
        hint="a file holds one value; look for a bracket that closes too early",
        about="One file, one value: what follows it would be ignored by some readers and read by others.",
    ),
    "E155": Wording(
        title="the key `{value}` stands twice in one object",
        hint="keep one of them",
        about="JSON leaves open which of two equal keys counts, so two programs could read two different files.",
    ),
    "E156": Wording(
        title="`{value}` is not a number that JSON can hold",
        about="NaN and the infinities are no JSON, and a number that overflows becomes one of them.",
    ),
    "E157": Wording(
        title="the integer {value} has more than 4,300 digits",
        about="Turning endless digits into a number takes endless time.",
    ),
    "E158": Wording(
        title="the escape `{value}` is half of a character",
        hint="characters beyond U+FFFF are written as themselves, or as two escapes one behind the other",
        about="A surrogate without its partner is no character and can't be written as UTF-8 again.",
    ),
    "E159": Wording(
        title="the value is nested more than {limit} deep",
        hint="`skillctl config limits` shows every limit",
        about="Nesting is bounded before the text is parsed, so that no file can exhaust the parser's stack.",
    ),
}

_FRONT_MATTER = {
    "E160": Wording(
        title="the file does not begin with front matter",
        hint="the first line is `---`, then `name:` and `description:`, then `---` again",
        about="Agents list a skill by its front matter. Without it a skill has no description and is rarely chosen.",
    ),
    "E161": Wording(
        title="the front matter has no end",
        hint="close it with a line of `---`",
        about="Front matter stands between two lines that hold `---` and nothing else.",
    ),
    "E162": Wording(
        title="the front matter has {size} bytes, more than the {limit} that are read",
        hint="move the text into the body",
        about="Front matter is loaded for every skill in every session, so it is kept short.",
    ),
    "E163": Wording(
        title="the front matter is not valid YAML: {reason}",
        about="The YAML between the `---` lines can't be read. Some agents guess what it means, others skip the skill.",
    ),
    "E164": Wording(
        title="the front matter uses {feature}, which is not read here",
        hint="write plain `key: value` lines",
        about="Anchors, aliases, tags, merge keys and further documents make small files large or mean different "
        "things to different readers. No skill needs them.",
    ),
    "E165": Wording(
        title="the key `{key}` stands twice in the front matter",
        hint="keep one of them",
        about="Readers differ in which of two equal keys counts.",
    ),
    "E166": Wording(
        title="the front matter is not a list of `key: value` lines",
        about="Front matter is a map of fields at the top.",
    ),
    "E167": Wording(
        title="the front matter is nested more than {limit} deep",
        hint="`skillctl config limits` shows every limit",
        about="Nesting is bounded, so that no file can exhaust a reader.",
    ),
    "E168": Wording(
        title="an unquoted text holds a colon and a space",
        hint='put the whole text in double quotes: `description: "Use when: ..."`',
        about="YAML reads `: ` as the end of a key. Some agents guess what was meant, others drop the skill; quotes "
        "make it plain to all.",
    ),
}

_SCHEMA = {
    "E180": Wording(
        title="the file breaks its schema: {reason}",
        about="The file does not fit its published JSON Schema. The words are the schema's; the file's own reader says "
        "the same in others.",
    ),
}

_YAML = {
    "E190": Wording(
        title="the file is not valid YAML: {reason}",
        about="A policy is YAML. In doubt put texts in quotes: one that begins with `*`, `&`, `!`, `%`, `@` or a "
        "bracket, or that holds `: ` or ` #`, is no text without them.",
    ),
    "E191": Wording(
        title="the file uses {feature}, which is not read here",
        hint="write plain maps, lists and texts",
        about="Anchors, aliases, tags, merge keys, further documents and characters that can't be seen mean different "
        "things to different readers. No policy needs them.",
    ),
    "E192": Wording(
        title="the key `{key}` stands twice in one map",
        hint="keep one of them, with the rules of both",
        about="Readers differ in which of two equal keys counts, so half of the rules would be lost to some.",
    ),
    "E193": Wording(
        title="the file is no map of `key: value`",
        about="A policy is a map at the top: `files:`, `commands:` and so on.",
    ),
    "E194": Wording(
        title="the file is nested more than {limit} deep",
        hint="`skillctl config limits` shows every limit",
        about="Nesting is bounded, so that no file can exhaust a reader.",
    ),
}

WORDS: dict[str, Wording] = {
    **_NAMES,
    **_MANIFEST,
    **_VALIDATION,
    **_SKILLS,
    **_HIDDEN_TEXT,
    **_LAYOUT,
    **_JSON,
    **_FRONT_MATTER,
    **_YAML,
    **_SCHEMA,
}

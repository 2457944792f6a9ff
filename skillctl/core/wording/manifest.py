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

WORDS: dict[str, Wording] = {**_NAMES, **_MANIFEST, **_LAYOUT, **_JSON, **_FRONT_MATTER, **_SCHEMA}

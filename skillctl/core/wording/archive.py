"""Words of the codes of this area: archives, paths and digests."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

WORDS: dict[str, Wording] = {
    "E200": Wording(
        title="`{path}` is not a path that works on every system: rule `{rule}`",
        hint="rename the file; the reference of this code lists the rules",
        about="""A pack must unpack to the same files on Linux, macOS and Windows, so its paths follow one grammar
on all of them. Nothing is renamed or cleaned up silently, since two cleaned names could meet.

| rule | what it refuses |
|---|---|
| `empty`, `absolute`, `empty-part`, `dot-part`, `parent-part` | anything but names with single slashes between them |
| `backslash`, `colon`, `reserved-character` | `\\`, `:` and any of `< > " \\| ? *` |
| `control-character` | U+0000 to U+001F, U+007F |
| `hidden-character` | characters that can't be seen or look like a space, variation selectors among them |
| `newer-character` | characters that came after Unicode 14.0, which not every Python knows |
| `not-utf-8`, `not-nfc` | names that are not UTF-8, or not in normal form C |
| `trailing-dot-or-space` | a name that ends in a dot or a space |
| `device-name` | names that Windows keeps for devices, with any extension: `con`, `aux.txt`, `COM1`, `LPT¹` |
| `too-deep`, `too-long` | more names or more bytes than `skillctl config limits` shows |""",
    ),
    "E201": Wording(
        title="`{pack}` is refused: member `{member}` breaks the path rule `{rule}`",
        hint="don't use this archive; its author can make a good one with `skillctl pack`",
        about="""A member of the archive has a path that could lead out of the pack's own directory, or mean
different files on different systems. The rules are those of E200, and `ignored-file`: a path that never belongs to
a tree, such as `.git/config` or `__pycache__/a.pyc`. Nothing of the archive was written.""",
    ),
    "E202": Wording(
        title="`{pack}` is refused: member `{member}` is not a regular file: rule `{rule}`",
        hint="don't use this archive; its author can make a good one with `skillctl pack`",
        about="""A pack's archive holds regular files and nothing else. Links, devices and named pipes can make an
unpacker write outside its directory, and extension headers (PAX, GNU) make two readers see two different archives.
Directories need no members of their own: the paths of the files name them. Nothing of the archive was written.""",
    ),
    "E203": Wording(
        title="`{pack}` is refused: `{member}` is not in the canonical form: rule `{rule}`",
        hint="make the archive with `skillctl pack`; other packers write other headers",
        about="""For every tree there is exactly one tar, so that all readers see the same files in it and a digest
means one thing. The rule names what differs: `gzip-header`; `checksum`, `magic`, `size-field`, `mode` (0755 for
files that begin with `#!`, else 0644), `owner`, `owner-name`, `time`, `link-name`, `device-number`, `path-split`,
`header-padding` of a header; `unsorted` members; `data-padding` that isn't zero; `lone-zero-block` or `data-after-end`
where two zero blocks should end the archive. The format is described in the reference, under Archive format.""",
    ),
    "E204": Wording(
        title="`{pack}` goes over the limit `{rule}`: {allowed} is allowed",
        hint="see `skillctl config limits`; leave files out with `files` in skill.json, or split the pack",
        about="""The limits protect against archives made to fill disk or memory, and are counted on the bytes that
really come out while they come: `archive_bytes` (the .tar.gz), `compression_ratio` (unpacked bytes for each packed
one), `tree_files` and `tree_bytes` (all files together). `skillctl pack` holds the same limits, so what it makes
can be installed.""",
    ),
    "E205": Wording(
        title="`{pack}`: the file `{member}` goes over the limit `{rule}`: {found} bytes, {allowed} allowed",
        hint="see `skillctl config limits`; leave the file out with `files` in skill.json, or make it smaller",
        about="One file of a pack is larger than a single file may be.",
    ),
    "E206": Wording(
        title="`{pack}`: the paths `{member}` and `{other}` can't both exist on every system: rule `{rule}`",
        hint="rename one of them",
        about="""On some systems the two paths are the same file, so one would overwrite the other. `same-when-
folded`: they differ only in letter case or normal form (`README.md` and `readme.md`, `straße` and `STRASSE`),
themselves or in a directory above them. `file-and-directory`: one is a file where the other needs a directory.
`duplicate`: an archive holds the same path twice.""",
    ),
    "E207": Wording(
        title="`{pack}`: the file `{member}` can't be put in an archive: rule `{rule}`",
        hint="shorten the file's name or move it up; a file of the fixed ignore list is left out before packing",
        about="""`unsplittable`: the tar format stores a path of more than 100 bytes in two parts, at most 155 bytes
of directories and at most 100 bytes after them, and this path has no slash in a fitting place. `ignored-file`: the
path is on the fixed list of what never belongs to a tree.""",
    ),
    "E208": Wording(
        title="`{pack}` can't be read as an archive: rule `{rule}`",
        hint="fetch it again; if it stays so, the file on the other side is broken",
        about="""`not-gzip`: the file is something else, often an error page. `truncated`: it ends too early.
`damaged`: compressed data, length or check sum is wrong. `data-after-gzip`: other bytes follow the archive.""",
    ),
    "E209": Wording(
        title="`{pack}` is not what was promised ({rule}): expected `{expected}`, found `{found}`",
        hint="don't use it; fetch it again, and if the difference stays tell who runs the registry",
        about="""The index and the lock say which bytes a release has. `archive-size` and `archive-sha256`: the
archive that came is another one; a broken transfer or a wrong mirror. `tree-digest`: the files in it are not the
files that were published or locked. Nothing was installed.""",
    ),
    "E210": Wording(
        title="`{text}` is not a digest of the form `{form}`",
        hint="take the digest as it was printed, with its prefix and in lowercase",
        about="A digest is written with its kind in front, `tree1:` or `sha256:`, and 64 lowercase hexadecimal digits.",
    ),
}

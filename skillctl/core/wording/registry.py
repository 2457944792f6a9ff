"""Words of the codes of this area: registries, publishing, and the sources that packs come from."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

_INDEX = {
    "E220": Wording(
        title="line {line} of the index file `{file}` can't be read",
        hint="whoever keeps the registry can mend it; nothing was installed from it",
        about="An index file holds one JSON object a line, and each of them is checked before anything is believed. "
        "What exactly is wrong stands in the problem that follows this one. A damaged line is never skipped: the "
        "release in it might be the one that a lock or a yank speaks of.",
    ),
    "E221": Wording(
        title="the line is about `{name}`, but the file is that of `{expected}`",
        about="Every line of an index file names the pack whose file it is. Another name means that files were mixed "
        "up or moved, and then nothing in the file can be relied on.",
    ),
    "E222": Wording(
        title="the status of `{name}` stands twice in its index file",
        about="A pack has one status. Of two lines, different readers could believe different ones.",
    ),
    "E223": Wording(
        title="the version {version} of `{name}` stands twice in its index file",
        hint="whoever keeps the registry can mend it: the line that came first is the one that was published",
        about="A version is published once and never again. Of two lines, different readers could install different "
        "files.",
    ),
    "E224": Wording(
        title="the index file `{file}` ends in the middle of a line",
        hint="try again; if it stays so, whoever keeps the registry can mend it",
        about="Every line of an index file ends with a line feed, the last one too. A file without it was cut off on "
        "its way, and the release that is missing at its end could be the one that counts.",
    ),
    "E225": Wording(
        title="the registry `{registry}` has packs and no config.json",
        hint="bring config.json back from a copy: the id in it is what locks call the registry; behind a server "
        "`skillctl registry index --rebuild` makes it again",
        about="config.json holds the registry's id, by which a lock knows it under any alias and address. It is made "
        "with the first publish, so a registry with an index and without it has lost it.",
    ),
    "W220": Wording(
        title="`{registry}` has a release of `{name}` in the format {v}, which this skillctl does not know",
        hint="a newer skillctl can read it",
        about="A line of an index that is written for a newer reader is left out, and everything else in the file is "
        "used. The releases in such lines can't be chosen by this version.",
    ),
    "W221": Wording(
        title="`{registry}` calls `{name}` {status}: {reason}",
        about="A registry can say of a whole pack that it is archived, deprecated or quarantined. What is published "
        "can still be installed; it is for you to decide whether it should.",
    ),
}

_WRITING = {
    "E226": Wording(
        title="`{name}` {version} is already published in `{registry}`, with other files",
        hint="raise the version: `skillctl version patch`",
        detail="{changes}",
        about="A version means the same files for ever, since locks rely on it. Publishing the same files again does "
        "nothing and is no error; other files need another version.",
    ),
    "E227": Wording(
        title="`{registry}` has no `{name}` {version}",
        hint="its versions: {known}",
        about="Only a release that is published can be yanked or taken back.",
    ),
    "E228": Wording(
        title="`{name}` could not be published in `{registry}`: {attempts} times somebody else was quicker",
        hint="try again",
        about="A publish changes the pack's index file only if nobody else has changed it meanwhile, and begins anew "
        "if somebody has. That often in a row means that something publishes the pack in a loop.",
    ),
    "E229": Wording(
        title="the index file of `{name}` in `{registry}` would grow beyond {limit} bytes",
        hint="`skillctl config limits` shows every limit",
        about="An index file that is larger would be refused by every reader, so it is not written.",
    ),
    "E249": Wording(
        title="`{name}` {version} stands in `{registry}` in the format {v}, which this skillctl does not know",
        hint="a newer skillctl can change it",
        about="A version is published once, whichever skillctl published it. This one can read of such a line only "
        "which version it is, so it neither publishes that version again nor yanks it or takes the mark back.",
    ),
    "W222": Wording(
        title="the catalog of `{registry}` does not show the change to `{name}` yet",
        hint="it can be installed all the same; the next publish of it tries again",
        about="The catalog serves searching alone and is written after the publish is done. That it could not be "
        "brought up to date changes nothing about the release; why it could not stands in the problem that follows.",
    ),
}

_FILES = {
    "E239": Wording(
        title="the files of {release} are missing in `{registry}`",
        hint="`skillctl update {name}` chooses a release that is there",
        about="The index names a release whose archive is not in the registry, or the lock names one that was there "
        "once.",
    ),
    "E231": Wording(
        title="what `{registry}` gives as {release} is not what was published",
        hint="nothing was written; tell whoever keeps the registry",
        about="An archive is compared with the size and the digest in the index before it is unpacked, and the digest "
        "of its files afterwards. What differed stands in the problem that follows this one. It can be damage on the "
        "way or on a disk, and it can be somebody's intent, so there is no way to install it anyway.",
    ),
}

_PLACES = {
    "E232": Wording(
        title="there is no registry at `{location}`: {reason}",
        hint="a registry's address is the one below which its config.json lies; `skillctl registry init` makes one of "
        "a new directory, and so does the first publish into one that is not among your registries",
        about="A registry is a directory that packs were published to, or a folder with packs in it; over the web, "
        "what a server gives of such a directory. One of your registries or the project's that is not there is away, "
        "as a share is that is not mounted: no other one is made in its place.",
    ),
    "E233": Wording(
        title="`{location}` is no address of a registry",
        hint="write https://…, file:///…, or the path of a directory",
        about="A registry is read from a web server by https://, or from a directory, also one that is mounted from "
        "elsewhere.",
    ),
    "E234": Wording(
        title="`{location}` is neither a registry nor a folder of packs",
        hint="a registry has a config.json and an index; a folder of packs has directories with a skill.json; "
        "a new registry is made in an empty directory",
        about="What a directory is shows in what it holds, and this one holds neither of the two. Nothing is made in "
        "a directory that holds other things.",
    ),
    "E235": Wording(
        title="`{one}` and `{other}` are both `{name}` {version}",
        hint="give one of them another version or another name, or move it out of the folder",
        about="In a folder of packs the manifests count, not the names of the directories. Which of two equal releases "
        "is meant can't be known.",
    ),
    "E236": Wording(
        title="`{location}` is a pack, not a folder of packs",
        hint="install it by its path, or give the folder that it lies in",
        about="A folder of packs holds packs in directories of its own. A single pack is installed by its path.",
    ),
    "E237": Wording(
        title="`{location}` is a folder of packs, which nothing is published to",
        hint="publish to a registry: `--registry` with a new directory makes one",
        about="A folder of packs is read as it is and belongs to whoever edits it. Publishing needs a registry, which "
        "keeps every version as it was published.",
    ),
    "E238": Wording(
        title="{release} in `{registry}` changed while it was read",
        hint="try again when nobody edits `{directory}`",
        about="The files of a pack in a folder were other ones a moment before, when versions were chosen. What is "
        "installed is always what was chosen.",
    ),
    "W223": Wording(
        title="`{directory}` in `{registry}` is left out: its manifest can't be used",
        hint="`skillctl validate` shows everything that is wrong with it",
        about="One broken pack in a folder doesn't hide the others. Asked for by its name, it is an error.",
    ),
}

_ORDER = {
    "E240": Wording(
        title="no registry has a pack called `{name}`",
        hint="asked: {registries}; `skillctl list --available` shows what there is",
        about="The name was asked for in the registries that may have it, in their order, and none knows it. A name "
        "with a scope that is bound to a registry is asked for there alone.",
    ),
    "E241": Wording(
        title="no registry has a pack called `{name}`",
        hint="did you mean {near}? Asked: {registries}",
        about="The name was asked for in the registries that may have it, in their order, and none knows it; there "
        "are packs whose names are near it.",
    ),
    "E243": Wording(
        title="there is no registry called `{registry}` here",
        hint="known: {known}",
        about="A registry is called by the alias that the project or the user's configuration gives it.",
    ),
    "E244": Wording(
        title="`{name}` can't come from `{pin}`: the scope {scope} belongs to `{registry}`",
        hint="take the `registry` out of the pack's entry, or bind the scope to `{pin}`",
        about="A scope that is bound to a registry is asked for there and nowhere else, so that nobody can put a pack "
        "of their own in the place of yours.",
    ),
    "E245": Wording(
        title="`{name}` {version} is locked, and `{registry}` no longer has it",
        hint="`skillctl update {name}` chooses one that is there",
        about="What is locked is installed, or nothing is: another version is never taken silently.",
    ),
    "E246": Wording(
        title="`{name}` {version} in `{registry}` is not the one that was locked",
        hint="`skillctl update {name}` takes what is there now, once you know why it changed",
        detail="locked: {expected}\nthere: {found}",
        about="The lock holds the digest of the files. A registry never changes what is published, so a difference "
        "there means damage or intent; in a folder of packs it means that somebody edited the pack without raising its "
        "version. A new version of skillctl can also bring other files in its own packs.",
    ),
    "E247": Wording(
        title="`{name}` {version} is locked from a registry that is not at hand (id {id})",
        hint="configure that registry, or `skillctl update {name}` to choose from those at hand: {registries}",
        about="The lock names a registry by its id. None of the configured ones has that id, and none of them has the "
        "same files under that name and version.",
    ),
}

WORDS: dict[str, Wording] = {**_INDEX, **_WRITING, **_FILES, **_PLACES, **_ORDER}

"""Words of the codes of this area: signed registries, their keys, and the signatures of authors."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

_READING = {
    "E700": Wording(
        title="the {role} of the registry `{registry}` can't be read: {reason}",
        hint="whoever keeps the registry can mend it; nothing was believed of it",
        about="The signed files of a registry have the form of The Update Framework (TUF). A file that has not is "
        "never guessed at.",
    ),
    "E701": Wording(
        title="the {role} of the registry `{registry}` is not signed by those who may: {valid} of {needed} signatures "
        "count",
        hint="the registry was in order last: {since}; if its keys were changed, ask its keeper, and pin the new root",
        about="A registry's root says whose keys count for each kind of file, and how many must have signed. A file "
        "without them may come from anybody: a mirror, a proxy, a thief of the storage. Nothing of it is used.",
    ),
    "E702": Wording(
        title="the registry `{registry}` goes back in time: its {role} is version {found}, and {seen} was seen before",
        hint="the registry was in order last: {since}; it may be an old copy, or somebody hides what is newer",
        about="The numbers of signed files only grow. Who offers lower ones than were seen here before offers an old "
        "state of the registry, perhaps to bring a release back that was yanked for a fault. A mirror that lags behind "
        "is a registry of its own address and may be behind, but never behind itself.",
    ),
    "E703": Wording(
        title="the file `{file}` of the registry `{registry}` does not belong to the rest: {what}",
        hint="the registry was in order last: {since}; try again; if it stays so, its copy is damaged, or put together "
        "from different times",
        about="Each signed file names the length and digest of those that belong to it. Files of different times are "
        "never mixed, even if each of them was signed once.",
    ),
    "E704": Wording(
        title="the registry `{registry}` is frozen: its {role}, version {version}, has expired on {expired}",
        hint="it was in order last: {since}; its keeper renews it by `skillctl registry refresh`; with `--offline` "
        "what was verified last is used",
        about="Signed files are good for some time only, so that nobody can hold clients on an old state for ever, and "
        "hide from them what was yanked or published since. An expired file is either the keeper's omission or "
        "somebody's doing, and from outside the two look the same. Also a wrong clock of this machine looks like it.",
    ),
    "E705": Wording(
        title="the registry `{registry}` has no `{file}`, though it is part of what was signed",
        hint="try again; if it stays so, the registry's copy is incomplete",
        about="What a signed file names has to be there. A file is removed only when nothing has referred to it for "
        "some time.",
    ),
    "E706": Wording(
        title="`{file}` of the registry `{registry}` is not what was signed: {what}",
        hint="the registry was in order last: {since}; nothing of the file was used; the copy is damaged, or somebody "
        "has changed it",
        about="Length and digest of each index file are signed. Other bytes under its name are refused, whoever sends "
        "them.",
    ),
    "E707": Wording(
        title="the {role} of the registry `{registry}` is version {found}, where {expected} belongs",
        hint="the registry was in order last: {since}; its copy may be put together from different times",
        about="The version of each signed file is named by another: roots follow each other without a gap, the "
        "timestamp names the snapshot, the snapshot all others.",
    ),
    "E708": Wording(
        title="the registry `{registry}` has not the root that is trusted, {sha256}: {seen}",
        hint="compare it with what the keeper of the registry publishes; it may be another registry under this address",
        about="All trust in a signed registry begins with its root, which is pinned by its digest when the registry is "
        "added. Another root is another registry, whatever address it has.",
    ),
    "E709": Wording(
        title="the registry `{registry}` is signed, and its root is not known here",
        hint="`skillctl registry add NAME LOCATION --trust ROOT`: its keeper tells the digest of the root",
        about="Whether the files of a signed registry are genuine shows by a root that came here another way. Without "
        "one, they could be anybody's.",
    ),
    "E710": Wording(
        title="`{file}` of the registry `{registry}` is not kept here, and this is `--offline`",
        hint="run the command once without `--offline`",
        about="Offline, only what was verified and kept before is used. This part of the registry was never asked for.",
    ),
    "W700": Wording(
        title="what is known of the registry `{registry}` is old: its {role} has expired on {expired}",
        hint="it was in order last: {since}; without `--offline` it is asked for what is new",
        about="Offline, what was verified last is used although it has expired, since nothing newer can be asked for. "
        "What was yanked or published since doesn't show.",
    ),
}

_KEEPING = {
    "E711": Wording(
        title="the registry is signed, and its keys are not in `{directory}`",
        hint="`--keys DIR` names the directory with the registry's signing.json, as `skillctl registry init` made it; "
        "who has no keys publishes through the registry's server",
        about="Publishing straight into a signed registry means signing, and needs the keys for bins, snapshot and "
        "timestamp. Whoever has none publishes to the registry's server, which has them.",
    ),
    "E712": Wording(
        title="the key `{key}` can't be used: {reason}",
        hint="keys are Ed25519, in PEM form (PKCS 8); SKILLCTL_KEY_PASSPHRASE opens one with a passphrase",
        about="Keys of a registry and of authors are Ed25519. A key under a passphrase is opened by the one in "
        "SKILLCTL_KEY_PASSPHRASE, or by what is typed where there is a terminal.",
    ),
    "E713": Wording(
        title="the registry `{registry}` was changed by others each of {attempts} times",
        hint="try again; nothing was published",
        about="A commit replaces timestamp.json only if nobody has done so since it was read. Each lost race means "
        "that somebody else got through.",
    ),
    "E714": Wording(
        title="{found} of the {needed} keys that sign the {role} of `{registry}` are in `{directory}`",
        hint="bring the keys there, or name their directory by `--keys DIR`; without keys, publish to the server",
        about="Publishing straight into a signed registry needs its online keys: bins, snapshot, timestamp. Changing "
        "keys needs those of the root, and changing the bins' key those of targets. They are kept elsewhere, and are "
        "brought back for that.",
    ),
    "E715": Wording(
        title="there is a registry in `{registry}` already",
        hint="choose an empty directory; an unsigned registry can't become a signed one: its readers know no root",
        about="A registry has one id and, if it is signed, one first root. Founding it a second time would make "
        "another one of it for everybody who uses it.",
    ),
    "E769": Wording(
        title="a signed registry was begun in `{registry}` and never finished: {reason}",
        hint="{advice}; or remove what is there: nobody can use it yet",
        about="Founding a signed registry writes some hundred files, and the timestamp last: where it is missing and "
        "nothing was ever published, the founding was interrupted. The same `registry init` again goes on with it, "
        "with the keys that it made.",
    ),
    "E716": Wording(
        title="there are keys of a registry in `{directory}` already",
        hint="choose another directory by `--keys DIR`",
        about="A directory has the keys of one registry. They are never overwritten: what they signed could not be "
        "continued.",
    ),
    "E717": Wording(
        title="somebody else has made version {version} of the root of `{registry}` just now",
        hint="look at what was changed, and repeat the command if it is still wanted",
        about="Roots follow each other by number, and each is signed by the keys of the one before.",
    ),
    "E718": Wording(
        title="the file `{file}` doesn't belong into the registry `{registry}`",
        hint="whoever keeps the registry can take it away",
        about="Below index/, blobs/, metadata/ and catalog/ a registry has files of a few forms, each in the directory "
        "that its name says. Anything else was put there by hand or by mistake, or to be taken for a part of the "
        "registry. The first few are told; `registry verify --json` has all of them.",
    ),
    "E719": Wording(
        title="this can't be done with the registry `{registry}`: {reason}",
        hint="`skillctl registry verify` tells what the registry is",
        about="Keys and signatures are only in signed registries, which `skillctl registry init --signed` makes, and "
        "files are only tidied where they can be taken away one by one.",
    ),
    "W702": Wording(
        title="nothing in the registry `{registry}` has referred to {count} of its files for a day",
        hint="`skillctl registry gc` takes them away",
        about="Interrupted publishes leave files behind, and every publish leaves the state before it to those who are "
        "reading it. They harm nobody, and are told of when nothing has referred to them for a day.",
    ),
    "W711": Wording(
        title="the catalog of the registry `{registry}` does not fit its index in {count} packs, such as {packs}",
        hint="`skillctl registry index --rebuild` makes the catalog again; nothing but search reads it",
        about="The catalog is made from the index after each publish, and is advisory. One that could not be written, "
        "or was lost, lets a search tell older versions, or none; what is installed doesn't depend on it.",
    ),
    "W704": Wording(
        title="the index file of `{name}` in `{registry}` was made again, with {count} releases",
        hint="look at them: what was yanked is yanked no more, and an interrupted publish may have become a release",
        about="An index file that is lost or damaged is made of the lines that can be read, and of the archives. Which "
        "releases were yanked and when they were published stands in no archive.",
    ),
    "W703": Wording(
        title="the {role} of the registry `{registry}` will expire on {expires}, and its keys are not here",
        hint="bring the keys, and run `skillctl registry refresh` again",
        about="What has expired is refused by every client. Root and targets are good for long, and are signed by keys "
        "that are kept elsewhere.",
    ),
}

_AUTHORS = {
    "W705": Wording(
        title="a signature of `{name}` {version} does not hold",
        hint="ask its author; the release may be his nevertheless, but this signature doesn't show it",
        about="An author's signature covers name, version and tree digest of a release. One that doesn't fit counts "
        "for nothing, as if it were not there.",
    ),
    "W706": Wording(
        title="`{name}` {version} is SIGNED BY A NEW KEY, `{key}`, that signed none of its earlier releases",
        hint="ask its author by another way whether the key is his, before you use it",
        about="Who takes over an account publishes in its name, but does not have the author's key. A new key is most "
        "often a new computer, and sometimes a thief.",
    ),
    "W707": Wording(
        title="`{name}` {version} is NOT SIGNED by its author, and its earlier releases are",
        hint="ask its author by another way whether the release is his, before you use it",
        about="Who takes over an account publishes in its name, but can't sign. An author may also have forgotten "
        "`publish --sign`.",
    ),
    "W710": Wording(
        title="`{name}` {version} was published before, and YOUR SIGNATURE IS NOT ON IT: {signers}",
        hint="raise the version in skill.json, and publish it with `--sign`: a new version carries the signature",
        about="What is published never changes, and so nobody's signature comes to it later. `publish --sign` of the "
        "same files again is no error, but it signs nothing.",
    ),
}

WORDS: dict[str, Wording] = {**_READING, **_KEEPING, **_AUTHORS}

"""Words of the codes of this area: places that packs come from without a registry."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

_FINDING = {
    "E250": Wording(
        title="`{skill}` of {host} can't be had: there is nothing at {url}",
        hint="tell whoever keeps the site: its index names a file that is not there",
        about="A site's index of skills says where the files of each skill are. One that is not there keeps the others "
        "from being installed, too, since what was asked for would not be complete.",
    ),
    "E251": Wording(
        title="there is no pack `{name}` in `{origin}`",
        hint="it has {known}",
        about="skillctl.json and skillctl.lock call a pack as its place does. Of a place with several packs the "
        "name says which one is meant. It may have been renamed, or be in another branch.",
    ),
    "E252": Wording(
        title="`{origin}` can't be installed from: {reason}: `{path}`",
        hint="check the path; in skillctl.json a relative one counts from that file",
        about="A directory or an archive that skillctl.json or the command line names is not there. After a clone "
        "that is so for everything outside of the repository.",
    ),
    "E253": Wording(
        title="`{origin}` is not the archive that it was",
        hint="it should be {expected} and is {found}; install it again by hand if you trust the new one",
        about="An archive is known by the sha256 of its bytes, which is written down when it is first installed or "
        "given as `#sha256=…`. The same address gave other bytes. Nothing was unpacked.",
    ),
    "E254": Wording(
        title="`{origin}` is not on this machine",
        hint="leave `--offline` out",
        about="With `--offline` nothing is downloaded, and archives on the web are not kept: only the trees that "
        "were unpacked from them are.",
    ),
    "E255": Wording(
        title="{url} publishes no skills; {site} does",
        hint="`skillctl install {site}`, if those are meant",
        about="A site publishes skills in `.well-known/agent-skills/index.json` below its address. None is below the "
        "one that was named. There is one at the root of the host, which may be of somebody else, or of something else "
        "than was meant, so it is not taken in its place.",
    ),
    "E256": Wording(
        title="no tag of `{origin}` is a version that meets `{constraint}`",
        hint="its versions: {known}",
        about="A range is looked for among the tags `v1.2.3`, `1.2.3`, `NAME-v1.2.3` and `NAME--v1.2.3`. A branch "
        "or a tag of another form is asked for as `#REF`.",
    ),
    "E257": Wording(
        title="`{origin}` has {count} packs, and none was picked",
        hint="pick one, `{example}`, or all with `@*`: {known}",
        about="A repository may hold many packs: a marketplace, or a folder with a directory for each. One of them "
        "is picked by its name behind `@` or by its path; `@*` takes all.",
    ),
    "E258": Wording(
        title="there is neither a pack nor a skill `{name}` in `{origin}`",
        hint="its packs: {packs}; its skills: {skills}",
        about="Behind `@` stands the name of a pack, or that of one skill, which is then the only one that is "
        "installed. A branch or a tag is written behind `#`.",
    ),
}

_KEEPING = {
    "E259": Wording(
        title="`{name}` is not what was locked: `{origin}` has changed",
        hint="`skillctl update {name}` takes it as it is now",
        detail="locked is {expected}, there is {found}",
        about="The lock names the digest of every file. What lies at the place now has another one: a directory "
        "that was worked on, or a repository or an archive that was replaced. Nothing was installed from it.",
    ),
    "E260": Wording(
        title="`{name}` is linked to a directory that is being worked on, and so can't be installed with --frozen",
        hint="install it without `--editable`, or from a registry or a commit",
        about="`--frozen` promises that what is installed is what was locked, to the last byte. An editable pack is "
        "whatever its directory holds at the moment.",
    ),
    "E261": Wording(
        title="the skill `{skill}` of `{name}` can't be linked: {reason}",
        hint="install it without `--editable`, and `skillctl update {name}` after each change",
        about="An editable skill is a link to one directory. Where the installed skill would differ from the "
        "directory, as with context files that come from elsewhere in the pack, a link would show something "
        "else.",
    ),
    "E262": Wording(
        title="what `{origin}` gives as {release} calls itself {found}",
        hint="delete its entry in skillctl.lock and run `skillctl install`",
        about="The lock has one name and version for a pack, and its manifest, or the one that was inferred and "
        "stands in the lock beside it, has others. skillctl writes no such lock: it was edited by hand, or "
        "badly merged.",
    ),
    "E263": Wording(
        title="`{origin}` is {kind}, which this version does not install from by itself",
        hint="take the pack from its git repository, an archive or a registry",
        about="Directories, archives and git repositories are read as they are; other places need more to be known "
        "of them before a pack can be pinned.",
    ),
    "E264": Wording(
        title="`{name}` holds text that can't be seen: {code_points} in `{file}`",
        hint="look at the file; `--allow-hidden-text` installs it all the same",
        about="Characters without width, turned direction or invisible alphabets are read by an agent and not by a "
        "person: they are how instructions are hidden in a skill. A pack that has them in a file of a skill "
        "or in skill.json, as they are or as escapes of YAML and JSON (`\\u202e`), is not installed unless somebody "
        "says so. What was installed once stays.",
    ),
    "W230": Wording(
        title="`{name}` comes from `{path}`, which lies outside of the repository: others who clone it won't have it",
        about="A path inside the repository is written relative to skillctl.json and means the same for everybody. "
        "One outside is written as it is on this machine.",
    ),
    "W231": Wording(
        title="`{name}` in `{origin}` has changed since it was installed",
        hint="`skillctl update {name}` takes it as it is now",
        about="A pack from a directory is copied, and stays what it was until it is updated. `--editable` links it "
        "instead.",
    ),
    "W232": Wording(
        title="the tag `{tag}` holds {found} of `{name}`, and is passed over",
        about="A skill.json says the version of its pack. Where a tag says another one, nobody can know which is "
        "meant.",
    ),
    "W233": Wording(
        title="`{name}` stays as it is locked: `{origin}` can't be asked for anything newer",
        hint="`skillctl update {name}` fails for that reason; the other packs are looked at all the same",
        about="Where packs are compared with what there is now, a place that is gone or can't be reached says nothing "
        "of the others. Why it can't be asked is told beside this warning. A pack that is named for an update has to "
        "be asked, so there it is an error.",
    ),
    "N230": Wording(
        title="`{name}` says less than a skillctl pack; inferred: {inferred}",
        about="Skills, plugins and marketplaces for other programs have no skill.json. What skillctl needs beyond "
        "what they say is worked out from their files, and written into skillctl.lock.",
    ),
    "N231": Wording(
        title="`{name}` is linked to `{path}`: what changes there, agents see at once",
        about="An editable pack is not copied. Removing it or going back removes the links and never touches the "
        "directory.",
    ),
}

WORDS: dict[str, Wording] = {**_FINDING, **_KEEPING}

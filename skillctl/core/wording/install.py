"""Words of installing: targets, project files, state and disk (E401 to E419, E450 to E469), and of layouts (E14x)."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

WORDS: dict[str, Wording] = {
    "E145": Wording(
        title="`{pack}` has no skill.json",
        hint="a release needs a manifest; `skillctl validate` shows what is missing",
        about="What a registry serves under a name and a version must say so itself.",
    ),
    "E248": Wording(
        title="what `{registry}` serves as {release} calls itself {found}",
        hint="nothing was installed; tell whoever keeps the registry",
        about="The manifest inside a release has to bear the name and the version that the index lists it under.",
    ),
    "E401": Wording(
        title="`{directory}/{skill}` is in the way of a skill of `{pack}`, and skillctl did not put it there",
        hint="move it away, or leave the skill out: `skills` of `{pack}` in skillctl.json names those that are taken",
        about=(
            "skillctl never overwrites or removes a skill that it did not install, also with `--force`. A directory "
            "that already equals what the lock says is taken over without a word."
        ),
    ),
    "W401": Wording(
        title="`{directory}/{skill}` was edited and is left as it is: {files}",
        hint="`skillctl sync --force` puts back what `{pack}` brings, after a backup in .skillctl/backups",
        about=(
            "A file that was installed has other content now. Whoever edited it meant something by it, so the skill "
            "stays as it is; everything else is brought up to date."
        ),
    ),
    "W402": Wording(
        title="`{directory}/{skill}` is no longer needed but was edited, and is left there: {files}",
        hint="delete it by hand, or `skillctl sync --force`, which makes a backup first",
        about="The pack `{pack}` went, its edited skill did not: a person's work is not deleted without being asked.",
    ),
    "E402": Wording(
        title="there is no skillctl.json in `{directory}` or above it",
        hint="`skillctl install NAME` begins a project here; `-g` works on the user's own skills",
        about=(
            "The project file is looked for upwards from the working directory, not beyond the root of the git "
            "repository or the home directory."
        ),
    ),
    "E403": Wording(
        title="both `{first}` and `{second}` bring a skill called `{skill}`",
        hint="leave one out: `skills` of one of the two packs in skillctl.json lists those that are taken of it",
        about=(
            "An agent knows a skill by its directory, so there can be one of a name. skillctl does not rename: the "
            "name stands in SKILL.md, in the digest and in the links of other agents."
        ),
    ),
    "W403": Wording(
        title="`{pack}` is made for {agents}, none of which is chosen here, so its skills are installed nowhere",
        hint="`--agent` chooses agents",
        about="A pack may name the agents it works with (`requires.agents`); it is then installed for those alone.",
    ),
    "E404": Wording(
        title="`{pack}` has no skill called {skills}",
        hint="it has {available}",
        about="`--skill`, or `skills` in skillctl.json, names a skill that this release of the pack does not have.",
    ),
    "W404": Wording(
        title="{file} was made from other requirements than skillctl.json has now",
        hint="`skillctl install` brings the lock up to date",
        about="`sync` makes the disk equal to the lock and chooses nothing anew, so the newer wishes are not met yet.",
    ),
    "E405": Wording(
        title="`{directory}/{skill}` does not hold what is locked for `{pack}`: {files}",
        hint="`skillctl sync --force` puts it back after a backup; without `--frozen` edited files are kept",
        about="With `--frozen` every installed file is hashed, and one that differs from the lock is an error.",
    ),
    "W405": Wording(
        title="not everything in the state {path} can be read: {reason}",
        hint="what only that names is fetched again when it is needed; delete the directory of a project that is done",
        about=(
            "`cache prune` keeps what any generation of any of your projects names. A project whose state is damaged, "
            "unreadable or of a newer format does not stop it: what its other generations name is kept."
        ),
    ),
    "E406": Wording(
        title="`{directory}/{skill}` is not as the lock says: {action}",
        hint="`skillctl sync` does it",
        about="`sync --check` changes nothing and names each difference with what `sync` would do about it.",
    ),
    "W406": Wording(
        title="`{pack}` asks for skillctl {wanted}; this is {found}",
        hint="install another skillctl, and write what the team needs as `skillctl` into skillctl.json",
        about="Packs may use what only some versions of skillctl know. That never changes which release is chosen.",
    ),
    "E407": Wording(
        title="`{name}` is not installed here",
        hint="`skillctl list` shows what is",
        about="The command works on packs that the project file or the lock names.",
    ),
    "W407": Wording(
        title="`{pack}` is made for {systems}, which this machine is not",
        hint="its skills are installed all the same; what they run may not work here",
        about="A pack may name the systems it works on (`requires.os`). One lock serves different machines.",
    ),
    "E408": Wording(
        title="`--frozen` can't install: {reason}",
        hint="`skillctl install` without `--frozen` brings the lock up to date",
        about="`--frozen` is for machines that must install exactly what was committed, or nothing.",
    ),
    "W408": Wording(
        title="`{pack}` needs programs that are not on the path: {programs}",
        hint="install them; its skills are there already",
        about="A pack may name the programs that its skills run (`requires.bins`).",
    ),
    "E409": Wording(
        title="this project asks for skillctl {wanted}; this is {found}",
        hint="install a version that fits, or change `skillctl` in skillctl.json",
        about="A project may say which versions of skillctl may change it, so that a team writes one form of them.",
    ),
    "W409": Wording(
        title="`{pack}` needs environment variables that are not set: {variables}",
        hint="set them where the agent is started",
        about="A pack may name the variables that its skills read (`requires.env`).",
    ),
    "E146": Wording(
        title="here belongs {expected}",
        about="A value in a file of skillctl's is of another kind than its key wants.",
    ),
    "E147": Wording(
        title="the key `{key}` is not known here",
        hint="the reference lists the keys; a typing mistake is likely",
        about=(
            "Unknown keys are refused in files that people write, since they mean something by them, and ignored in "
            "files that a newer skillctl may have written."
        ),
    ),
    "E148": Wording(
        title="this {kind} has format {found}, and this skillctl knows up to {supported}",
        hint="install a newer skillctl",
        about="A newer major format may mean something else by the same words, so it is neither read nor rewritten.",
    ),
    "W410": Wording(
        title="`{directory}/{skill}` is a link now; what others had put into it is in {backup}: {files}",
        hint="the copy that the link leads to has files of these names, or is kept as it is; move there what is needed",
        about=(
            "Where several agents get `{pack}`, one directory holds it and the others lead there. Files that skillctl "
            "did not install go along into that copy, unless other files of their names are there."
        ),
    ),
    "W411": Wording(
        title="`{directory}/{skill}` was being replaced when a command ended; these files are in {backup} now: {files}",
        hint="move back what is needed",
        about=(
            "A command that was killed had moved the skill out of its place, and something else has come there since. "
            "What skillctl did not install, and what was edited, is never deleted."
        ),
    ),
    "E413": Wording(
        title="there is no {file}, so there is nothing to be equal to",
        hint="`skillctl install` makes the lock",
        about="`sync` makes the disk equal to the lock and chooses nothing itself.",
    ),
    "E414": Wording(
        title="{file} is there already",
        hint="`skillctl install NAME` adds packs to it",
        about="`init` never writes into an existing project.",
    ),
    "E415": Wording(
        title="`{name}` is only here because {by} needs it",
        hint="remove that instead",
        about="The project does not ask for the pack itself, so there is nothing to take out of skillctl.json.",
    ),
    "E416": Wording(
        title="`{name}` is not installed here",
        hint="did you mean `{near}`?",
        about="The command works on packs that the project file or the lock names.",
    ),
    "N401": Wording(
        title="`{name}` stays, since {by} needs it",
        about="It is no longer asked for by the project itself, and goes with the last pack that needs it.",
    ),
    "E417": Wording(
        title="`{directory}` leads out of the project, to {target}",
        hint="make it a directory of the project's own; `-g` installs for yourself, in every project",
        about=(
            "A link that somebody committed would make an installation for one project write to a directory that "
            "belongs to another, or to the user. Links inside the project are followed."
        ),
    ),
    "E418": Wording(
        title="{file} contradicts itself: {reasons}",
        hint="`skillctl install` makes it whole again",
        about=(
            "What the project asks for and what its packs need is not all there, or not in a version that will do: a "
            "merge or an edit by hand does that. Bringing it onto the disk would remove skills that are needed."
        ),
    ),
    "N402": Wording(
        title="what was added to a skill of `{pack}` stays: {files}",
        about=(
            "Files that skillctl did not install are nobody's but yours. They lie in a directory without a SKILL.md "
            "now, which agents pass over; when the skill comes back they are carried along."
        ),
    ),
    "E450": Wording(
        title="the disk is full: {path} could not be written ({reason})",
        hint="make room and repeat the command; nothing was changed",
        about="New files are made ready beside the old ones, so for a moment an update needs room for both.",
    ),
    "E451": Wording(
        title="no permission for {path} ({reason})",
        hint="check the owner and the mode of the directory, then repeat the command",
        about="The system did not allow skillctl to read or write there.",
    ),
    "E452": Wording(
        title="the system could not do its part at {path}: {reason}",
        hint="repeat the command; what was begun is taken up or taken back",
        about="Reading, writing or moving failed for a reason that the system names.",
    ),
    "E453": Wording(
        title="another command has been at work here for {seconds} seconds: {holder}",
        hint="wait for it or end it; the lock {path} goes with its process",
        about="Commands that change the same scope, store or registry wait for each other.",
    ),
    "E454": Wording(
        title="{path} is larger than {limit} bytes",
        hint="it is probably not what it is taken for; `skillctl config limits` shows the limits",
        about="Every file is read under a cap, so that none can exhaust the memory.",
    ),
    "E455": Wording(
        title="{path} is a {kind}; a pack holds regular files and directories only",
        hint="put the file itself there, or leave it out with `files` in skill.json",
        about="Links mean something else on every machine, and can lead out of the pack.",
    ),
    "E456": Wording(
        title="{path} is over the limit of {limit}",
        hint="leave out with `files` in skill.json what the pack does not need",
        about="A pack that no reader would accept is refused where it is made.",
    ),
    "E457": Wording(
        title="{path} in the store is missing or damaged: it does not have the digest {expected}",
        hint="it was fetched anew and is damaged again: look after the disk that the cache lies on",
        about=(
            "Whatever is copied out of the store is hashed on the way. A difference means a cleaner of caches, a "
            "failing disk, or a change by hand: with `--link-mode hardlink` an edit in a project edits the store as "
            "well. What is damaged is fetched anew once; this is said only where that did not help."
        ),
    ),
    "E470": Wording(
        title="the files of `{name}` are not in the cache any more",
        hint="`skillctl sync` brings them back",
        about="Plans and hooks of a pack are read from the store, whose trees are checked by their digest, and never "
        "from an agent's directory. The cache may be deleted at any time.",
    ),
    "E459": Wording(
        title="the files of `{name}` {version} in the store are damaged, and can't be fetched anew",
        hint="make its registry available again, or `skillctl update {name}` to take a release that is there",
        about=(
            "A file of the store was removed or changed, by a cleaner of caches or a failing disk. skillctl then takes "
            "the release from its registry again. Why that was not possible stands in the problem that follows. "
            "Nothing was changed; what is installed stays."
        ),
    ),
    "E458": Wording(
        title="no link can be made at {path} ({reason})",
        hint="`skillctl install --vendor` writes copies instead; on Windows, developer mode allows links",
        about=(
            "Agents that have a directory of their own get links to one copy of each skill. Some file systems know no "
            "links, and Windows asks for a privilege or for developer mode. Nothing was changed."
        ),
    ),
    "E460": Wording(
        title="{path} is a link",
        hint="make it a directory; skillctl keeps its state there and does not follow links with it",
        about="A repository may bring such a link, and skillctl would write wherever it leads.",
    ),
    "E462": Wording(
        title="{path} is a link",
        hint="make it a file",
        about=(
            "The files of a project are read and written as files alone. A repository may bring a link to something of "
            "the user's, which would then be copied into the project."
        ),
    ),
    "E461": Wording(
        title="the state file {path} can't be understood: {reason}",
        hint="delete the directory it is in: skills that equal the lock are taken over by `skillctl sync`",
        about="The state tells skillctl what it installed. Without it, what differs counts as somebody else's.",
    ),
}

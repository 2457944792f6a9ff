"""Words of the habits: agents, history, undo, plans of installations, import, completion, and the doctor's findings."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

WORDS: dict[str, Wording] = {
    "E431": Wording(
        title="`{directory}/{skill}` was edited since it was installed from `{pack}`: {files}",
        hint="`skillctl undo --force` goes back all the same, after a backup in .skillctl/backups",
        about=(
            "An undo brings a state back byte by byte, so what a person wrote into an installed skill since would be "
            "lost. It is refused before anything is changed."
        ),
    ),
    "E432": Wording(
        title="changed since generation {number}, and not by skillctl: {files}",
        hint="`skillctl install` makes what is written there the newest state; `undo --force` keeps a backup of it",
        about=(
            "Between the last command and the undo somebody edited the project file or the lock, or pulled other ones. "
            "To go back over that would lose it."
        ),
    ),
    "E433": Wording(
        title="there is nothing to undo in `{root}`: {reason}",
        hint="`skillctl history` shows the states that are kept; `undo --to NUMBER` goes to any of them",
        about="The last ten states of a scope are kept.",
    ),
    "E434": Wording(
        title="there is no generation {number} to go to; kept are {kept}",
        hint="`skillctl history` shows them with what each one changed",
        about="`undo --to` takes the number of a generation that is kept; the last ten are.",
    ),
    "E435": Wording(
        title="not everything is as it was when `{path}` was made: {differences}",
        hint="make the plan anew and look at it again; nothing was changed",
        about=(
            "`skillctl apply` does exactly what was planned and looked at. What the plan was made from is compared "
            "first: the project's files, what is installed, the agents, and the releases by digest."
        ),
    ),
    "E436": Wording(
        title="`{path}` is no plan of an installation: {reason}",
        hint="`skillctl install --plan FILE` writes one; plans of programs to be built are for `skillctl runtime`",
        about="`skillctl apply` takes what `--plan` of install, update or remove wrote.",
    ),
    "W412": Wording(
        title="`{path}` is a link that leads nowhere (to {target})",
        hint="put back what it led to, if it is a directory installed with `--editable`, or `skillctl remove` that "
        "pack; `skillctl doctor --fix` mends what skillctl copied; any other you may delete",
        about="A link whose target is gone is passed over in silence by every agent, so a skill is missing unnoticed.",
    ),
    "W413": Wording(
        title="{agent} finds two different skills called `{skill}`: {one} and {other}",
        hint="keep one of them, or make one a link to the other",
        about=(
            "Of two directories with one name and different files some agents list both, others take either, and not "
            "always the same. One copy with links to it is what skillctl makes."
        ),
    ),
    "W414": Wording(
        title="{agent} finds `{skill}` twice, and they differ: {shown} comes before {hidden}",
        hint="remove one of them: `skillctl remove` with or without `-g`, or by hand what skillctl did not install",
        about=(
            "A skill of the user and one of the project have one name. Claude Code takes the user's, most others the "
            "project's: so what a project's author wrote may not be what is used there."
        ),
    ),
    "W415": Wording(
        title="`/{one}` of `{pack}` and `/{other}` of `{by}` are easily taken for one another",
        hint="leave one out: `skills` of its pack in skillctl.json names those that are taken",
        about="Nothing but a separator, a letter that looks alike or one slip of the finger tells the commands apart.",
    ),
    "W416": Wording(
        title="`{one}` of `{pack}` and `{other}` of `{by}` describe themselves in nearly the same words",
        hint="leave one out: `skills` of its pack in skillctl.json names those that are taken",
        about="An agent chooses a skill by its description alone; of two that say the same it can only guess. Skills "
        "that skillctl installed are compared, and none that lie beside them.",
    ),
    "W417": Wording(
        title="a command was killed in `{root}` before everything was in place",
        hint="`skillctl doctor --fix` finishes it, and so does any other command that changes something there",
        about="What a killed command had committed is put in place by the next one; what it had only made ready goes.",
    ),
    "W418": Wording(
        title="the command file {path} is hidden by the skill {by}",
        hint="rename the file, or remove the skill",
        about="Of a skill and a file in .claude/commands with one name, Claude Code takes the skill.",
    ),
    "W419": Wording(
        title="the list of projects names one that is gone: {path}",
        hint="`skillctl doctor --fix` forgets it, and so does `skillctl cache prune`",
        about="skillctl remembers where it installed something, so that `cache prune` keeps what is needed there.",
    ),
    "W420": Wording(
        title="{path} has backups that are older than a month: {count}",
        hint="look whether something in there is still wanted, then delete it",
        about="Backups hold what a person wrote, so skillctl never deletes one by itself.",
    ),
    "W421": Wording(
        title="{path} holds what killed commands left in the store",
        hint="`skillctl doctor --fix` removes it, and so does `skillctl cache prune`",
        about="A tree is made ready beside the others; one that was never finished is no use to anybody.",
    ),
    "E491": Wording(
        title="the store's tree of {pack} is not what it was unpacked with ({tree})",
        hint="`skillctl doctor --fix` removes it; it is fetched again, and checked, when it is next needed",
        about=(
            "Files of the store were changed, by a cleaner of caches, an edit or a failing disk. Nothing is installed "
            "from it as it is: whatever is copied from the store is hashed."
        ),
    ),
    "E492": Wording(
        title="`{path}` can't be imported: {reason}",
        hint="skills-lock.json, .skill-lock.json, apm.yml, apm.lock.yaml and agents.toml can",
        about="`skillctl import` reads the files that npx skills, Microsoft APM, dotagents and skills-supply keep.",
    ),
    "W493": Wording(
        title="`{name}` is not imported: {reason}",
        hint="what skillctl installs is skills; install it in another way if it is still wanted",
        about="Other tools keep more than skills in their files, or take them from where skillctl can't.",
    ),
    "E494": Wording(
        title="`{name}` could not be found at {source}: {reason}",
        hint="look whether it was moved or renamed; the other entries were imported",
        about="The source that the file names does not have the entry any more, or can't be reached.",
    ),
    "W495": Wording(
        title="`{directory}/{skill}` differs from what `{pack}` brings, so it stays as it is and is not imported",
        hint="compare the two; move yours away, and import again, if it may be replaced",
        about=(
            "It was edited since it was installed, or its source moved on. skillctl overwrites nothing that it did not "
            "install."
        ),
    ),
    "W496": Wording(
        title="`{name}` is not what it was when it was installed: {source} has something else now",
        hint="read what changed before you use it",
        about="The file keeps a digest or a commit of what was installed, and what lies at the source now is another.",
    ),
    "W490": Wording(
        title="generation {number} can't be read: {reason}",
        hint="the others are as good as ever; it goes by itself when ten newer ones are there",
        about="The history passes over what it can't read: a damaged file, or one of a newer skillctl.",
    ),
}

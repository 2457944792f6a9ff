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
    "W490": Wording(
        title="generation {number} can't be read: {reason}",
        hint="the others are as good as ever; it goes by itself when ten newer ones are there",
        about="The history passes over what it can't read: a damaged file, or one of a newer skillctl.",
    ),
}

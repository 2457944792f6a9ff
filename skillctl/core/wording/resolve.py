"""Words of the codes of this area: resolve.

The lines of a conflict's story and of the ways out are made in `skillctl.resolve`, where the facts are; here is what
stands around them.
"""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

WORDS: dict[str, Wording] = {
    "E301": Wording(
        title="no set of versions meets what is asked of {names}",
        detail="{story}",
        hint="{change}",
        about=(
            "Each pack is installed in one version, for everybody who needs it. Here the requirements of two or more "
            "packs leave no version that suits them all. The lines under the sentence tell which ones, in the shortest "
            "way that is true; nothing was changed on disk. The hint names the smallest changes that help; each of "
            "them was tried. Where it says that a pack would have to accept a version, only its author can do that, "
            "by a wider requirement in a new release."
        ),
    ),
    "E302": Wording(
        title="no registry has a pack called `{name}`",
        detail="{wanted}",
        hint="{near}",
        about=(
            "A requirement names a pack that none of the registries in question has. A name with a scope is looked for "
            "only in the registry that the scope belongs to, a name without one in every registry, in their order. "
            "Either the name is written differently, or the registry that has it is not set up here."
        ),
    ),
    "E303": Wording(
        title="no version of `{name}` fits {requirement}",
        detail="{origin} asks for it; {there}",
        hint="{change}",
        about=(
            "The pack exists, but none of its versions that may be chosen fits what is asked for. Yanked versions are "
            "chosen only where a lock already names them, pre-releases only where the requirement names one."
        ),
    ),
    "E304": Wording(
        title="the search for fitting versions was given up after {decisions} choices",
        detail="most of the trouble was with {names}",
        hint="ask for narrower versions of these packs, or of those that need them",
        about=(
            "Choosing versions can take exponentially long where many packs exclude each other in many versions. Real "
            "packs need about one choice each; the limit keeps a hostile or broken index from holding up the machine."
        ),
    ),
    "W301": Wording(
        title="`{name}` {version} has been yanked: {reason}",
        hint="`skillctl update {name}` takes a version that has not",
        about=(
            "The pack's publisher has taken this release back. It stays in use because the lock names it, so that "
            "everybody with this lock has the same files; it is not chosen anew."
        ),
    ),
    "W302": Wording(
        title="`{name}` {version} is deprecated: {reason}",
        hint="`skillctl remove {name}` leaves it out, once something else does its work",
        about=(
            "The pack's own `skill.json` says that it should not be used any more. It was installed all the same, and "
            "goes on working; it will hardly be kept up to date."
        ),
    ),
    "W303": Wording(
        title="other packs need what is deprecated: {names}",
        hint="`skillctl why NAME` shows who needs it, `skillctl info NAME` the reason",
        about=(
            "These packs say in their `skill.json` that they should not be used any more. The project does not ask for "
            "them itself; whoever keeps the packs that need them can change that."
        ),
    ),
    "W310": Wording(
        title="nobody says when `{name}` {version} was published, so {time} does not keep it out",
        hint="ask for one version of it in skillctl.json, if the choice has to be the same for ever",
        about=(
            "`lock --exclude-newer` leaves out releases by the time of their publication, which registries write down. "
            "A folder of packs and a repository don't: what they hold today may be chosen, and may be another tomorrow."
        ),
    ),
}

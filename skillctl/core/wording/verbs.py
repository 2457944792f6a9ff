"""Words of the verbs that look, choose and compare (E310 to E329, E464 to E479, W310 to W329, W471 to W479)."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

WORDS: dict[str, Wording] = {
    "E310": Wording(
        title="{file} is not current: {reason}",
        hint="`skillctl lock` brings it up to date; then commit it",
        about=(
            "`lock --check` compares skillctl.json, and the options that were given, with what the lock was made from. "
            "It changes nothing, asks no registry, and fails where a plain `skillctl lock` would choose anew: that is "
            "what a hook before a commit and CI want to know."
        ),
    ),
    "E312": Wording(
        title="no release of `{name}` fits {requirement}",
        hint="{advice}",
        about="`info` and `diff` look at one release, the highest that fits what stands behind the `@`.",
    ),
    "E464": Wording(
        title="{file} was changed by somebody else in the meantime",
        hint="look at it and run the command again; nothing was written",
        about=(
            "`update` shows what would change and then waits for an answer, without keeping others out meanwhile. What "
            "was shown is done exactly, or not at all. Where nobody is asked, it looks anew a few times before it "
            "gives up."
        ),
    ),
    "E465": Wording(
        title="nothing was changed, as you said",
        hint="`--yes` goes on without a question",
        about="The question before the work, of `update` or `registry delete`, was answered with no.",
    ),
    "E466": Wording(
        title="the tree of `{name}` {version} in the store is damaged and could not be healed",
        detail="{reason}",
        hint="`skillctl cache clean` empties the store, and the next install fetches it from where it is to be had",
        about=(
            "`verify` hashes every tree of the store. A damaged one is fetched anew from a registry that has the same "
            "release; here none could give it. Nothing is installed from it as long as it is damaged, since what is "
            "copied is hashed on the way."
        ),
    ),
    "E467": Wording(
        title="`{directory}/{skill}` is not what was installed from `{pack}`: {files}",
        hint="`skillctl sync --force` puts it back, after a backup of what is there now",
        about=(
            "`verify` hashes every installed file and compares it with what skillctl put there. Somebody edited it, "
            "took it away, or a disk failed. It is left as it is: only a person knows which."
        ),
    ),
    "W471": Wording(
        title="the tree of `{name}` {version} in the store was damaged and has been healed",
        hint="this disk, or a program that cleans caches, may be worth a look",
        about="`verify` found files of the store changed, missing or too many, and fetched the release anew.",
    ),
    "W472": Wording(
        title="the tree of `{name}` {version} in the store is damaged",
        hint="`skillctl verify` heals it",
        about="`verify --dry-run` found files of the store changed, missing or too many, and left them.",
    ),
    "W473": Wording(
        title="the store has a tree that it knows nothing of, {tree}",
        hint="`skillctl cache prune` removes it unless a project needs it",
        about="The record that tells a tree's files is missing or no use, so that the tree can't be checked.",
    ),
}

"""Words of the codes of this area: git repositories that packs come from."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

WORDS: dict[str, Wording] = {
    "E265": Wording(
        title="the program `git` is not on the path",
        hint="install git (2.30 or newer); packs of registries and archives need none",
        about="Git repositories are read by the git program that you use yourself, so that its credentials, proxies "
        "and certificates are those that you have set up.",
    ),
    "E266": Wording(
        title="there is no git repository at `{url}`",
        hint="check the address; many hosts say the same of a repository that you may not see",
        detail="git: {reason}",
        about="Git found nothing there. A private repository often looks exactly like one that does not exist: if "
        "`git ls-remote` with the same address works in your shell, so does skillctl.",
    ),
    "E267": Wording(
        title="`{url}` can't be read without credentials that it accepts",
        hint="log in with git itself (a credential helper, an SSH key), until `git ls-remote` with this address "
        "works without asking",
        detail="git: {reason}",
        about="skillctl uses the credentials that git finds by itself: credential helpers, `.netrc`, an SSH agent. It "
        "never asks for a password in git's name. Hosts give this answer also for repositories that do not exist.",
    ),
    "E268": Wording(
        title="`{url}` has no branch, tag or commit `{ref}`",
        hint="there is: {near}",
        about="The part after `#` names a branch, a tag or a commit. A branch or tag that was deleted is gone for new "
        "installs too; what a lock pins is its commit, which often can still be fetched.",
    ),
    "E269": Wording(
        title="`{url}` does not have the commit that is asked for any more",
        hint="`skillctl update NAME` chooses a new one; tell who keeps the repository if the old one should be there",
        detail="git: {reason}",
        about="A lock pins the commit that was installed. History that was rewritten, or a branch that was deleted, "
        "can take it away. Nothing else is installed in its place silently.",
    ),
    "E270": Wording(
        title="git took longer than {seconds} seconds with `{url}` and was ended",
        hint="try again; a folder of the repository (`owner/repo/path`) is less to fetch",
        about="Every call of git has a time limit, so that no server can keep a command waiting for ever. What is in "
        "the cache stays sound.",
    ),
    "E271": Wording(
        title="`{url}` is not in the cache ({wanted}), and `--offline` forbids to ask for it",
        hint="run the command once without `--offline`",
        about="Offline, commits are read from the cache alone, and branches and tags mean what they meant when they "
        "were last asked for.",
    ),
    "E272": Wording(
        title="`{url}` is refused: the link `{path}` is not one that can be followed: rule `{rule}`",
        hint="don't install from this repository as it is; its author can put the file in the link's place",
        about="Where a repository has a symbolic link, a pack gets a copy of what the link points to, as long as that "
        "lies in the same commit. Anything else is refused, since it would mean another file on every machine, "
        "perhaps a secret one. `absolute`: it names a place of a machine; `outside`: it leads out of the repository; "
        "`nowhere`: nothing is there; `loop`: it leads to itself, into a folder that it lies in, or multiplies "
        "without end; `no-text`: its target is no path. Links that belong to no pack don't matter.",
    ),
    "E273": Wording(
        title="`{url}` has no folder `{folder}` at the commit {commit}",
        hint="there is: {near}",
        about="The path behind `owner/repo` names a folder of the repository, as it is at the chosen commit.",
    ),
    "E274": Wording(
        title="git failed with `{url}`: {reason}",
        hint="`git ls-remote` with the same address may tell more",
        about="Git could not do what it was asked for, for a reason that has no code of its own. Its message is shown "
        "in one line, without passwords.",
    ),
    "E276": Wording(
        title="the host of `{url}` can't be reached",
        hint="check the connection, a proxy, the address; `--offline` uses what is in the cache",
        detail="git: {reason}",
        about="Name resolution, connection, certificate or server failed. Git's own settings count: proxies "
        "(`http.proxy`), certificates (`http.sslCAInfo`), rewritten addresses (`url.….insteadOf`).",
    ),
    "E277": Wording(
        title="`{ref}` can mean several commits of `{url}`: {found}",
        hint="write more of its digits",
        about="A commit may be shortened as long as no other one begins with the same digits.",
    ),
    "E278": Wording(
        title="git does not read `{url}`, since its folder belongs to somebody else",
        hint="if you trust whoever it belongs to: `git config --global --add safe.directory PATH`",
        detail="git: {reason}",
        about="Git refuses repositories of other users of a machine, since their settings can make it run programs. "
        "skillctl never turns that off.",
    ),
    "E279": Wording(
        title="`{url}` is not an address that git is given",
        hint="write a URL with https://, http://, ssh:// or file:///",
        about="Git knows forms of addresses that run a program, and texts that begin with a hyphen are options to it. "
        "So only plain URLs are passed on, also those of a lock or a project file.",
    ),
    "W201": Wording(
        title="the other repository at `{path}` in `{url}` (a submodule) is not fetched",
        hint="install from it by its own address if it has skills",
        about="A submodule is only a pointer to a commit of another repository. Following it would fetch from "
        "addresses that nobody asked for.",
    ),
}

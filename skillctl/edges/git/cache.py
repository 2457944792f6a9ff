"""What was fetched of git repositories, kept for the next time.

For each URL there is a folder with a lock and up to two bare repositories, each holding single commits without their
history: `whole-…` with all of their files, `part-…` with all of their folders and those files that were asked for
(where the server can leave files out). A commit that is complete has the ref `refs/skillctl/<commit>`, which git sets
last.

A repository on this machine is not fetched from at all: its objects are read from where they lie, through a bare
repository of ours that borrows them, so that no setting of that repository is read.

Whoever fetches holds the lock alone, whoever reads shares it. A killed git leaves locks of its own behind; a repository
with one, or one that can't be read, is thrown away, and the next has another name, so that a git that is still running
somewhere writes into nothing that is used.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import RegistryError
from skillctl.core.limits import LIMITS, MIB, Limits
from skillctl.core.names import near_names
from skillctl.core.paths import path_problem, shown_path
from skillctl.core.value import dataclass
from skillctl.edges.disk.files import list_names, make_directory, read_bytes, write_atomic
from skillctl.edges.disk.locks import locked
from skillctl.edges.disk.trees import move, remove_tree
from skillctl.edges.git.objects import LONGEST_TARGET, Entry, Tree, followed
from skillctl.edges.git.program import REMOTE, Git, check_url, fault, masked
from skillctl.edges.git.refs import Refs, is_commit, is_short_commit, read_refs
from skillctl.edges.git.repository import Damaged, Repository, is_sound, make_repository, marker, objects_of

Wanted = Callable[[Collection[str]], Collection[str]]
"""Takes every path of a tree and gives those whose bytes are needed."""

NETWORK_SECONDS = 300.0
"""One fetch, or one question."""
MOST_FILES = 100_000
"""Files of one commit."""
MOST_BYTES = 128 * MIB
"""Bytes of the files that are read of one commit."""
_REFS_BYTES = 64 * MIB


class GitCache:
    """The repositories below `root`. One for a command: what a server said of its refs is asked for once."""

    def __init__(
        self,
        root: Path,
        *,
        offline: bool = False,
        limits: Limits = LIMITS,
        seconds: float = NETWORK_SECONDS,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._root = root
        self._offline = offline
        self._limits = limits
        self._seconds = seconds
        self._git = Git(os.environ if environment is None else environment)
        self._refs: dict[str, Refs] = {}
        self._problems: list[Problem] = []

    def refs(self, url: str) -> Refs:
        """The branches and tags of the repository. RegistryError E265 to E279.

        Offline those that were seen last, or E271.
        """
        check_url(url)
        if url not in self._refs:
            self._refs[url] = self._remembered(url) if self._is_cut_off(url) else self._asked(url)
        return self._refs[url]

    def tags(self, url: str) -> Mapping[str, str]:
        """Tag -> the commit that it stands on."""
        return self.refs(url).tags

    def commit_of(self, url: str, ref: str = "") -> str:
        """The commit that a branch, a tag or a (shortened) commit names; without one, that of the default branch.

        RegistryError E268 with the nearest names if there is none, E277 if the short one could be several.
        """
        check_url(url)
        if is_commit(ref):
            return ref.lower()
        refs = self.refs(url)
        found = refs.commit(ref)
        if not found and is_short_commit(ref):
            found = self._lengthened(url, ref, refs)
        if not found:
            self._refuse_ref(url, ref, refs)
        return found

    def files(self, url: str, commit: str, subdirectory: str = "", *, wanted: Wanted | None = None) -> dict[str, bytes]:
        """Path -> bytes of every file of the commit, or of the folder in it, with the folder's own paths.

        `wanted` is given all paths (with what links lead to) and chooses; without it all are read. RegistryError
        E204, E205 over a limit, E269 if there is no such commit, E272 for a link that is wanted and leads out, E273 if
        there is no such folder; else as `refs`.
        """
        check_url(url)
        folder = "" if subdirectory in ("", ".") else subdirectory
        if not is_commit(commit) or (folder and path_problem(folder)):
            raise ValueError(f"no commit or no folder: {commit} {folder}")
        request = _Request(url, commit.lower(), folder, wanted)
        for discard in (self._discard, self._give_up):
            try:
                return self._brought(request)
            except Damaged:
                with self._alone(url):
                    discard(url)
        raise AssertionError("the second one gives up")

    def problems(self) -> tuple[Problem, ...]:
        """Warnings of what was read so far: repositories inside repositories, which are not fetched."""
        return tuple(self._problems)

    # Refs

    def _is_cut_off(self, url: str) -> bool:
        return self._offline and not url.startswith("file:")

    def _asked(self, url: str) -> Refs:
        make_directory(self._folder(url))
        said = self._git(
            *("ls-remote", "--quiet", REMOTE, "HEAD", "refs/heads/*", "refs/tags/*"),
            directory=self._folder(url),
            url=url,
            seconds=self._seconds,
            most=_REFS_BYTES,
        )
        if not said.done:
            raise fault(said, url)
        write_atomic(self._folder(url) / "refs", said.stdout)
        return read_refs(said.stdout.decode(errors="replace"))

    def _remembered(self, url: str) -> Refs:
        data = read_bytes(self._folder(url) / "refs", max_bytes=_REFS_BYTES)
        if data is None:
            raise RegistryError.of("E271", url=masked(url), wanted="its branches and tags")
        return read_refs(data.decode(errors="replace"))

    def _refuse_ref(self, url: str, ref: str, refs: Refs) -> None:
        if not ref:
            raise RegistryError.of("E268", url=masked(url), ref="HEAD", near=refs.names[:3] or ["it is empty"])
        near = near_names(ref, refs.names) or refs.names[:3] or ["it is empty"]
        raise RegistryError.of("E268", url=masked(url), ref=ref, near=near)

    def _lengthened(self, url: str, short: str, refs: Refs) -> str:
        """The whole commit: one that has a name or is here, else one of the history, which is asked for then."""
        found = refs.beginning_with(short) | self._fetched_beginning_with(url, short)
        if not found and not self._is_cut_off(url):
            found = self._all_beginning_with(url, short)
        if len(found) > 1:
            raise RegistryError.of("E277", url=masked(url), ref=short, found=sorted(found))
        return next(iter(found), "")

    def _fetched_beginning_with(self, url: str, short: str) -> set[str]:
        names = [
            name
            for repository in list_names(self._folder(url))
            for name in list_names(self._folder(url) / repository / "refs" / "skillctl")
        ]
        return {name for name in names if is_commit(name) and name.startswith(short.lower())}

    def _all_beginning_with(self, url: str, short: str) -> set[str]:
        with self._alone(url):
            repository = self._repository(url, "history")
            repository.bring_history()
            return repository.commits_beginning_with(short)

    # Files

    def _brought(self, request: _Request) -> dict[str, bytes]:
        """The files, read where they are or fetched first."""
        url = request.url
        if url.startswith("file:") and (borrowed := objects_of(url)):
            try:
                return self._borrowed(request, borrowed)
            except Damaged:  # another format of objects, links of folders, a commit that is not there: git has the word
                pass
        with self._shared(url):
            whole = self._existing(url, "whole")
            if whole is not None and whole.has(request.commit):
                return self._read(request, whole)
        with self._alone(url):
            if request.folder and (found := self._partly(request)) is not None:
                return found
            return self._read(request, self._whole(request))

    def _borrowed(self, request: _Request, objects: str) -> dict[str, bytes]:
        kind = f"borrow-{hashlib.sha256(objects.encode()).hexdigest()[:8]}"
        with self._shared(request.url):
            repository = self._existing(request.url, kind)
            if repository is not None:
                return self._read(request, repository, request.commit)
        with self._alone(request.url):
            return self._read(request, self._repository(request.url, kind, borrow=objects), request.commit)

    def _whole(self, request: _Request) -> Repository:
        repository = self._repository(request.url, "whole")
        if not repository.has(request.commit):
            self._refuse_offline(request)
            repository.bring(request.commit, partial(self.refs, request.url))
        return repository

    def _partly(self, request: _Request) -> dict[str, bytes] | None:
        """The files of a folder, fetched by themselves; None where the server gives only all."""
        repository = self._repository(request.url, "part")
        if not repository.has(request.commit):
            self._refuse_offline(request)
            if not repository.bring_folders(request.commit):
                return None
        tree = self._tree(request, repository, marker(request.commit), is_part=True)
        if tree is None:
            return None
        chosen = self._chosen(request, tree)
        objects = [each.object for each in chosen.values()]
        if not self._completed(request, repository, objects):
            return None
        return self._bytes(request, repository, chosen)

    def _completed(self, request: _Request, repository: Repository, objects: list[str]) -> bool:
        """Whether the objects are here, or could be fetched by themselves."""
        missing = repository.lacks(request.commit, objects)
        if missing:
            self._refuse_offline(request)
        return not missing or repository.bring_objects(missing)

    def _read(self, request: _Request, repository: Repository, revision: str = "") -> dict[str, bytes]:
        tree = self._tree(request, repository, revision or marker(request.commit), is_part=False)
        return {} if tree is None else self._bytes(request, repository, self._chosen(request, tree))

    def _tree(self, request: _Request, repository: Repository, revision: str, *, is_part: bool) -> Tree | None:
        """The commit's tree, links followed; None if what the links say is not to be had."""
        entries = repository.entries(revision, sizes=not is_part)
        if len(entries) > MOST_FILES:
            raise self._over_limit(request, "repository_files", MOST_FILES)
        links = list(dict.fromkeys(each.object for each in entries if each.kind == "link"))
        if links and is_part and not self._completed(request, repository, links):
            return None
        sizes = repository.sizes(links) if links else {}
        targets = repository.blobs({each: size for each, size in sizes.items() if size <= LONGEST_TARGET})
        return followed(entries, targets, most=MOST_FILES)

    def _chosen(self, request: _Request, tree: Tree) -> dict[str, Entry]:
        """Path in the folder -> entry, of what is wanted. RegistryError E272, E273."""
        prefix = f"{request.folder}/" if request.folder else ""
        inside = [path for path in (*tree.files, *tree.refused) if path.startswith(prefix)]
        if prefix and not inside:
            self._refuse_folder(request, tree)
        below = sorted(path[len(prefix) :] for path in inside)
        wanted = below if request.wanted is None else sorted(request.wanted(below))
        broken = [path for path in wanted if prefix + path in tree.refused]
        if broken:
            raise RegistryError(*(self._refused_link(request, path, tree.refused[prefix + path]) for path in broken))
        self._tell_repositories(request, tree, prefix)
        return {path: tree.files[prefix + path] for path in wanted}

    def _bytes(self, request: _Request, repository: Repository, chosen: Mapping[str, Entry]) -> dict[str, bytes]:
        sizes = {each.object: each.size for each in chosen.values()}
        if -1 in sizes.values():
            sizes = dict(repository.sizes(list(sizes)))
        for path, entry in chosen.items():
            if sizes[entry.object] > self._limits.file_bytes:
                raise self._too_large(request, path, sizes[entry.object])
        if sum(sizes[each.object] for each in chosen.values()) > MOST_BYTES:
            raise self._over_limit(request, "repository_bytes", MOST_BYTES)
        blobs = repository.blobs(sizes)
        return {path: blobs[entry.object] for path, entry in chosen.items()}

    # Refusals

    def _over_limit(self, request: _Request, rule: str, allowed: int) -> RegistryError:
        url = masked(request.url)
        return RegistryError.of("E204", place=Place(file=url), pack=url, rule=rule, allowed=allowed)

    def _too_large(self, request: _Request, path: str, size: int) -> RegistryError:
        url, member, allowed = masked(request.url), shown_path(path), self._limits.file_bytes
        place = Place(file=url, path=member)
        return RegistryError.of(
            "E205", place=place, pack=url, member=member, rule="file_bytes", found=size, allowed=allowed
        )

    def _refuse_offline(self, request: _Request) -> None:
        if self._is_cut_off(request.url):
            raise RegistryError.of("E271", url=masked(request.url), wanted=f"the commit {request.commit}")

    def _refuse_folder(self, request: _Request, tree: Tree) -> None:
        folders = sorted({path.rpartition("/")[0] for path in tree.files if "/" in path})
        near = near_names(request.folder, folders) or [each for each in folders if "/" not in each][:5]
        raise RegistryError.of(
            "E273", url=masked(request.url), commit=request.commit[:12], folder=request.folder, near=near or ["none"]
        )

    def _refused_link(self, request: _Request, path: str, rule: str) -> Problem:
        place = Place(file=masked(request.url), path=shown_path(path))
        return problem("E272", place=place, url=masked(request.url), path=shown_path(path), rule=rule)

    def _tell_repositories(self, request: _Request, tree: Tree, prefix: str) -> None:
        for path in tree.repositories:
            if path.startswith(prefix):
                self._problems.append(problem("W201", url=masked(request.url), path=shown_path(path)))

    # The folder of a URL

    def _folder(self, url: str) -> Path:
        return self._root / hashlib.sha256(url.encode()).hexdigest()[:32]

    @contextmanager
    def _alone(self, url: str) -> Iterator[None]:
        with locked(self._folder(url) / "lock", timeout=2 * self._seconds, purpose=f"fetching {masked(url)}"):
            yield

    @contextmanager
    def _shared(self, url: str) -> Iterator[None]:
        lock = self._folder(url) / "lock"
        with locked(lock, timeout=2 * self._seconds, purpose=f"reading {masked(url)}", shared=True):
            yield

    def _existing(self, url: str, kind: str) -> Repository | None:
        """The repository of that kind, if there is one."""
        folder = self._folder(url)
        name = next((name for name in list_names(folder) if name.startswith(f"{kind}-")), None)
        return Repository(folder / name, self._git, url, seconds=self._seconds) if name else None

    def _repository(self, url: str, kind: str, *, borrow: str = "") -> Repository:
        """The repository of that kind, made if need be; the lock is held alone."""
        folder = self._folder(url)
        for name in list_names(folder):
            if name.startswith(("new-", "old-")) or (name.startswith(f"{kind}-") and not is_sound(folder / name)):
                self._remove(folder / name)
        found = self._existing(url, kind)
        if found is None:
            path = folder / f"{kind}-{os.urandom(4).hex()}"
            make_repository(path, self._git, borrow=borrow)
            found = Repository(path, self._git, url, seconds=self._seconds)
        return found

    def _discard(self, url: str) -> None:
        """Throw away what can't be read, if it can be fetched anew; the lock is held alone."""
        if self._is_cut_off(url):
            self._give_up(url)
        folder = self._folder(url)
        for name in list_names(folder):
            if name not in ("lock", "refs"):
                self._remove(folder / name)

    def _give_up(self, url: str) -> None:
        raise RegistryError.of("E274", url=masked(url), reason="what was fetched can't be read")

    def _remove(self, path: Path) -> None:
        """Out of the way first: a git that still runs may write there while it is being removed."""
        old = path.with_name(f"old-{os.urandom(4).hex()}")
        move(path, old)
        remove_tree(old)


@dataclass(frozen=True, slots=True)
class _Request:
    url: str
    commit: str
    folder: str
    wanted: Wanted | None

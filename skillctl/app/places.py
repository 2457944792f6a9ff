"""What is asked for on the command line from a place of its own: which packs are meant, and how that is written down.

1. A directory inside the repository is written relative to skillctl.json, any other absolute, which is told.
2. A place with one pack means that pack. Of several one is picked by name; `@*` takes all; else it is an error that
   names them. What is picked may also be a skill: then it alone is taken, of the pack that has it.
3. The bytes of an archive on the web are written down with its address, so that they stay what they are.
4. A tree URL of a browser doesn't say where a branch's name ends: the shortest that is there is meant.
5. Two places may call different packs alike (`owner/skills`, `other/skills`). A pack that is called after its place is
   then called after the owner, too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.app.fetching import changed_place
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import RegistryError, SkillctlError, UsageError
from skillctl.core.manifest import skill_entries
from skillctl.core.names import is_pack_name, normalised_name
from skillctl.core.pack_skills import skill_file_path, skill_name
from skillctl.core.source import EVERY_PACK, Origin, Request, parse_request
from skillctl.core.value import replace
from skillctl.edges.disk.look import kind_at, real_path
from skillctl_registry.sources.origin import Offer, Offers

if TYPE_CHECKING:
    from skillctl.app.install import InstallRequest
    from skillctl.app.sources import Sources
    from skillctl.core.lockfile import Lock
    from skillctl.core.project import ProjectFile
    from skillctl.core.versions import Version
    from skillctl.install.scope import Scope
    from skillctl_registry.sources.origin import Origins


def named_requests(
    wanted: Iterable[Request],
    request: InstallRequest,
    project: ProjectFile,
    scope: Scope,
    sources: Sources,
    home: str,
) -> tuple[list[Request], tuple[Problem, ...]]:
    """The same requests, each for one pack whose name is known, and what is to be told of them.

    UsageError and RegistryError E257, E258 where nobody can know which pack is meant.
    """
    named: list[Request] = []
    remarks: list[Problem] = []
    for each in wanted:
        if each.name is not None:
            named.append(each)
            continue
        placed = _placed(each, request, scope, home)
        found = _chosen(placed, sources.origins(), project)
        named += found
        remarks += _remarks(found, placed, scope)
    if request.skills and len(named) != 1:
        raise UsageError.of("E002", option="--skill", reason="name the one pack that the skills are in")
    return named, tuple(remarks)


def look_at(text: str, cwd: Path, home: str, origins: Origins) -> Offers:
    """What a place has, before anything of it is chosen."""
    request = parse_request(text)
    if request.name is not None:
        reason = f"`{text}` is a pack of a registry; `skillctl info {request.name}` shows what is in it"
        raise UsageError.of("E002", option="--list", reason=reason)
    _, offers = _looked_into(_absolute(request, cwd, home), origins)
    return offers


def the_offer(text: str, cwd: Path, home: str, origins: Origins) -> Offer:
    """The one pack that the text means. RegistryError E257, E258 where nobody can know which."""
    request, offers = _looked_into(_absolute(parse_request(text), cwd, home), origins)
    picked = _picked(request, offers)
    if len(picked) > 1:
        raise _several(request, offers)
    return picked[0][0]


def skills_of(offer: Offer) -> dict[str, str]:
    """The pack's skills by name, each with the path of its SKILL.md."""
    entries = skill_entries(offer.manifest, offer.files)
    return dict(sorted((skill_name(entry, pack=offer.name), skill_file_path(entry)) for entry in entries))


def check_directories(lock: Lock, sources: Sources) -> None:
    """Refuse what is locked from directories that hold something else now (RegistryError E259)."""
    problems = [problem for error in changed_directories(lock, sources) for problem in error.problems]
    if problems:
        raise RegistryError(*problems)


def changed_directories(lock: Lock, sources: Sources) -> list[SkillctlError]:
    """An error for each directory that does not hold what was locked from it. One that is gone has nothing to say:
    what was locked may be in the store."""
    errors: list[SkillctlError] = []
    for name, locked in lock.packs.items():
        if "path" not in locked.source or locked.is_editable:
            continue
        try:
            offer = sources.origins().locked(name, locked.source, locked.tree)
        except SkillctlError as error:
            if error.code != "E252":
                errors.append(error)
            continue
        if offer.tree != locked.tree:
            errors.append(changed_place(name, locked, offer))
    return errors


def _placed(request: Request, asked: InstallRequest, scope: Scope, home: str) -> Request:
    """The request with its place as the project file writes it."""
    request = _absolute(request, asked.cwd, home)
    origin = request.wanted.origin
    if asked.registry:
        reason = f"`{request.text}` says itself where it comes from"
        raise UsageError.of("E002", option="--registry", reason=reason)
    if origin.kind in ("path", "archive") and "://" not in origin.location:
        from skillctl.app.registries import written_location

        location = written_location(real_path(Path(origin.location)), scope)
        origin = replace(origin, location=location, editable=asked.editable)
    return replace(request, wanted=replace(request.wanted, origin=origin))


def _absolute(request: Request, cwd: Path, home: str) -> Request:
    """A path as it is meant on the command line; `./dir@name` picks, unless there is a directory of that name."""
    origin = request.wanted.origin
    if origin.kind not in ("path", "archive") or "://" in origin.location:
        return request
    path = Path(cwd, _expanded(origin.location, home))
    before, at, pick = str(path).rpartition("@")
    picks = pick == EVERY_PACK or is_pack_name(pick)
    if at and picks and kind_at(str(path)) == "nothing" and kind_at(before) != "nothing":
        path, request = Path(before), replace(request, pick=pick)
    return replace(request, wanted=replace(request.wanted, origin=replace(origin, location=str(path))))


def _expanded(text: str, home: str) -> str:
    if os.sep != "\\" and "\\" in text and "/" not in text:
        text = text.replace("\\", "/")
    return home + text[1:] if text == "~" or text.startswith("~/") else text


def _chosen(request: Request, origins: Origins, project: ProjectFile) -> list[Request]:
    """One request for each pack that is meant."""
    request, offers = _looked_into(request, origins)
    picked = _picked(request, offers)
    return [_named(request, offer, skills, project) for offer, skills in picked]


def _looked_into(request: Request, origins: Origins) -> tuple[Request, Offers]:
    """What the place has, and the request for the place that was found to be meant."""
    wanted = request.wanted
    if not wanted.constraint.is_any and wanted.origin.kind == "git":
        return request, _at_tags(request, origins)
    try:
        return request, origins.offers(wanted.origin)
    except RegistryError as error:
        longer = _with_longer_ref(wanted.origin)
        if error.code != "E268" or longer is None:
            raise
        try:
            return _looked_into(replace(request, wanted=replace(wanted, origin=longer)), origins)
        except RegistryError:
            raise error from None


def _at_tags(request: Request, origins: Origins) -> Offers:
    """What the place has under the highest tag in the range, or under the tags that each of its packs has for itself.

    RegistryError E256 where no tag is in the range.
    """
    wanted = request.wanted
    name = request.pick if is_pack_name(request.pick) else ""
    tags = origins.tags(wanted.origin, name=name)
    at_tag = _at_highest(request, origins, tags)
    if at_tag is not None:
        return at_tag
    if tags:
        raise _no_tag(request, tags.values())
    now = origins.offers(wanted.origin)
    is_open = request.pick in ("", EVERY_PACK)
    names = [each.name for each in now.packs] if is_open else [each.name for each, _ in _picked(request, now)]
    own = {each: origins.tags(wanted.origin, name=each) for each in names}
    found = {each: at for each, its in own.items() if (at := _at_highest(request, origins, its)) is not None}
    if not found or (request.pick == EVERY_PACK and len(found) < len(own)):
        raise _no_tag(request, (f"{each} {version}" for each, its in own.items() for version in its.values()))
    packs = tuple(pack for each, at in found.items() for pack in at.packs if pack.name == each)
    return Offers(packs=packs, problems=tuple(dict.fromkeys(said for at in found.values() for said in at.problems)))


def _at_highest(request: Request, origins: Origins, tags: Mapping[str, Version]) -> Offers | None:
    """What the place has under the highest of the tags that is in the range; None where none is."""
    wanted = request.wanted
    for tag, version in tags.items():
        if wanted.constraint.allows(version):
            return origins.offers(wanted.origin, tag=tag, version=version)
    return None


def _no_tag(request: Request, versions: Iterable[object]) -> RegistryError:
    wanted = request.wanted
    known = [str(each) for each in versions][:10] or ["none"]
    return RegistryError.of("E256", origin=str(wanted.origin), constraint=str(wanted.constraint), known=known)


def _with_longer_ref(origin: Origin) -> Origin | None:
    """The same with one more name of the path in the ref: `tree/feature/x/packs` says not where the branch ends."""
    if not origin.ref or not origin.subdirectory:
        return None
    part, _, rest = origin.subdirectory.partition("/")
    return replace(origin, ref=f"{origin.ref}/{part}", subdirectory=rest)


def _picked(request: Request, offers: Offers) -> list[tuple[Offer, tuple[str, ...] | None]]:
    """The packs that are meant, each with the skills that are taken of it."""
    pick, origin = request.pick, request.wanted.origin
    if pick == EVERY_PACK or (not pick and len(offers.packs) == 1):
        return [(each, None) for each in offers.packs]
    names = [each.name for each in offers.packs]
    if not pick:
        raise _several(request, offers)
    if pick in names:
        return [(each, None) for each in offers.packs if each.name == pick]
    holders = [each for each in offers.packs if pick in skills_of(each)]
    if len(holders) != 1:
        skills = sorted({skill for each in offers.packs for skill in skills_of(each)})
        raise RegistryError.of("E258", origin=str(origin), name=pick, packs=names[:30], skills=skills[:30] or ["none"])
    return [(holders[0], (pick,))]


def _several(request: Request, offers: Offers) -> RegistryError:
    names = [each.name for each in offers.packs]
    text, mark, fragment = request.text.partition("#")
    example = f"{text.removesuffix('@*')}@{names[0]}{mark}{fragment}"
    origin = str(request.wanted.origin)
    return RegistryError.of("E257", origin=origin, count=len(names), known=names[:30], example=example)


def _named(request: Request, offer: Offer, skills: tuple[str, ...] | None, project: ProjectFile) -> Request:
    wanted = request.wanted
    origin = wanted.origin
    if origin.kind == "archive" and "://" in origin.location:
        origin = replace(origin, sha256=str(offer.source["sha256"]))
    name = _free_name(offer, origin, project)
    old = project.packs.get(name)
    constraint = wanted.constraint
    if old is not None and not request.constrained and _is_same_place(old.origin, origin):
        constraint = old.constraint
    return replace(request, name=name, wanted=replace(wanted, constraint=constraint, origin=origin, skills=skills))


def _is_same_place(one: Origin, other: Origin) -> bool:
    return replace(one, editable=False, sha256="") == replace(other, editable=False, sha256="")


def _free_name(offer: Offer, origin: Origin, project: ProjectFile) -> str:
    """The pack's name, if it was made up and another place has it with the owner's in front."""
    taken = project.packs.get(offer.name)
    if taken is None or _is_same_place(taken.origin, origin) or not offer.inferred or origin.kind != "git":
        return offer.name
    owner = origin.location.rstrip("/").rpartition("/")[0].rpartition("/")[2]
    longer = normalised_name(f"{owner}-{offer.name}")[:64].rstrip("-")
    return longer if is_pack_name(longer) else offer.name


def _remarks(found: Sequence[Request], placed: Request, scope: Scope) -> Iterable[Problem]:
    origin = placed.wanted.origin
    is_local = origin.kind in ("path", "archive") and "://" not in origin.location
    for each in found:
        if is_local and scope.kind == "project" and Path(origin.location).is_absolute():
            yield problem("W230", name=each.name, path=origin.location)
        if origin.editable:
            yield problem("N231", name=each.name, path=origin.location)

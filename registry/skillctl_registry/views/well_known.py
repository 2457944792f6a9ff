"""The skills of a registry as a web site publishes them, in `.well-known/agent-skills/index.json`.

The format is the discovery draft 0.2.0, which `sources.origin_site` reads and `npx skills` too:

1. Every skill is an archive of its own, a .tar.gz with SKILL.md at its root, and with it the context files that an
   installation puts beside it.
2. An archive's name ends in the beginning of its digest. So a changed skill is a new file, the index that is replaced
   last switches all at once, and a web server may have archives cached for ever.
3. A site has one name space for its skills: of two packs with a skill of one name, the one has it that had it first.
4. A reader wants a name and a description in the front matter; what has none is offered with what the pack says of
   itself, and told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from skillctl.archive.writer import write_archive
from skillctl.core.diagnostics import Problem, problem
from skillctl.core.digests import digest_hex, sha256_digest
from skillctl.core.errors import SkillctlError
from skillctl.core.json_value import JsonObject
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.skill_file import SKILL_FILE, SkillFile
from skillctl.core.value import dataclass
from skillctl.formats.front_matter import read_skill_file
from skillctl.formats.json_text import dump_json
from skillctl_registry.views import View, ViewedPack, first_come

SCHEMA = "https://schemas.agentskills.io/discovery/0.2.0/schema.json"
ROOT = ".well-known/agent-skills"
INDEX = f"{ROOT}/index.json"

_DESCRIPTION = 1024  # characters, of the draft
_DIGITS = 16  # of the digest, in an archive's name


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferedSkill:
    """A skill of a pack as a site offers it."""

    name: str
    file: str
    """Of its archive, beside the index."""
    archive: bytes
    digest: str
    description: str
    problems: tuple[Problem, ...]

    @property
    def entry(self) -> JsonObject:
        """What the index says of it."""
        return {
            "name": self.name,
            "type": "archive",
            "description": self.description,
            "url": self.file,
            "digest": self.digest,
        }


def well_known(packs: Iterable[ViewedPack], *, limits: Limits = LIMITS) -> View:
    """The index and the archives of these packs' skills."""
    skills = {(pack.name, skill): files for pack in packs for skill, files in pack.skill_files()}
    by_name = {pack.name: pack for pack in packs}
    wishes = [(skill, name, by_name[name].skills_since.get(skill, "")) for name, skill in skills]
    owners, refused = first_come(wishes)
    problems = [problem("W770", skill=skill, pack=pack, owner=owner) for skill, pack, owner in sorted(refused)]
    offered: list[OfferedSkill] = []
    for skill, name in sorted(owners.items()):
        try:
            offered.append(offered_skill(by_name[name], skill, skills[name, skill], limits=limits))
        except SkillctlError as error:
            problems.append(problem("W771", skill=skill, pack=name, reason=str(error)))
            continue
        problems += offered[-1].problems
    names = [each.name for each in offered]
    return View(
        kind="well-known",
        entry=INDEX,
        files={**{f"{ROOT}/{each.file}": each.archive for each in offered}, INDEX: index_of(offered)},
        packs=tuple(sorted({owners[skill] for skill in names})),
        skills=tuple(sorted(names)),
        problems=tuple(problems),
    )


def offered_skill(pack: ViewedPack, skill: str, files: Mapping[str, bytes], *, limits: Limits = LIMITS) -> OfferedSkill:
    """The skill with its archive; its files are as an installation has them. SkillctlError if no archive takes them."""
    archive = write_archive(files, pack=f"{pack.name}/{skill}", limits=limits)
    description, told = _described(skill, pack, files)
    digest = sha256_digest(archive)
    return OfferedSkill(
        name=skill,
        file=f"{skill}-{digest_hex(digest)[:_DIGITS]}.tar.gz",
        archive=archive,
        digest=digest,
        description=description,
        problems=tuple(told),
    )


def index_of(offered: Iterable[OfferedSkill]) -> bytes:
    """The index of these skills, in their order."""
    return dump_json({"$schema": SCHEMA, "skills": [each.entry for each in offered]})


def _described(skill: str, pack: ViewedPack, files: Mapping[str, bytes]) -> tuple[str, list[Problem]]:
    """What the index says of the skill, and what is to be told of its front matter."""
    found = _read(files[SKILL_FILE])
    missing = [each for each in ("name", "description") if found is None or not found.text(each)]
    own = " ".join((found.description if found is not None else "").split())
    text = (own or " ".join(pack.manifest.description.split()))[:_DESCRIPTION]
    return text, [problem("W772", skill=skill, pack=pack.name, missing=missing)] if missing else []


def _read(data: bytes) -> SkillFile | None:
    try:
        return read_skill_file(data, file=SKILL_FILE)
    except SkillctlError:
        return None

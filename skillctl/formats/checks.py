"""The validator: everything that can be said of a pack from its files alone.

`examine_pack` takes the files of a pack and gives every problem at once, each with its place, and what the skills cost
an agent's context. It reads each file once and writes nothing; how bad a warning is, is the caller's to say.

1. The manifest: well-formed JSON, the strict door, unknown keys, a licence that is an SPDX expression.
2. The tree: portable paths that don't collide, among the files that `files` leaves in.
3. The skills: each has its SKILL.md and follows the rules of `skill_checks`; none hides inside another's folder, and
   none is left out of `skills` by mistake.
4. No pack depends on itself, and one without any skill is warned of. What is referred to is there: context files,
   hooks, plans; links of SKILL.md and context files, seen from where they are installed, and paths that the texts
   mention.
5. No text hides anything from the person who reads it, and none holds a secret.
6. Plans are plans: the caller, who knows them, is asked (`check_plan`).
7. Rules of single agents, where some are named; and what the author has silenced, with the reason, is told apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from posixpath import dirname, join, normpath

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import SkillctlError
from skillctl.core.hidden_text import HiddenText, hidden_text, may_hide
from skillctl.core.json_value import JsonValue, item_path, key_path, strings_in
from skillctl.core.layout import Layout, examine_layout
from skillctl.core.likeness import alike_pairs
from skillctl.core.limits import LIMITS, Limits
from skillctl.core.manifest import (
    MANIFEST_FILE,
    Manifest,
    examine_manifest,
    referred_patterns,
    skill_entries,
)
from skillctl.core.names import parse_skill_name
from skillctl.core.pack_skills import ROOT_SKILL, SkillEntry, skill_file_path, skill_name
from skillctl.core.paths import check_paths
from skillctl.core.skill_file import SKILL_FILE, SkillFile
from skillctl.core.tokens import ContextCost, estimated_tokens, listing_tokens
from skillctl.core.tree import matches_any, tree_files
from skillctl.core.value import dataclass, replace
from skillctl.formats.agent_rules import check_catalog, check_for_agents, is_asked_for, matters
from skillctl.formats.front_matter import read_skill_file
from skillctl.formats.json_places import located
from skillctl.formats.json_text import load_json, place_in
from skillctl.formats.links import Reference, references
from skillctl.formats.private_files import private_names, secret_problems
from skillctl.formats.silence import Silenced, apart
from skillctl.formats.skill_checks import check_skill_file

CONTEXT_TOKENS = 25_000
"""Claude Code keeps this many tokens of all skills together when it makes room."""

PlanCheck = Callable[[str, bytes, Mapping[str, bytes]], Iterable[Problem]]
"""What is wrong with a plan: its path, its text, and the files of the pack."""

_BOM = b"\xef\xbb\xbf"
_COMMON_LICENSES = frozenset(["MIT", "Apache-2.0", "BSD-3-Clause", "BSD-2-Clause", "ISC", "MPL-2.0", "Unlicense"])


@dataclass(frozen=True, kw_only=True, slots=True)
class PackReport:
    """What was found in one pack."""

    problems: tuple[Problem, ...]
    """In the order of files and lines."""
    costs: tuple[ContextCost, ...]
    """Of each skill that could be read."""
    silenced: tuple[Silenced, ...] = ()
    """What the pack's author has silenced, with the reasons; none of it is among the problems."""


def check_pack(files: Mapping[str, bytes], *, prefix: str = "", limits: Limits = LIMITS) -> list[Problem]:
    """Every problem of the pack; see `examine_pack`."""
    return list(examine_pack(files, prefix=prefix, limits=limits).problems)


def examine_pack(
    files: Mapping[str, bytes],
    *,
    prefix: str = "",
    limits: Limits = LIMITS,
    agents: Collection[str] = (),
    check_plan: PlanCheck | None = None,
) -> PackReport:
    """What can be said of the pack with these files (path -> bytes, read lazily if the mapping does so).

    `prefix` is put before the file of every place: the pack's directory as the person knows it, with a slash. `agents`
    are those whose own rules count; none: the rules that all of them share.
    """
    examination = _Examination(files, limits, prefix.rstrip("/") or ".", agents, check_plan)
    examination.run()
    found = [each for each in examination.problems if matters(each.code, agents)]
    counting, silenced = apart(
        found,
        examination.silences,
        is_asked=lambda code: matters(code, agents) and (bool(agents) or not is_asked_for(code)),
    )
    counting = located(counting, examination.manifest_text) if examination.silences else counting
    return PackReport(
        problems=tuple(_prefixed(each, prefix) for each in sorted(counting, key=_order)),
        costs=tuple(examination.costs),
        silenced=tuple(replace(each, problem=_prefixed(each.problem, prefix)) for each in silenced),
    )


def _order(each: Problem) -> tuple[bool, str, int, int]:
    place = each.place or Place()
    return place.file != MANIFEST_FILE, place.file, place.line, place.column


def _prefixed(each: Problem, prefix: str) -> Problem:
    if not prefix:
        return each
    place = each.place or Place()
    return replace(each, place=replace(place, file=prefix + place.file))


class _Examination:
    """One pack being looked at."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        limits: Limits,
        location: str,
        agents: Collection[str],
        check_plan: PlanCheck | None,
    ) -> None:
        self.problems: list[Problem] = []
        self.costs: list[ContextCost] = []
        self._files = files
        self._agents = agents
        self._check_plan = check_plan
        self._limits = limits
        self._data: dict[str, bytes] = {}
        self._json: JsonValue = None
        self._manifest, faulty = self._read_manifest()
        self._is_whole = not faulty
        self._called = self._manifest.name or self._written_name() or location
        self._entries = skill_entries(self._manifest, files)
        always = referred_patterns(self._manifest, self._entries)
        self._paths = tree_files(files, patterns=self._manifest.files, always=always)
        self._present = set(self._paths)
        self._known = _with_folders(self._paths)
        self._listed: list[str] = []
        self._layout: Layout = {}
        self._installed: dict[str, set[str]] = {}

    def run(self) -> None:
        """Every check, each adding to the problems."""
        self._check_paths()
        self._check_layout()
        skills = dict(self._read_skills())
        self._check_strays(skills)
        self.problems += located([*self._referred(), *self._pointless()], self._data.get(MANIFEST_FILE, b""))
        for path, skill in skills.items():
            self._check_skill_references(path, skill)
        self._check_context_files()
        self._check_names()
        self._check_plans()
        self._check_texts()

    @property
    def silences(self) -> Mapping[str, str]:
        """Rules that the author has silenced, each with the reason."""
        return self._manifest.silenced

    @property
    def manifest_text(self) -> bytes:
        """skill.json as it stands; empty where it can't be read."""
        return self._data.get(MANIFEST_FILE, b"")

    def _read(self, path: str) -> bytes:
        """A file, read once."""
        if path not in self._data:
            self._data[path] = self._files[path]
        return self._data[path]

    # 1. The manifest

    def _read_manifest(self) -> tuple[Manifest, bool]:
        """The manifest as far as it can be read, and whether anything in it is wrong."""
        if MANIFEST_FILE not in self._files:
            found = any(path.rpartition("/")[2] == SKILL_FILE for path in self._files)
            self.problems.append(problem("N100" if found else "E110", place=Place(file=MANIFEST_FILE)))
            return examine_manifest({})[0], True
        data = self._read(MANIFEST_FILE)
        try:
            self._json = load_json(
                data, file=MANIFEST_FILE, max_bytes=self._limits.manifest_bytes, max_depth=self._limits.json_depth
            )
        except SkillctlError as error:
            self.problems += error.problems
            return examine_manifest({})[0], True
        manifest, problems = examine_manifest(self._json)
        self.problems += located([*problems, *_worth_knowing(manifest)], data)
        return manifest, bool(problems)

    def _written_name(self) -> str:
        """The name as it stands in a manifest that has a wrong one."""
        name = self._json.get("name") if isinstance(self._json, Mapping) else None
        return name if isinstance(name, str) else ""

    def _item(self, key: str, index: int, count: int) -> str:
        """The place of an item, or of its list where some items were wrong and are therefore not counted."""
        written = self._json.get(key) if isinstance(self._json, Mapping) else None
        is_counted = self._is_whole or (isinstance(written, Sequence) and len(written) == count)
        return item_path(f"$.{key}", index) if is_counted else f"$.{key}"

    def _pointless(self) -> Iterator[Problem]:
        """What each field allows and no pack can mean."""
        manifest = self._manifest
        if manifest.name and manifest.name in manifest.dependencies:
            yield problem("E121", place=Place(file=MANIFEST_FILE, path="$.dependencies"), name=manifest.name)
        is_told = any(each.code in ("E117", "W118") for each in self.problems)
        if isinstance(self._json, Mapping) and not self._json.get("skills") and not self._entries and not is_told:
            yield problem("W104", place=Place(file=MANIFEST_FILE))

    # 2. The tree

    def _check_paths(self) -> None:
        try:
            check_paths(self._paths, pack=self._called, limits=self._limits)
        except SkillctlError as error:
            self.problems += [replace(each, place=Place(file=_path_of(each))) for each in error.problems]

    # 3. The skills

    def _check_layout(self) -> None:
        self._layout, problems = examine_layout(self._manifest, self._paths)
        self._installed = {skill: _with_folders(files) for skill, files in self._layout.items()}
        placed = [
            replace(each, evidence=self._named(each), place=self._place_of(each))
            for each in problems
            if not self._is_misspelt(each)
        ]
        self.problems += located(placed, self._data.get(MANIFEST_FILE, b""))

    def _named(self, each: Problem) -> dict[str, object]:
        """The evidence, with the name as it is written where the manifest has none that it could have."""
        blank = [key for key in ("pack", "skill") if each.evidence.get(key) == ""]
        return {**each.evidence, **dict.fromkeys(blank, self._called)}

    def _is_misspelt(self, each: Problem) -> bool:
        """Whether a missing SKILL.md is there in other letters, which is told in better words."""
        return each.code == "E141" and str(each.evidence["path"]).lower() in {path.lower() for path in self._paths}

    def _place_of(self, each: Problem) -> Place:
        """Where the manifest names the skill that a problem of the layout is about."""
        if not self._manifest.skills:
            return Place(file=str(each.evidence.get("path", each.evidence.get("inner", "skills"))))
        for index, entry in reversed([*enumerate(self._entries)]):
            if each.evidence.get("skill") == self._name(entry) or each.evidence.get("inner") == entry.path:
                return Place(file=MANIFEST_FILE, path=self._item("skills", index, len(self._entries)))
        return Place(file=MANIFEST_FILE, path="$.skills")

    def _name(self, entry: SkillEntry) -> str:
        return skill_name(entry, pack=self._manifest.name)

    def _read_skills(self) -> Iterator[tuple[str, SkillFile]]:
        """The path and content of every SKILL.md that can be read, with what breaks a rule told."""
        for path, entry in {skill_file_path(entry): entry for entry in self._entries}.items():
            if path not in self._present:
                continue
            try:
                name = self._name(entry)
                if self._manifest.skills is None and entry.path != ROOT_SKILL:
                    parse_skill_name(name, place=Place(file=path))
                skill = read_skill_file(self._read(path), file=path)
            except SkillctlError as error:
                self.problems += error.problems
                continue
            self._check_front_escapes(path, skill)
            self.problems += check_skill_file(skill, file=path, name=name or skill.name)
            if self._agents:
                self.problems += check_for_agents(skill, file=path, name=name or skill.name, agents=self._agents)
                self._listed.append(f"{name or skill.name}{skill.description}")
            self._add_cost(entry, name, skill)
            yield path, skill

    def _add_cost(self, entry: SkillEntry, name: str, skill: SkillFile) -> None:
        folder = "" if entry.path == ROOT_SKILL else f"{entry.path}/"
        context = (
            [path for path in self._layout.get(name, {}).values() if not path.startswith(folder)] if folder else []
        )
        tokens = sum(estimated_tokens(self._read(path)) for path in context if path in self._present)
        if tokens > CONTEXT_TOKENS:
            place = Place(file=skill_file_path(entry))
            self.problems.append(problem("N115", place=place, skill=name, tokens=tokens, limit=CONTEXT_TOKENS))
        self.costs.append(
            ContextCost(
                skill=name,
                always_on=listing_tokens(name, skill.description),
                on_demand=estimated_tokens(skill.body.encode()),
                context_files=tokens,
            )
        )

    def _check_strays(self, skills: Mapping[str, SkillFile]) -> None:
        """A SKILL.md that is none of the pack's skills: forgotten in the manifest, or inside a skill's folder."""
        known = {skill_file_path(entry) for entry in self._entries}
        folders = tuple(f"{entry.path}/" for entry in self._entries if entry.path != ROOT_SKILL)
        for path in [path for path in self._paths if path[-len(SKILL_FILE) :].lower() == SKILL_FILE.lower()]:
            if self._should_be_skill(path):
                self.problems.append(problem("E117", place=Place(file=path), path=path))
            elif path.rpartition("/")[2] == SKILL_FILE and path not in known:
                self.problems.append(problem("W119" if path.startswith(folders) else "W118", place=Place(file=path)))
            elif path in skills and self._read(path).startswith(_BOM):
                self.problems.append(problem("W103", place=Place(file=path, line=1, column=1)))

    def _should_be_skill(self, path: str) -> bool:
        """Whether it is a SKILL.md in other letters where one is looked for."""
        folder, _, name = path.rpartition("/")
        if name == SKILL_FILE or name.lower() != SKILL_FILE.lower():
            return False
        is_looked_for = any(entry.path == (folder or ROOT_SKILL) for entry in self._entries)
        is_found = self._manifest.skills is None and (not folder or dirname(folder) == "skills")
        return (is_looked_for or is_found) and join(folder, SKILL_FILE) not in self._present

    # 4. What is referred to

    def _referred(self) -> Iterator[Problem]:
        """What the manifest names and the pack doesn't have."""
        manifest = self._manifest
        count = len(manifest.context_files)
        yield from self._unmatched(
            (each, self._item("context_files", index, count)) for index, each in enumerate(manifest.context_files)
        )
        for index, entry in enumerate(manifest.skills or ()):
            path = self._item("skills", index, len(manifest.skills or ()))
            if path.endswith("]"):
                path = key_path(path, "context_files")
            files = enumerate(entry.context_files or ())
            yield from self._unmatched((each, item_path(path, at) if self._is_whole else path) for at, each in files)
        module = manifest.hooks_module
        if module and not {module, module.removesuffix(".py") + "/__init__.py"} & self._present:
            yield _missing(module, "$.hooks_module")
        for name, file in manifest.plans.items():
            if file not in self._present:
                yield _missing(file, key_path("$.plans", name))

    def _unmatched(self, patterns: Iterable[tuple[str, str]]) -> Iterator[Problem]:
        """Those that name nothing; each with its place in the manifest."""
        for pattern, path in patterns:
            if pattern in self._present or any(matches_any(each, [pattern]) for each in self._paths):
                continue
            is_glob = "*" in pattern or "?" in pattern
            place = Place(file=MANIFEST_FILE, path=path)
            yield problem("W102", place=place, pattern=pattern) if is_glob else _missing(pattern, path)

    def _check_skill_references(self, path: str, skill: SkillFile) -> None:
        """Seen from the skill's own directory, as it is installed."""
        entry = next(entry for entry in self._entries if skill_file_path(entry) == path)
        installed = self._installed.get(self._name(entry), set())
        for reference in references(skill.body):
            target = normpath(reference.target)
            if target not in installed and not self._is_in_other_skill(target):
                elsewhere = normpath(join(dirname(path), target))
                self._tell_missing(path, skill.body, reference, {elsewhere, target}, line=skill.body_line)
            elif reference.is_link and target.count("/") > 1 and not target.startswith("../"):
                self._tell("N112", path, skill.body, reference, skill.body_line)

    def _is_in_other_skill(self, target: str) -> bool:
        """Whether the path leads to another skill of the pack, which is installed beside this one."""
        up, _, rest = target.partition("/")
        skill, _, path = rest.partition("/")
        return up == ".." and (path or ".") in self._installed.get(skill, ())

    def _check_context_files(self) -> None:
        """Links of context files, which are installed beside each other under their paths in the pack."""
        for path in sorted({path for files in self._layout.values() for path in self._context_texts(files)}):
            text = self._read(path).decode(errors="replace")
            takers = [self._installed[skill] for skill, files in self._layout.items() if files.get(path) == path]
            for reference in references(text):
                target = normpath(join(dirname(path), reference.target))
                found = [target in installed for installed in takers]
                if not (all(found) if reference.is_link else any(found)):
                    self._tell_missing(path, text, reference, {target}, line=1)

    def _context_texts(self, files: Mapping[str, str]) -> Iterator[str]:
        for installed, path in files.items():
            if installed == path and path.endswith(".md") and path != SKILL_FILE:
                yield path

    def _tell_missing(self, path: str, text: str, reference: Reference, targets: set[str], *, line: int) -> None:
        """What is wrong with a reference to something that is not installed beside the text."""
        is_in_pack = not targets.isdisjoint(self._known)
        if not reference.is_link:
            code = "" if is_in_pack else "N111"
        elif all(target.startswith("..") for target in targets):
            code = "E119"
        else:
            code = "W117" if is_in_pack else "W116"
        if code:
            self._tell(code, path, text, reference, line)

    def _tell(self, code: str, path: str, text: str, reference: Reference, line: int) -> None:
        spot = place_in(text, reference.offset, file=path)
        place = replace(spot, line=spot.line + line - 1)
        self.problems.append(problem(code, place=place, target=reference.target))

    # 5. Names and what belongs to nobody else

    def _check_names(self) -> None:
        """Names that are taken for one another, and files that no pack should bring."""
        for one, other in alike_pairs(self._layout) if len(self._layout) > 1 else ():
            place = Place(file=MANIFEST_FILE if MANIFEST_FILE in self._data else "skills")
            self.problems.append(problem("W123", place=place, one=one, other=other))
        self.problems += private_names(self._paths)
        self.problems += check_catalog(self._listed, self._agents)

    def _check_plans(self) -> None:
        for file in dict.fromkeys(self._manifest.plans.values()) if self._check_plan else ():
            if file in self._present and self._check_plan:
                self.problems += located(self._check_plan(file, self._read(file), self._files), self._read(file))

    # 6. Hidden text and secrets

    def _check_texts(self) -> None:
        for path in self._paths:
            data = self._data.get(path) or self._files[path]
            if may_hide(data):
                self._check_text(path, data)
            self.problems += secret_problems(path, data)
        if b"\\u" in self._data.get(MANIFEST_FILE, b""):
            self._check_escapes()

    def _check_text(self, path: str, data: bytes) -> None:
        is_prose = path.endswith((".md", MANIFEST_FILE))
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            if path.endswith(".md") and path.rpartition("/")[2] != SKILL_FILE:
                place = Place(file=path, line=data.count(b"\n", 0, error.start) + 1)
                self.problems.append(problem("E151", place=place, byte=f"0x{data[error.start]:02x}"))
            return
        if is_prose or "\0" not in text:
            self.problems += [_hidden(each, place_in(text, each.offset, file=path)) for each in hidden_text(text)]

    def _check_front_escapes(self, path: str, skill: SkillFile) -> None:
        """YAML can write any character in ASCII, between double quotes."""
        data = self._read(path)
        if b"\\" not in data:
            return
        for field, value in skill.front.items():
            for _, text in strings_in(value):
                place = Place(file=path, line=skill.lines.get(field, 1))
                written = (each for each in hidden_text(text) if each.characters.encode() not in data)
                self.problems += [_hidden(each, place) for each in written]

    def _check_escapes(self) -> None:
        """JSON can write any character in ASCII, too."""
        found = [
            _hidden(each, Place(file=MANIFEST_FILE, path=path))
            for path, text in strings_in(self._json)
            for each in hidden_text(text)
        ]
        told = {each.evidence["code_points"] for each in self.problems if each.code in ("E120", "W120")}
        self.problems += located(
            [each for each in found if each.evidence["code_points"] not in told], self._data[MANIFEST_FILE]
        )


def _worth_knowing(manifest: Manifest) -> Iterator[Problem]:
    """What a valid manifest says that nobody will understand."""
    for path in manifest.unknown:
        yield problem("W100", place=Place(file=MANIFEST_FILE, path=path), key=path.removeprefix("$."))
    if manifest.license and manifest.license not in _COMMON_LICENSES:
        place = Place(file=MANIFEST_FILE, path="$.license")
        canonical = canonical_license(manifest.license)
        if not canonical:
            yield problem("W101", place=place, license=manifest.license, example=_meant_license(manifest.license))
        elif canonical != manifest.license:
            yield problem("N116", place=place, license=manifest.license, canonical=canonical)


def _meant_license(text: str) -> str:
    """The common licence that is written so but for spaces, signs and case; else any."""
    written = re.sub(r"(?i)[^a-z0-9]|licen[sc]e", "", text).lower()
    return next((each for each in sorted(_COMMON_LICENSES) if re.sub("[^a-z0-9]", "", each.lower()) == written), "MIT")


def canonical_license(text: str) -> str:
    """The SPDX expression as the specification writes it; empty if it is none."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return str(canonicalize_license_expression(text))
    except InvalidLicenseExpression:
        return ""


def _missing(file: str, path: str) -> Problem:
    return problem("E118", place=Place(file=MANIFEST_FILE, path=path), path=file)


def _hidden(found: HiddenText, place: Place) -> Problem:
    code = "W120" if found.severity == "warning" else "E120"
    return problem(code, place=place, kind=found.kind, code_points=", ".join(found.code_points))


def _path_of(each: Problem) -> str:
    return each.place.path if each.place else ""


def _with_folders(paths: Iterable[str]) -> set[str]:
    """The paths and every folder above one of them."""
    found = set(paths)
    for path in list(found):
        while "/" in path and (path := path.rpartition("/")[0]) not in found:
            found.add(path)
    return found | {"."}

"""The strict door of plans: JSON in, a `Plan` out, or every problem of it together.

Form only: types, ranges, base64, digests. Where a plan may write and what it may start is `confine`'s to say. Unknown
keys are kept out and warned about, since a newer plan may have them; `lenient` mends first what models get wrong.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar, get_args

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.effects import Network
from skillctl.core.errors import ExecutionError, ManifestError
from skillctl.core.json_value import ROOT, JsonObject, JsonValue, item_path, key_path, kind_of
from skillctl.core.limits import MIB
from skillctl.core.value import dataclass
from skillctl.formats.json_text import load_json
from skillctl_runtime.lenient import mended_files, mended_text, mended_value
from skillctl_runtime.plan import (
    MANAGER_NAMES,
    STACK_NAMES,
    Check,
    CheckKind,
    Dependencies,
    Plan,
    PlanFile,
    Ready,
    Repair,
    RunLimits,
    Timeouts,
)
from skillctl_runtime.slug import is_plain, slug

PLAN_BYTES = 160 * MIB
"""A plan's JSON: files of 100 MiB in base64, and room."""
DEPTH = 32
VERSION = 1

_NETWORKS: tuple[Network, ...] = get_args(Network)
_CHECKS: tuple[CheckKind, ...] = get_args(CheckKind)
_MODE = re.compile(r"0?[0-7]{3}\Z")
_SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})\Z")
_HOUR = 3600.0
_LONGEST = 24 * _HOUR
_PORTS = range(65536)

FIELDS = (
    *("$schema", "version", "name", "description", "stack", "files", "delete", "dependencies", "install", "build"),
    *("run", "args", "cwd", "env", "secrets", "stdin", "ports", "ready", "checks", "timeouts", "limits", "network"),
    "variables",
)
FILE_FIELDS = ("filename", "code", "content_base64", "mode", "executable", "eol", "sha256")

T = TypeVar("T")
C = TypeVar("C", bound=str)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """A plan that was read."""

    plan: Plan
    repairs: tuple[Repair, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Warnings: keys that nobody here knows."""


def parse_plan(source: bytes | str | JsonObject, *, where: str = "plan") -> Parsed:
    """The plan that the text or value holds; `where` names it in messages.

    ManifestError E150 to E159 if it is no JSON, ExecutionError with all of E501 to E504 and E511 that its form breaks.
    """
    value, around = (source, ()) if isinstance(source, Mapping) else _loaded(source, where)
    value, inside = mended_value(value)
    door = _Door(where)
    plan = door.plan(value)
    if door.problems:
        raise ExecutionError(*door.problems)
    plan, in_files = mended_files(plan)
    named = _named(plan.name)
    return Parsed(plan=plan, repairs=(*around, *inside, *named, *in_files), problems=tuple(door.warnings))


def _named(name: str) -> tuple[Repair, ...]:
    """What is to be said of a name that no directory can have."""
    if not name or is_plain(name):
        return ()
    return (Repair(rule="directory-name", what=f"The project of `{name}` lies in `{slug(name)}`"),)


def _loaded(source: bytes | str, where: str) -> tuple[JsonValue, tuple[Repair, ...]]:
    data = source.encode(errors="surrogatepass") if isinstance(source, str) else source
    try:
        return load_json(data, file=where, max_bytes=PLAN_BYTES, max_depth=DEPTH), ()
    except ManifestError:
        text, repairs = mended_text(data.decode(errors="replace"))
        if not repairs:
            raise
    return load_json(text.encode(), file=where, max_bytes=PLAN_BYTES, max_depth=DEPTH), repairs


class _Door:
    """Reads a plan and gathers what is wrong with it."""

    def __init__(self, where: str) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._where = where

    def plan(self, value: JsonValue) -> Plan:
        """The plan, as far as it can be read."""
        members = self._object(value, ROOT, FIELDS)
        self._version(members)
        network, allow = self._network(members)
        ready = members.get("ready")
        return Plan(
            name=self._text(members, "name"),
            files=tuple(self._files(members)),
            description=self._text(members, "description"),
            stack=self._choice(members, "stack", STACK_NAMES),
            delete=self._texts(members, "delete"),
            dependencies=self._dependencies(members),
            install=self._lines(members, "install"),
            build=self._lines(members, "build"),
            run=self._lines(members, "run"),
            args=self._texts(members, "args"),
            cwd=self._text(members, "cwd"),
            env=self._text_map(members, "env"),
            secrets=self._texts(members, "secrets"),
            stdin=self._text(members, "stdin") if members.get("stdin") is not None else None,
            ports=tuple(self._whole(each, path, _PORTS) for path, each in self._items(members, "ports")),
            ready=None if ready is None else self._ready(ready),
            checks=tuple(self._check(each, path) for path, each in self._items(members, "checks")),
            timeouts=self._timeouts(members),
            limits=self._limits(members),
            network=network,
            allow=allow,
        )

    # One field each

    def _version(self, members: JsonObject) -> None:
        found = members.get("version")
        if found is None or (found == VERSION and not isinstance(found, bool)):
            return
        # models write the version of the project here, which says nothing about the plan
        if isinstance(found, str):
            self.warnings.append(problem("W501", place=self._place("$.version"), found=found))
        else:
            self._say("E511", "$.version", key="$.version", found=found, wanted="1")

    def _files(self, members: JsonObject) -> Iterator[PlanFile]:
        entries = list(self._items(members, "files"))
        if not entries and not self.problems:
            found = "an empty list" if members.get("files") == [] else members.get("files")
            self._wrong("$.files", found, "a list with at least one file")
        for path, each in entries:
            entry = self._object(each, path, FILE_FIELDS)
            if not isinstance(each, Mapping):
                continue
            data = self._file_bytes(entry, path)
            self._check_digest(entry, path, data)
            yield PlanFile(
                path=self._required_text(entry, "filename", path),
                data=data,
                executable=self._executable(entry, path),
                binary="content_base64" in entry,
            )

    def _file_bytes(self, entry: JsonObject, path: str) -> bytes:
        if ("code" in entry) == ("content_base64" in entry):
            self._say("E502", path, key=path, both="code" in entry)
            return b""
        if "code" in entry:
            text = self._text(entry, "code", path)
            return self._with_line_ends(entry, path, text).encode(errors="surrogatepass")
        text = self._text(entry, "content_base64", path)
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except ValueError:
            self._say("E503", key_path(path, "content_base64"), key=key_path(path, "content_base64"))
            return b""

    def _with_line_ends(self, entry: JsonObject, path: str, text: str) -> str:
        kind = self._choice(entry, "eol", ("lf", "crlf", "keep"), path)
        if kind in (None, "keep"):
            return text
        text = text.replace("\r\n", "\n")
        return text if kind == "lf" else text.replace("\n", "\r\n")

    def _check_digest(self, entry: JsonObject, path: str, data: bytes) -> None:
        wanted = self._text(entry, "sha256", path)
        if not wanted:
            return
        place = key_path(path, "sha256")
        digest = _SHA256.match(wanted.lower())
        if digest is None:
            self._wrong(place, wanted, "a sha256 in hex")
        elif (found := hashlib.sha256(data).hexdigest()) != digest[1]:
            self._say("E504", place, key=place, wanted=digest[1], found=found)

    def _executable(self, entry: JsonObject, path: str) -> bool | None:
        mode = self._text(entry, "mode", path)
        if mode and not _MODE.match(mode):
            self._wrong(key_path(path, "mode"), mode, "an octal mode of three digits, such as 755")
            return None
        if entry.get("executable") is not None:
            return self._flag(entry["executable"], key_path(path, "executable"))
        return bool(int(mode, 8) & 0o111) if mode else None

    def _dependencies(self, members: JsonObject) -> Dependencies:
        path = "$.dependencies"
        found = self._member(members, "dependencies", ("packages", "dev", "system", "manager", "runtime_version"))
        return Dependencies(
            packages=self._texts(found, "packages", path),
            dev=self._texts(found, "dev", path),
            system=self._texts(found, "system", path),
            manager=self._choice(found, "manager", MANAGER_NAMES, path),
            runtime_version=self._text(found, "runtime_version", path),
        )

    def _ready(self, value: JsonValue) -> Ready:
        path = "$.ready"
        found = self._object(value, path, ("port", "http", "status", "log", "file", "timeout"))
        return Ready(
            port=self._whole(found.get("port", 0), key_path(path, "port"), _PORTS),
            http=self._text(found, "http", path),
            status=self._whole(found.get("status", 0), key_path(path, "status"), range(600)),
            log=self._text(found, "log", path),
            file=self._text(found, "file", path),
            timeout=self._seconds(found, "timeout", path, Ready().timeout),
        )

    def _check(self, value: JsonValue, path: str) -> Check:
        names = ("type", "contains", "regex", "path", "status", "code", "command", "timeout")
        found = self._object(value, path, names)
        kind = self._choice(found, "type", _CHECKS, path)
        if kind is None and isinstance(value, Mapping) and "type" not in found:
            self._wrong(key_path(path, "type"), None, f"one of {', '.join(_CHECKS)}")
        contains = found.get("contains", [])
        code = found.get("code")
        return Check(
            kind=kind or "exit",
            contains=(contains,) if isinstance(contains, str) else self._texts(found, "contains", path),
            regex=self._regex(found, path),
            path=self._text(found, "path", path),
            status=self._whole(found.get("status", 200), key_path(path, "status"), range(600)),
            code=None if code is None else self._whole(code, key_path(path, "code"), range(256)),
            command=self._text(found, "command", path),
            timeout=self._seconds(found, "timeout", path, 30.0),
        )

    def _regex(self, members: JsonObject, path: str) -> str:
        pattern = self._text(members, "regex", path)
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError):
            self._wrong(key_path(path, "regex"), pattern, "a regular expression of Python")
        return pattern

    def _timeouts(self, members: JsonObject) -> Timeouts:
        found, usual = self._member(members, "timeouts", ("install", "build", "run")), Timeouts()
        install, build, run = (
            self._seconds(found, key, "$.timeouts", default)
            for key, default in (("install", usual.install), ("build", usual.build), ("run", usual.run))
        )
        return Timeouts(install=install, build=build, run=run)

    def _limits(self, members: JsonObject) -> RunLimits:
        names = ("memory_mb", "cpu_s", "processes", "output_kb")
        found = self._member(members, "limits", names)
        memory, cpu, processes, output = (
            self._whole(found.get(key, 0), key_path("$.limits", key), range(1 << 31)) for key in names
        )
        return RunLimits(memory_mb=memory, cpu_s=cpu, processes=processes, output_kb=output)

    def _network(self, members: JsonObject) -> tuple[Network | None, tuple[str, ...]]:
        if isinstance(members.get("network"), Mapping):
            found = self._member(members, "network", ("allow",))
            return "registries", self._texts(found, "allow", "$.network")
        return self._choice(members, "network", _NETWORKS), ()

    # Readers that know the key

    def _object(self, value: JsonValue, path: str, known: Sequence[str]) -> JsonObject:
        if not isinstance(value, Mapping):
            self._wrong(path, value, "an object")
            return {}
        for key in value:
            if key not in known:
                place = key_path(path, key)
                self.warnings.append(problem("W500", place=self._place(place), key=place))
        return value

    def _member(self, members: JsonObject, key: str, known: Sequence[str]) -> JsonObject:
        value = members.get(key)
        return {} if value is None else self._object(value, key_path(ROOT, key), known)

    def _items(self, members: JsonObject, key: str, path: str = ROOT) -> Iterator[tuple[str, JsonValue]]:
        value = members.get(key)
        if value is None:
            return
        path = key_path(path, key)
        if not isinstance(value, list):
            self._wrong(path, value, "a list")
            return
        for index, item in enumerate(value):
            yield item_path(path, index), item

    def _text(self, members: JsonObject, key: str, path: str = ROOT) -> str:
        value = members.get(key)
        return "" if value is None else self._read(value, key_path(path, key), str, "a text") or ""

    def _required_text(self, members: JsonObject, key: str, path: str) -> str:
        if members.get(key) is None:
            self._wrong(key_path(path, key), None, "a text")
        return self._text(members, key, path)

    def _texts(self, members: JsonObject, key: str, path: str = ROOT) -> tuple[str, ...]:
        texts = (self._read(each, place, str, "a text") for place, each in self._items(members, key, path))
        return tuple(each for each in texts if each is not None)

    def _lines(self, members: JsonObject, key: str) -> tuple[str, ...]:
        value = members.get(key)
        lines = (value,) if isinstance(value, str) else self._texts(members, key)
        return tuple(line for line in lines if line.strip())

    def _text_map(self, members: JsonObject, key: str) -> dict[str, str]:
        value, path = members.get(key), key_path(ROOT, key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self._wrong(path, value, "an object of texts")
            return {}
        texts = {name: self._read(each, key_path(path, name), str, "a text") for name, each in value.items()}
        return {name: each for name, each in texts.items() if each is not None}

    def _flag(self, value: JsonValue, path: str) -> bool:
        return bool(self._read(value, path, bool, "true or false"))

    def _choice(self, members: JsonObject, key: str, choices: Sequence[C], path: str = ROOT) -> C | None:
        value = members.get(key)
        if value is None:
            return None
        for each in choices:
            if each == value:
                return each
        self._wrong(key_path(path, key), value, f"one of {', '.join(choices)}")
        return None

    def _whole(self, value: JsonValue, path: str, allowed: range) -> int:
        number = None if isinstance(value, bool) else self._read(value, path, int, "a whole number")
        if number is None:
            if isinstance(value, bool):
                self._wrong(path, value, "a whole number")
            return 0
        if number not in allowed:
            self._say("E511", path, key=path, found=number, wanted=f"{allowed.start} to {allowed.stop - 1}")
        return number

    def _seconds(self, members: JsonObject, key: str, path: str, default: float) -> float:
        value, path = members.get(key), key_path(path, key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self._wrong(path, value, "a number of seconds")
            return default
        if not 0 <= value <= _LONGEST or math.isnan(value):
            self._say("E511", path, key=path, found=value, wanted=f"0 to {_LONGEST:.0f} seconds")
        return float(value)

    def _read(self, value: JsonValue, path: str, kind: type[T], wanted: str) -> T | None:
        if isinstance(value, kind):
            return value
        self._wrong(path, value, wanted)
        return None

    def _wrong(self, path: str, value: JsonValue, wanted: str) -> None:
        self._say("E501", path, key=path, found=value if isinstance(value, str) else kind_of(value), wanted=wanted)

    def _say(self, code: str, path: str, **evidence: object) -> None:
        self.problems.append(problem(code, place=self._place(path), severity=None, **evidence))

    def _place(self, path: str) -> Place:
        return Place(file=self._where, path=path)

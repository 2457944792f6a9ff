"""A policy of Patchwork's made into one of ours, once, by `skillctl policy init --from`.

| theirs | ours |
|---|---|
| `files` with `pattern` | `files` with `glob` |
| `commands` with `prefix`, `exact`, `regex` | `commands` with `regex`, `exact`, `regex` |
| `network` with `domain`, `url_prefix` | `network` with `host`, `url` |
| `default_action` | `otherwise` |
| `max_risk` (`high` where it is missing) | rules that deny whatever has a higher risk |
| `mcp`, `trusted_paths`, `name` | left out, with a note |

What can't be carried over and denies something is an error: nothing that protected is lost without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from skillctl.core.diagnostics import Place, Problem, problem
from skillctl.core.errors import PluginError
from skillctl.core.json_value import JsonObject, JsonValue, item_path, key_path
from skillctl.core.value import dataclass

RISKS = ("none", "low", "medium", "high", "critical")

_KNOWN = frozenset(
    {"name", "version", "description", "max_risk", "files", "commands", "network", "mcp", "trusted_paths"}
)
_SECTION = frozenset({"deny", "allow", "default_action"})
_WANTED = {"files": ("pattern",), "commands": ("prefix", "exact", "regex"), "network": ("domain", "url_prefix")}
_SENSITIVE = [
    ".env",
    ".env.*",
    "*.pem",
    "*.key",
    "id_rsa*",
    "id_ed25519*",
    "*secret*",
    "*token*",
    "*credential*",
    "*.db",
]
_CONFIGURATION = ["package.json", "pyproject.toml", "Dockerfile", "docker-compose.y{a,}ml", "Makefile", "tsconfig.json"]
_REASON = "its risk is higher than `max_risk` of the Patchwork policy allows"


@dataclass(frozen=True, kw_only=True, slots=True)
class Converted:
    """Our policy, and what was left out."""

    policy: JsonObject
    notes: tuple[Problem, ...] = ()


def from_patchwork(value: JsonValue, *, file: str) -> Converted:
    """The policy. PluginError E621 with everything that can't be carried over."""
    if not isinstance(value, Mapping):
        raise PluginError.of("E621", file=file, reason="it is no map")
    conversion = _Conversion(file)
    policy = conversion.policy(value)
    if conversion.problems:
        raise PluginError(*conversion.problems)
    return Converted(policy=policy, notes=tuple(conversion.notes))


class _Conversion:
    def __init__(self, file: str) -> None:
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []
        self._file = file

    def policy(self, value: JsonObject) -> JsonObject:
        for key in value:
            if key not in _KNOWN:
                self._refuse(f"$.{key}", f"`{key}` is no key that Patchwork reads")
        for key, reason in (("mcp", "plans and packs call no MCP servers"), ("trusted_paths", "nothing here reads it")):
            if key in value:
                self.notes.append(
                    problem("N610", place=Place(file=self._file, path=f"$.{key}"), key=key, reason=reason)
                )
        sections = {name: self._section(value.get(name, {}), name) for name in _WANTED}
        risk = value.get("max_risk", "high")
        if risk not in RISKS:
            self._refuse("$.max_risk", f"`max_risk` is none of {', '.join(RISKS)}")
        for name, rule in _above(str(risk)):
            sections[name].setdefault("deny", []).append(rule)
        found: dict[str, JsonValue] = {"version": 1}
        found.update({name: section for name, section in sections.items() if section})
        return found

    def _section(self, value: JsonValue, name: str) -> dict[str, list[JsonValue]]:
        place = f"$.{name}"
        if not isinstance(value, Mapping):
            self._refuse(place, f"`{name}` is no map")
            return {}
        found: dict[str, list[JsonValue]] = {}
        for key in value:
            if key not in _SECTION:
                self._refuse(key_path(place, key), f"`{key}` is no key that Patchwork reads in `{name}`")
        for answer in ("deny", "allow"):
            rules = value.get(answer, [])
            if not isinstance(rules, list):
                self._refuse(key_path(place, answer), f"`{answer}` is no list")
                continue
            made = [
                self._rule(each, name, answer, item_path(key_path(place, answer), at)) for at, each in enumerate(rules)
            ]
            if made:
                found[answer] = list(made)
        if "default_action" in value:
            action = value["default_action"]
            if action not in ("allow", "deny"):
                self._refuse(key_path(place, "default_action"), "`default_action` is neither allow nor deny")
            found["otherwise"] = action  # type: ignore[assignment]
        return found

    def _rule(self, value: JsonValue, name: str, answer: str, path: str) -> JsonObject:
        if not isinstance(value, Mapping) or "action" not in value:
            self._refuse(path, "a rule without `action` makes the whole file invalid to Patchwork")
            return {}
        kinds = [key for key in _WANTED[name] if isinstance(value.get(key), str)]
        if len(kinds) != 1:
            self._refuse(path, f"a rule in `{name}` has one of {', '.join(_WANTED[name])}")
            return {}
        text = str(value[kinds[0]])
        reason = value.get("reason")
        rule: dict[str, JsonValue] = {"reason": reason} if isinstance(reason, str) and reason.strip() else {}
        match kinds[0]:
            case "pattern":
                rule["glob"] = text
            case "prefix":
                words = re.escape(text.strip())
                rule["regex"] = f"(?i){words}(?: .*)?" if answer == "allow" else f"(?i)^(?:[^ ]*/)?{words}"
            case "regex":
                rule["regex"] = f"(?s).*(?:{text}).*" if answer == "allow" else text
            case "domain":
                rule["host"] = text
            case "url_prefix":
                rule["url"] = text
            case other:
                rule[other] = text
        return rule

    def _refuse(self, path: str, reason: str) -> None:
        place = Place(file=self._file, path=path)
        self.problems.append(problem("E621", place=place, file=self._file, reason=reason))


def _above(risk: str) -> Iterator[tuple[str, JsonObject]]:
    """Rules that deny what has a higher risk."""
    level = RISKS.index(risk) if risk in RISKS else 0
    if level < RISKS.index("critical"):
        yield "files", _named("critical-files", {"glob": list(_SENSITIVE), "access": ["write", "delete"]})
        yield "commands", _named("critical-deletion", {"program": "rm", "options": ["-r", "-R", "--recursive"]})
        programs: list[JsonValue] = ["sudo", "curl", "wget", "ssh", "scp", "dd", "mkfs", "mkfs.*"]
        yield "commands", _named("critical-programs", {"program": programs})
        yield "commands", _named("critical-mode", {"run": "chmod 777"})
    if level < RISKS.index("high"):
        yield "files", _named("high-reads", {"glob": list(_SENSITIVE), "access": ["read"]})
        yield "files", _named("high-writes", {"glob": list(_CONFIGURATION), "access": ["write", "delete"]})
        for number, line in enumerate(("git reset", "git rebase", "git push --force")):
            yield "commands", _named(f"high-git-{number}", {"run": line})
        for tool in ("npm", "pnpm", "yarn", "bun", "pip", "pip3", "uv", "cargo", "go", "gem", "apt", "apt-get", "brew"):
            yield "commands", _named(f"high-install-{tool}", {"run": f"{tool} {{install,add,i,get}}"})
    if level < RISKS.index("medium"):
        yield "files", _named("medium-writes", {"glob": "**", "access": ["write", "delete"]})
        yield "commands", _named("medium-commands", {"program": "*"})
        yield "network", _named("medium-network", {"host": "*"})
    if level < RISKS.index("low"):
        yield "files", _named("low-reads", {"glob": "**", "access": ["read"]})


def _named(name: str, rule: JsonObject) -> JsonObject:
    return {"id": f"risk/{name}", "reason": _REASON, **rule}

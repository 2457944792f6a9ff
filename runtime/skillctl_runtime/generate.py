"""A plan from a prompt, by any server that speaks OpenAI's chat protocol. The only importer of `openai`.

The model is asked for JSON in the form of the plan's schema. What it answers goes through the same strict door and the
same confinement as any plan; what is wrong with it is sent back, with the problems in words, until an answer holds or
the retries are used up. A server that can't be told a schema is asked for plain JSON, and then for nothing but the
prompt. An answer that held is kept for a while, by everything that it depends on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from skillctl.core.config_file import LlmConfig
from skillctl.core.diagnostics import problem
from skillctl.core.errors import ExecutionError, SkillctlError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.settings import Directories
from skillctl.core.value import dataclass
from skillctl.core.wording import worded
from skillctl.edges.disk.files import read_bytes, write_atomic
from skillctl.formats.json_text import dump_json, load_json
from skillctl_runtime.confine import confined, unprivileged
from skillctl_runtime.plan_door import DEPTH, PLAN_BYTES, Parsed, parse_plan

if TYPE_CHECKING:
    from openai import OpenAI

_TIMEOUT = 300.0
_SHORTEST_KEY = 3  # a shorter text is no key, but what a server of one's own takes for one
_ASKED = "answer.json"  # how messages to the model call its answer

_INSTRUCTIONS = """\
You plan small, complete software projects. Answer with one JSON object and nothing else:
`name` (short), `files` (each with `filename`, a relative path with slashes, and `code`, the whole text of the file),
`run` (the shell command that starts the program from the project's directory), and, where needed,
`dependencies.packages` (names with versions for the stack's package manager).
Write every file that the project needs, manifests included. Use no absolute paths, no `..`, no sudo, and no placeholder
code. Prefer the standard library; name only packages that exist. A program must not wait for input."""

# OpenAI's strict mode wants every property required and none unknown; so this is the part of a plan that models write.
_TEXTS = {"type": "array", "items": {"type": "string"}}
ANSWER_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "description", "files", "dependencies", "run"],
    "properties": {
        "name": {"type": "string"},
        "description": {"type": "string"},
        "files": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["filename", "code"],
                "properties": {"filename": {"type": "string"}, "code": {"type": "string"}},
            },
        },
        "dependencies": {
            "type": "object",
            "additionalProperties": False,
            "required": ["packages"],
            "properties": {"packages": _TEXTS},
        },
        "run": {"type": "string"},
    },
}

_FORMATS: tuple[Mapping[str, Any], ...] = (
    {"type": "json_schema", "json_schema": {"name": "plan", "strict": True, "schema": ANSWER_SCHEMA}},
    {"type": "json_object"},
    {},
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Generated:
    """A plan that a model wrote and that holds."""

    value: JsonObject
    """As the model wrote it."""
    parsed: Parsed
    model: str
    cached: bool = False
    rounds: int = 1
    """How often the model was asked."""


def generated_plan(prompt: str, *, config: LlmConfig, key: str, cache: Path, now: float) -> Generated:
    """The plan that the model makes of the prompt; `now` is the time in seconds, for the age of kept answers.

    ExecutionError E546 if the server can't be reached or refuses, E547 if no answer held after `config.max_retries`
    more rounds. Kept answers lie in `cache`.
    """
    kept = cache / f"{question(prompt, config)}.json"
    if config.cache_enabled and (answer := _kept(kept, config.cache_ttl_seconds, now)) is not None:
        return Generated(value=answer, parsed=parse_plan(answer, where=_ASKED), model=config.model, cached=True)
    made = _Conversation(config, key).plan(prompt)
    if config.cache_enabled:
        write_atomic(kept, dump_json({"made": int(now), "plan": made.value}))
    return made


def answers(directories: Directories) -> Path:
    """Where answers are kept."""
    return Path(directories.cache) / "answers"


def question(prompt: str, config: LlmConfig) -> str:
    """Everything that an answer depends on, as one digest."""
    parts: Sequence[JsonValue] = [config.model, config.temperature, config.base_url, _INSTRUCTIONS, prompt]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _kept(path: Path, longest: int, now: float) -> JsonObject | None:
    data = read_bytes(path, max_bytes=PLAN_BYTES)
    if data is None:
        return None
    try:
        value = load_json(data, file=str(path), max_bytes=PLAN_BYTES, max_depth=DEPTH + 2)
    except SkillctlError:
        return None
    if not isinstance(value, Mapping):
        return None
    made, plan = value.get("made"), value.get("plan")
    fresh = isinstance(made, int) and 0 <= now - made < longest
    return plan if fresh and isinstance(plan, Mapping) else None


class _Conversation:
    """One prompt, asked until an answer holds."""

    def __init__(self, config: LlmConfig, key: str) -> None:
        self._config = config
        self._key = key
        self._client = _client(config, key)
        self._format = 0

    def plan(self, prompt: str) -> Generated:
        messages = [{"role": "system", "content": _INSTRUCTIONS}, {"role": "user", "content": prompt}]
        rounds = 0
        while True:
            answer = self._asked(messages)
            rounds += 1
            try:
                value, parsed = _checked(answer)
            except SkillctlError as error:
                if rounds > self._config.max_retries:
                    failed = problem("E547", model=self._config.model, rounds=rounds)
                    raise ExecutionError(failed, *error.problems) from error
                wrong = _told(error)
                messages += [{"role": "assistant", "content": answer}, {"role": "user", "content": wrong}]
            else:
                return Generated(value=value, parsed=parsed, model=self._config.model, rounds=rounds)

    def _asked(self, messages: Sequence[Mapping[str, str]]) -> str:
        from openai import APIConnectionError, APIStatusError, BadRequestError, OpenAIError

        # the library types each role's message and each format apart
        create: Any = self._client.chat.completions.create
        while True:
            wanted = _FORMATS[self._format]
            more = {"response_format": wanted} if wanted else {}
            try:
                model, temperature = self._config.model, self._config.temperature
                return _text_of(create(model=model, temperature=temperature, messages=messages, **more))
            except BadRequestError as error:
                if self._format + 1 == len(_FORMATS):
                    self._refuse(_reason(error), error)
                self._format += 1
            except APIConnectionError as error:
                self._refuse(f"it can't be reached ({error.__cause__ or error})", error)
            except APIStatusError as error:
                self._refuse(f"{error.status_code}: {_reason(error)}", error)
            except OpenAIError as error:
                self._refuse(str(error), error)

    def _refuse(self, reason: str, cause: Exception) -> NoReturn:
        where = self._config.base_url or "the model's server"
        if len(self._key) > _SHORTEST_KEY:  # some servers say which key they refuse
            reason = reason.replace(self._key, "***")
        raise ExecutionError.of(
            "E546", server=where, reason=reason.splitlines()[0] if reason else "no reason"
        ) from cause


def _client(config: LlmConfig, key: str) -> OpenAI:
    from openai import OpenAI

    return OpenAI(api_key=key, base_url=config.base_url or None, max_retries=config.max_retries, timeout=_TIMEOUT)


def _text_of(answer: Any) -> str:
    """The answer's text; a server may send no choice, or one without text."""
    try:
        return str(answer.choices[0].message.content or "")
    except (AttributeError, IndexError, TypeError):
        return ""


def _reason(error: Any) -> str:
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, Mapping) else None
    return str(message or getattr(error, "message", "") or error)


def _checked(answer: str) -> tuple[JsonObject, Parsed]:
    parsed = parse_plan(answer, where=_ASKED)
    confined(parsed.plan, where=_ASKED)
    unprivileged(parsed.plan, where=_ASKED)
    return _as_value(answer), parsed


def _as_value(answer: str) -> JsonObject:
    from skillctl_runtime.lenient import mended_text

    value: JsonObject = json.loads(mended_text(answer)[0])
    return value


def _told(error: SkillctlError) -> str:
    lines = [
        f"- {each.place.path}: {worded(each).title}" if each.place else f"- {worded(each).title}"
        for each in error.problems
    ]
    return "That plan can't be used:\n" + "\n".join(lines[:40]) + "\nAnswer with the whole corrected JSON object."

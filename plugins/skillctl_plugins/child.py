"""A plugin in a process of its own, which can be killed: for code that others brought, a pack's or a project's.

The child loads the file and speaks lines of JSON on its stdin and stdout:

    parent  "the file's text"
    child   {"plugin": {...}, "hooks": [{"event", "priority"}...]}       once, after loading
    parent  {"hook": 0, "arguments": {...}}                              a call
    child   {"answer": ...} or {"failure": "why"}

and in the middle of a call, as often as the plugin fires an event of its own:

    child   {"fire": "my_event", "arguments": {...}}
    parent  {"heard": [{"plugin", "answer"}...]}

What the plugin prints is led to stderr with its name. It gets no environment but what a program needs to find itself.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

from skillctl.core.errors import PluginError, SkillctlError
from skillctl.core.json_value import JsonValue
from skillctl.core.value import replace
from skillctl.edges.process.dialogue import Dialogue
from skillctl_plugins.events import event_named, plain_name
from skillctl_plugins.loading import Loaded, as_it_claims, load_file
from skillctl_plugins.manager import Fired, Hook, PluginManager
from skillctl_plugins.plugin import OWN_TIME, Call, Plugin, Source

_PASSED_ON = ("PATH", "HOME", "USERPROFILE", "SYSTEMROOT", "LANG", "LC_ALL", "TZ", "TMPDIR", "TEMP", "TMP")
_BEGIN = "import sys; sys.path[:0] = {paths!r}; from skillctl_plugins.child import serve; serve({file!r}, {source!r})"
_SPARE = 5.0  # seconds between the kill of a child that overstays and the moment when nobody waits for that either


def load_in_child(
    manager: PluginManager,
    path: Path,
    code: bytes,
    *,
    source: Source,
    digest: str,
    environ: Mapping[str, str],
    name: str = "",
) -> Loaded:
    """The plugin of this code, loaded and called in a child that ends with the manager; the path is for messages."""
    begun = _BEGIN.format(paths=_import_paths(), file=str(path), source=source)
    environment = {key: environ[key] for key in _PASSED_ON if key in environ}
    plugin = Plugin(name=name or path.stem, source=source, state="active", path=str(path), digest=digest)
    dialogue = Dialogue([sys.executable, "-I", "-B", "-c", begun], env=environment)
    manager.keep_until_closed(dialogue)
    try:
        said = _parsed(dialogue.ask(json.dumps(code.decode(errors="replace")), OWN_TIME))
        return _described(manager, plugin, said, dialogue, name=name)
    except SkillctlError as error:
        reason = str(error)
    except (AttributeError, KeyError, TypeError, ValueError):  # a plugin can write what it likes in our name
        reason = "its process told what is no plugin"
    return as_it_claims(Loaded(plugin=replace(plugin, state="broken", problem=reason)), code)


def _described(
    manager: PluginManager, plugin: Plugin, said: Mapping[str, Any], dialogue: Dialogue, *, name: str
) -> Loaded:
    """The plugin with what its process says of it, and its hooks; `name` is given to those of packs."""
    about = said["plugin"]
    plugin = replace(
        plugin,
        name=name or str(about["name"]),
        description=str(about["description"]),
        version=str(about["version"]),
        dependencies=tuple(map(str, about["dependencies"])),
        capabilities=tuple(map(str, about["capabilities"])),
        state="broken" if about["problem"] else "active",
        problem=str(about["problem"]),
    )
    hooks = tuple(
        Hook(
            event=str(each["event"]),
            plugin=plugin.name,
            priority=int(each["priority"]),
            callback=_caller(manager, plugin.name, dialogue, number),
            seconds=OWN_TIME + _SPARE,
        )
        for number, each in enumerate(said["hooks"])
    )
    return Loaded(plugin=replace(plugin, hooks=tuple(dict.fromkeys(hook.event for hook in hooks))), hooks=hooks)


def _caller(manager: PluginManager, plugin: str, dialogue: Dialogue, number: int) -> Callable[..., object]:
    def ask(said: object) -> dict[str, Any]:
        return _parsed(dialogue.ask(json.dumps(said), OWN_TIME))

    def call(**arguments: object) -> object:
        answer = ask({"hook": number, "arguments": arguments})
        while "fire" in answer:
            answer = ask({"heard": _heard(manager, plugin, answer)})
        if "failure" in answer:
            raise PluginError.of("E602", reason=str(answer["failure"]))
        return answer.get("answer")

    return call


def _heard(manager: PluginManager, plugin: str, said: Mapping[str, Any]) -> list[dict[str, object]]:
    """What others answer to an event that a plugin fires from its process."""
    arguments = said.get("arguments")
    fired = manager.relay(plugin, str(said["fire"]), arguments if isinstance(arguments, dict) else {})
    return [{"plugin": call.plugin, "answer": call.answer} for call in fired.calls if not call.failure]


def _parsed(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise PluginError.of("E602", reason="its process answered with what is no JSON")
    return value


def _import_paths() -> list[str]:
    """Where the child finds our packages: it runs isolated, without PYTHONPATH and the working directory."""
    import skillctl
    import skillctl_plugins

    found = (Path(each).parent for package in (skillctl, skillctl_plugins) for each in package.__path__)
    return list(dict.fromkeys(map(str, found)))


def serve(file: str, source: Source) -> None:
    """Be the child."""
    asked, told = _apart(0, "r"), _apart(1, "w")
    os.dup2(2, 1)
    sys.stdin, sys.stdout = open(os.devnull, encoding="utf-8"), sys.stderr  # noqa: SIM115  as long as the process
    os.dup2(sys.stdin.fileno(), 0)
    with _Within(asked, told) as manager:
        code = json.loads(asked.readline())
        loaded = load_file(manager, Path(file), source=source, code=code.encode())
        manager.add_plugin(loaded.plugin, loaded.hooks)
        hooks = [{"event": hook.event, "priority": hook.priority} for hook in loaded.hooks]
        _tell(told, {"plugin": loaded.plugin.to_json(), "hooks": hooks})
        for line in asked:
            said = json.loads(line)
            with manager.in_call():
                answer = _answer(loaded.hooks[said["hook"]], said["arguments"])
            _tell(told, answer)


class _Within(PluginManager):
    """The manager in the child: what the plugin fires, its own hooks hear here, and all others by way of the parent.

    The parent only listens while it waits for an answer; at any other time an event stays here.
    """

    def __init__(self, asked: IO[str], told: IO[str]) -> None:
        super().__init__()
        self._asked = asked
        self._told = told
        self._lock = threading.Lock()
        self._listened_to = False

    @contextmanager
    def in_call(self) -> Iterator[None]:
        """A block in which the parent waits for an answer."""
        self._listened_to = True
        try:
            yield
        finally:
            with self._lock:
                self._listened_to = False

    def fire(self, event: str, /, **arguments: JsonValue) -> Fired:
        """As everywhere, and others hear of custom events too."""
        fired = super().fire(event, **arguments)
        if event_named(plain_name(event)).kind != "custom":
            return fired
        with self._lock:
            if not self._listened_to:
                return fired
            _tell(self._told, {"fire": event, "arguments": arguments})
            heard = json.loads(self._asked.readline())["heard"]
        calls = (Call(plugin=each["plugin"], event=event, seconds=0.0, answer=each["answer"]) for each in heard)
        return Fired(calls=(*fired.calls, *calls), problems=fired.problems)


def _apart(handle: int, mode: Literal["r", "w"]) -> IO[str]:
    """The stream under another number: programs that the plugin starts inherit 0 and 1, and would speak in between."""
    return os.fdopen(os.dup(handle), mode, encoding="utf-8")


def _answer(hook: Hook, arguments: dict[str, Any]) -> dict[str, object]:
    with PluginManager() as manager:
        manager.add_hook("call", hook.callback, plugin=hook.plugin)
        (call,) = manager.fire("call", **arguments).calls
    return {"failure": call.failure} if call.failure else {"answer": call.answer}


def _tell(told: IO[str], value: object) -> None:
    told.write(json.dumps(value) + "\n")
    told.flush()

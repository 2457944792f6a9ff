"""The plugin manager: who wants to hear of what, in which order, and what their answers do.

    manager = PluginManager()
    manager.add_hook("pre_run", lambda project_dir, **more: {"PORT": "8080"})
    manager.discover()
    answers = manager.fire("pre_run", project_dir="/tmp/app").answers

Rules:

1. Callbacks are called with keyword arguments, by priority (the lowest first), then in the order of adding.
2. Arguments and answers are JSON values; each callback gets its own copy, so none sees what another did to it.
3. Before something (`pre_…`), a callback that raises, overstays or answers with what is no JSON blocks it. Anywhere
   else its failure is reported and the others go on.
4. A callback that overstays is abandoned: its answer is ignored, and nobody waits for it.
5. Each call is timed.
"""

from __future__ import annotations

import inspect
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Self

from skillctl.core.diagnostics import Problem, problem
from skillctl.core.errors import PluginError, SkillctlError
from skillctl.core.json_value import JsonValue
from skillctl.core.value import dataclass, field, replace
from skillctl_plugins.events import Event, event_named, plain_name
from skillctl_plugins.plugin import OWN_TIME, Call, Plugin
from skillctl_plugins.printing import speaking, switched

if TYPE_CHECKING:
    from skillctl_plugins.discovery import Places

Callback = Callable[..., object]
Accept = Callable[[JsonValue], JsonValue]
"""Takes an answer and gives what counts, or raises a SkillctlError that says what is wrong with it."""

PRIORITY = 100
PROGRAM = "this program"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hook:
    """One callback for one event."""

    event: str
    plugin: str
    priority: int
    callback: Callback
    seconds: float = OWN_TIME


@dataclass(frozen=True, kw_only=True, slots=True)
class Fired:
    """What came of an event."""

    calls: tuple[Call, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Failures that blocked nothing (W600)."""

    @property
    def answers(self) -> tuple[JsonValue, ...]:
        """What callbacks returned beside nothing, in order."""
        return tuple(each.answer for each in self.calls if each.answer is not None and not each.failure)


class PluginManager(AbstractContextManager["PluginManager"]):
    """Plugins and their hooks. Whoever makes one closes it, or uses it in a `with`: it may hold child processes."""

    def __init__(self) -> None:
        self._hooks: list[Hook] = []
        self._plugins: dict[str, Plugin] = {}
        self._children = ExitStack()

    def __exit__(self, *_: object) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self

    def close(self) -> None:
        """End the child processes of plugins."""
        self._children.close()

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """Every plugin that was found, by name, those included that are not active."""
        return tuple(self._plugins[name] for name in sorted(self._plugins))

    def hooks(self, event: str) -> tuple[Hook, ...]:
        """Who is called for the event, in order."""
        return tuple(sorted((each for each in self._hooks if each.event == event), key=lambda each: each.priority))

    def add_hook(self, event: str, callback: Callback, priority: int = PRIORITY, *, plugin: str = PROGRAM) -> None:
        """Have the callback called for the event; a lower priority comes earlier."""
        self._hooks.append(_hook(event, callback, priority, plugin))

    def add_plugin(self, plugin: Plugin, hooks: Sequence[Hook] = ()) -> None:
        """Take up a plugin that was loaded, or one that could not be, with what it hooks into."""
        self._plugins[plugin.name] = plugin
        self._hooks += hooks

    def keep_until_closed(self, child: AbstractContextManager[object]) -> None:
        """End this child process with the manager."""
        self._children.push(child)

    def drop(self, name: str, reason: str) -> None:
        """Take a plugin's hooks out, for a reason that is shown with it."""
        self._plugins[name] = replace(self._plugins[name], state="broken", problem=reason)
        self._hooks = [hook for hook in self._hooks if hook.plugin != name]

    def discover(self, places: Places | None = None) -> tuple[Plugin, ...]:
        """Find and load plugins where `places` say, or else the user's configuration; every plugin that was found."""
        from skillctl_plugins.discovery import discover

        return discover(self, places)

    def fire(self, event: str, /, **arguments: JsonValue) -> Fired:
        """Tell everybody who hooks into the event.

        PluginError E600 for an event before something that a plugin blocks. A `ValueError` if the arguments are not
        those that the event has.
        """
        return self._fired(_known(event, arguments), arguments)

    def relay(self, plugin: str, event: str, arguments: dict[str, JsonValue]) -> Fired:
        """Tell everybody but that plugin of a custom event that it fired in a process of its own; no other goes so."""
        kind = event_named(plain_name(event))
        return self._fired(kind, arguments, without=plugin) if kind.kind == "custom" else Fired()

    def chain(self, event: str, subject: str, value: JsonValue, *, accept: Accept, **more: JsonValue) -> ChainEnd:
        """Fire the event so that each callback gets what the one before it made of the argument `subject`.

        `accept` checks every change. PluginError E600 if a callback blocks, E601 if its change is no good.
        """
        kind = _known(event, {subject: value, **more})
        calls: list[Call] = []
        for hook in self.hooks(event):
            call = _called(hook, {**more, subject: value})
            calls.append(call)
            if call.failure:
                raise PluginError.of("E600", plugin=hook.plugin, event=kind.name, reason=call.failure)
            if call.answer is None:
                continue
            try:
                value = accept(call.answer)
            except SkillctlError as error:
                raise PluginError(
                    problem("E601", plugin=hook.plugin, event=kind.name, argument=subject), *error.problems
                ) from error
        return ChainEnd(value=value, calls=tuple(calls))

    def _fired(self, event: Event, arguments: dict[str, JsonValue], *, without: str = "") -> Fired:
        calls: list[Call] = []
        problems: list[Problem] = []
        for hook in self.hooks(event.name):
            if hook.plugin == without:
                continue
            call = _called(hook, arguments)
            calls.append(call)
            if call.failure and event.kind == "pre":
                raise PluginError.of("E600", plugin=hook.plugin, event=event.name, reason=call.failure)
            if call.failure:
                problems.append(problem("W600", plugin=hook.plugin, event=event.name, reason=call.failure))
        return Fired(calls=tuple(calls), problems=tuple(problems))


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainEnd:
    """What a chain of callbacks made of a value."""

    value: JsonValue
    calls: tuple[Call, ...] = field(default=())


class Registrar:
    """What a plugin's `register(manager)` gets: the manager, with the plugin's name on whatever it adds."""

    def __init__(self, manager: PluginManager, plugin: str) -> None:
        self.hooks: list[Hook] = []
        self._manager = manager
        self._plugin = plugin

    def add_hook(self, event: str, callback: Callback, priority: int = PRIORITY) -> None:
        """Have the callback called for the event; a lower priority comes earlier."""
        self.hooks.append(_hook(event, callback, priority, self._plugin))

    def fire(self, event: str, /, **arguments: JsonValue) -> Fired:
        """Tell other plugins something: a custom event."""
        return self._manager.fire(event, **arguments)


def _hook(event: str, callback: Callback, priority: int, plugin: str) -> Hook:
    if not callable(callback):
        raise TypeError(f"a hook has to be callable, and {callback!r} is not")
    return Hook(event=plain_name(event), plugin=plugin, priority=priority, callback=callback)


def _known(name: str, arguments: dict[str, JsonValue]) -> Event:
    event = event_named(name)
    if event.kind != "custom" and set(arguments) != set(event.arguments):
        raise ValueError(f"{name} has the arguments {', '.join(event.arguments)}, not {', '.join(arguments)}")
    return event


def _called(hook: Hook, arguments: dict[str, JsonValue]) -> Call:
    """Call one callback in a thread of its own, and wait no longer than it may take."""
    begun = time.perf_counter()
    outcome: list[tuple[JsonValue, str]] = []

    def work() -> None:
        with switched(), speaking(hook.plugin):  # an abandoned one may print long after nobody waits for it any more
            outcome.append(_outcome(hook, arguments))

    with switched():
        thread = threading.Thread(target=copy_context().run, args=(work,), daemon=True, name=f"plugin {hook.plugin}")
        thread.start()
        thread.join(hook.seconds)
    answer, failure = outcome[0] if outcome else (None, f"it took longer than {hook.seconds:g} seconds")
    seconds = time.perf_counter() - begun
    return Call(plugin=hook.plugin, event=hook.event, seconds=seconds, answer=answer, failure=failure)


def _outcome(hook: Hook, arguments: dict[str, JsonValue]) -> tuple[JsonValue, str]:
    try:
        answer = hook.callback(**_fitting(hook.callback, _copied(arguments)))
    except SkillctlError as error:
        return None, str(error)
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a plugin raises is its answer
        return None, f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    try:
        return _copied(answer), ""
    except (TypeError, ValueError, RecursionError):
        return None, "it answered with something that is no JSON value"


def _copied(value: Any) -> Any:
    return None if value is None else json.loads(json.dumps(value, allow_nan=False))


def _fitting(callback: Callback, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments that the callback takes: all of them where it has `**kwargs`."""
    try:
        parameters = inspect.signature(callback).parameters
    except (TypeError, ValueError):
        return arguments
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values()):
        return arguments
    return {name: value for name, value in arguments.items() if name in parameters}


def active(plugins: Sequence[Plugin]) -> Iterator[Plugin]:
    """Those that are at work."""
    return (each for each in plugins if each.state == "active")

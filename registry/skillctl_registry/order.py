"""Which source is asked for which name. There is no "best version over all registries": a name has one owner.

1. The sources stand in one order: the project's, the user's, the local default registry, the packs shipped with
   skillctl.
2. An unscoped name belongs to the first source in the order that knows it; later ones are not asked. That the first
   one has no version which fits changes nothing: else a stranger could win by publishing a higher number elsewhere.
3. A scope that is bound to a source belongs to it: its names are asked for there and nowhere else, not even to say
   that there is something near, so that names which are nobody's business leave the house for nobody.
4. A scope that nobody bound is treated like an unscoped name. (A scope that nothing may ask for would make scopes
   useless until they are configured, on a single machine with one local registry too; binding is what the owner of
   private names does.)
5. A project may pin a name to a source by its alias. A pin can't move a scope that is bound elsewhere.
6. What a lock holds is identified by its tree: any source that has the same name, version and tree may serve it, the
   one that the lock names first. Rule 3 holds here too.

Worked example: the order is `acme` (bound: `@acme`), `local`, `builtin`. `@acme/tools` is asked for in `acme` alone.
`arcgis` is asked for in `acme`, then, if that has none, in `local`, and so on. `@other/x` goes the way of `arcgis`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial

from skillctl.core.errors import RegistryError, SkillctlError
from skillctl.core.lockfile import LockedPack
from skillctl.core.names import near_names, scope_of
from skillctl.core.release import Release
from skillctl.core.value import dataclass, field
from skillctl_registry.sources import Source


@dataclass(frozen=True, slots=True)
class Held:
    """A release and the source that has it."""

    source: Source
    release: Release


@dataclass(frozen=True, kw_only=True, slots=True)
class Registries:
    """The sources of one command, in order; of two with one label, the first is meant by it."""

    sources: tuple[Source, ...]
    scopes: Mapping[str, Source] = field(default_factory=dict)
    """`@acme` -> the source that the scope is bound to: itself, since an alias is whatever somebody's file calls it."""
    aliases: Mapping[str, Source] = field(default_factory=dict)
    """What sources are called beside their labels: one that two files name has two aliases."""

    def owner(self, name: str, *, pin: str = "") -> Source | None:
        """The source that the name belongs to; None if no source knows it.

        `pin` is a label. RegistryError E243 if no source has it, E244 if the name's scope is bound to another one.
        """
        asked = self.asked_for(name, pin=pin)
        return next((source for source in asked if source.releases(name) is not None), None)

    def asked_for(self, name: str, *, pin: str = "") -> Sequence[Source]:
        """The sources that may be asked for the name, in order."""
        bound = self.scopes.get(scope_of(name) or "")
        pinned = self.labelled(pin) if pin else bound
        if bound is not None and pinned is not bound:
            raise RegistryError.of("E244", name=name, scope=scope_of(name), registry=bound.label, pin=pin)
        return (pinned,) if pinned is not None else self.sources

    def prefetch(
        self,
        names: Collection[str],
        *,
        pins: Mapping[str, str] | None = None,
        locked: Mapping[str, LockedPack] | None = None,
    ) -> None:
        """Let the sources make these names ready, each source all of its names at once.

        A name that a source turns out not to know goes on to the next that may be asked for it, and no further than
        `owner` would go. What goes wrong waits for whoever asks for the name.
        """
        waiting: dict[str, list[Source]] = {}
        for name in names:
            with suppress(SkillctlError):
                pin = (pins or {}).get(name, "")
                waiting[name] = self._in_order(name, (locked or {}).get(name), pin=pin)
        while waiting := {name: sources for name, sources in waiting.items() if sources}:
            together: dict[int, tuple[Source, list[str]]] = {}
            for name, sources in waiting.items():
                together.setdefault(id(sources[0]), (sources[0], []))[1].append(name)
            for source, known in together.values():
                source.prefetch(known, then=partial(_may_go_on, source))
            waiting = {name: sources[1:] for name, sources in waiting.items() if _may_go_on(sources[0], name)}

    def prefetch_own(self, locked: Mapping[str, LockedPack]) -> None:
        """Let each registry that the lock names, and no other, make ready what is asked of its own packs."""
        together: dict[int, tuple[Source, list[str]]] = {}
        for name, pack in locked.items():
            for source in self.asked_for(name):
                if _has_id(source, pack.registry):
                    together.setdefault(id(source), (source, []))[1].append(name)
        for source, names in together.values():
            source.prefetch(names)

    def prefetch_locked(self, locked: Mapping[str, LockedPack]) -> None:
        """Let the sources make ready what `holder` and fetching will ask of these releases."""
        self.prefetch(locked, locked=locked)
        together: dict[int, tuple[Source, list[Release]]] = {}
        for name, pack in locked.items():
            with suppress(SkillctlError):
                held = self.holder(name, pack)
                together.setdefault(id(held.source), (held.source, []))[1].append(held.release)
        for source, releases in together.values():
            source.prefetch_files(releases)

    def for_locked(self, name: str, locked: LockedPack, *, pin: str = "") -> Sequence[Source]:
        """The sources that may be asked for a locked name, the registry that the lock names first."""
        return self._in_order(name, locked, pin=pin)

    def _in_order(self, name: str, locked: LockedPack | None, *, pin: str = "") -> list[Source]:
        asked = self.asked_for(name, pin=pin)
        return sorted(asked, key=lambda source: not _has_id(source, locked.registry)) if locked else list(asked)

    def labelled(self, label: str) -> Source:
        """The source of that alias. RegistryError E243 if there is none."""
        for source in self.sources:
            if source.label == label:
                return source
        if label in self.aliases:
            return self.aliases[label]
        raise RegistryError.of("E243", registry=label, known=self.labels())

    def unknown(self, name: str, *, pin: str = "") -> RegistryError:
        """The error that no source knows the name, with the names that may have been meant."""
        asked = self.asked_for(name, pin=pin)
        near = near_names(name, sorted({known for source in asked for known in source.names()}))
        labels = [source.label for source in asked]
        if near:
            return RegistryError.of("E241", name=name, registries=labels, near=near)
        return RegistryError.of("E240", name=name, registries=labels)

    def holder(self, name: str, locked: LockedPack) -> Held:
        """The source that serves a locked release: the lock's own first, else any that has the same tree.

        RegistryError E245 if the release is not to be had any more, E246 if another tree stands in its place, E247 if
        the lock's registry is not at hand and nobody else has the release.
        """
        asked = self.for_locked(name, locked)
        others: list[Held] = []
        for source in asked:
            found = _release(source, name, locked)
            if found is not None and found.tree == locked.tree:
                return Held(source, found)
            if found is not None:
                others.append(Held(source, found))
        raise self._not_held(name, locked, asked, others)

    def _not_held(
        self, name: str, locked: LockedPack, asked: Sequence[Source], others: Sequence[Held]
    ) -> RegistryError:
        own = next((source for source in asked if _has_id(source, locked.registry)), None)
        version = str(locked.version)
        if own is None:
            labels = [source.label for source in asked]
            return RegistryError.of("E247", name=name, version=version, id=locked.registry, registries=labels)
        other = next((held.release for held in others if held.source is own), None)
        if other is None:
            return RegistryError.of("E245", name=name, version=version, registry=own.label)
        return RegistryError.of(
            "E246", name=name, version=version, registry=own.label, expected=locked.tree, found=other.tree
        )

    def labels(self) -> list[str]:
        """Everything that a source is called by."""
        return list(dict.fromkeys((*(source.label for source in self.sources), *self.aliases)))


def _may_go_on(source: Source, name: str) -> bool:
    """Whether the next source is asked for a name too: one that can't be read goes no further either."""
    try:
        return source.releases(name) is None
    except SkillctlError:
        return False


def _has_id(source: Source, wanted: str) -> bool:
    """Whether the source is the registry of that id. One that can't be asked may still not be needed, and one that
    nobody has made yet has no id, which is no other's lack of one.
    """
    try:
        return bool(wanted) and source.id == wanted
    except RegistryError:
        return False


def _release(source: Source, name: str, locked: LockedPack) -> Release | None:
    return next((each for each in source.releases(name) or () if each.version == locked.version), None)

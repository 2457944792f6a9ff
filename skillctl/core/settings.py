"""Settings: everything that a command may depend on beside its arguments, merged once into one frozen value.

Order of precedence: flags, environment, project, user, default. `edges/config` reads the environment and the files;
`app` merges. Nothing below reads the environment again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from skillctl.core.limits import LIMITS, Limits
from skillctl.core.value import dataclass, field

if TYPE_CHECKING:
    from skillctl.core.project import RegistryEntry
    from skillctl.core.web import Secret

LinkMode = Literal["auto", "copy", "hardlink"]
"""How files get from the store to a target: `auto` is reflink where the file system has it, else copy."""

Switch = Literal["on", "off"]

LINK_MODES: tuple[LinkMode, ...] = ("auto", "copy", "hardlink")


IsolationWish = Literal["auto", "required", "bwrap", "landlock", "none"]
"""How programs of plans are kept apart: the strongest way there is; that, and none is refused; or one way by name."""

ISOLATION_WISHES: tuple[IsolationWish, ...] = ("auto", "required", "bwrap", "landlock", "none")


@dataclass(frozen=True, kw_only=True, slots=True)
class RuntimeSettings:
    """What commands of plans may use, whatever a plan says; 0 is no bound."""

    isolation: IsolationWish = "auto"
    install_timeout: int = 0
    """Seconds; so with the next two."""
    build_timeout: int = 0
    run_timeout: int = 0
    memory_mb: int = 0
    cpu_s: int = 0
    processes: int = 0
    output_kb: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Directories:
    """Where skillctl keeps what is the user's, as absolute paths."""

    home: str
    config: str
    """config.json, and the user scope's skillctl.json and skillctl.lock."""
    data: str
    """The default registry."""
    cache: str
    """The store and the caches of registries: can be deleted at any time."""
    state: str
    """The user scope's generations, the list of scopes, locks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginSettings:
    """Which plugins are loaded."""

    enabled: tuple[str, ...] = ()
    """Those of installed distributions, by name: none of them is loaded unasked."""
    disabled: tuple[str, ...] = ()
    plugin_dir: str = ""
    """One more directory of plugins: an absolute one is the user's, a relative one the project's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the environment and the user's configuration say."""

    directories: Directories
    agents: tuple[str, ...] = ()
    """The user's agents, for projects that name none."""
    registries: tuple[RegistryEntry, ...] = ()
    """The user's registries, in order; locations absolute."""
    registry: str = ""
    """The one registry to use, by alias or location; empty: all, in order."""
    named_registry: str = ""
    """The registry that the command line pins packs to, by alias or location: one that the user means."""
    link_mode: LinkMode = "auto"
    offline: bool = False
    tokens: tuple[tuple[str, Secret], ...] = ()
    """Origin -> the token that the environment has for it."""
    insecure: tuple[str, ...] = ()
    """Origins beyond this machine that may be asked over http://; `*` is any."""
    environment: tuple[tuple[str, str], ...] = ()
    """The variables that agents' own rules read (CLAUDE_CONFIG_DIR ...), those that say whose an object store is, and
    PATH; sorted.
    """
    runtime: RuntimeSettings = field(default=RuntimeSettings())
    plugins: PluginSettings = field(default=PluginSettings())
    audit: Switch = "on"
    """Whether the audit log is written."""
    limits: Limits = field(default=LIMITS)
    lock_timeout: float = 60.0
    """Seconds to wait for another command that holds a lock."""

    def is_of_the_user(self, location: str) -> bool:
        """Whether the user named the registry at that location, and not only the file of some project."""
        named = (self.registry, self.named_registry, *(each.location for each in self.registries))
        return location.rstrip("/") in [each.rstrip("/") for each in named if each]

    def may_be_open(self, url: str) -> bool:
        """Whether the user lets the origin of that address be asked over http:// beyond this machine."""
        from skillctl.core.web import origin_of  # most commands ask nobody

        return "*" in self.insecure or origin_of(url) in self.insecure

    def variable(self, name: str) -> str:
        """The value of an environment variable, empty where it is not set."""
        return dict(self.environment).get(name, "")

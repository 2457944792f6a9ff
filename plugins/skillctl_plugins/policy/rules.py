"""Rules as values, the layers that hold them, and what they come to.

A section (files, commands …) has rules that allow, ask or deny, and may say what counts `otherwise`. Rules that deny or
ask are read generously, rules that allow narrowly: `patterns` and `match` say how.
"""

from __future__ import annotations

from typing import Generic, Literal, TypeVar, get_args

from skillctl.core.effects import Network
from skillctl.core.value import dataclass, field

Answer = Literal["allow", "ask", "deny"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
"""From the most lenient to the strictest."""

Access = Literal["read", "write", "delete"]
ACCESSES: tuple[Access, ...] = get_args(Access)

LayerName = Literal["system", "user", "project", "default"]

NETWORKS: tuple[Network, ...] = get_args(Network)
"""From the strictest to the most lenient."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileRule:
    """Speaks of paths."""

    id: str
    answer: Answer
    reason: str = ""
    globs: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()
    """Globs of what it does not speak of."""
    regex: str = ""
    """In place of globs; searched in the absolute path."""
    access: tuple[Access, ...] = ACCESSES


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandRule:
    """Speaks of one command: a program with its arguments."""

    id: str
    answer: Answer
    reason: str = ""
    programs: tuple[str, ...] = ()
    """Names, `*` and `?` allowed: any of them."""
    words: tuple[str, ...] = ()
    """Arguments that must be there."""
    options: tuple[str, ...] = ()
    """Any one of them must be there: `-r` is also found in `-rf`."""
    paths: tuple[str, ...] = ()
    """An argument must be one of these paths."""
    fed_by: tuple[str, ...] = ()
    """One of these programs must feed it: through a pipe, a substitution or a process substitution."""
    exact: str = ""
    """In place of programs: the whole command, its words joined by single spaces."""
    regex: str = ""
    """In place of programs: searched in the same text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressRule:
    """Speaks of what is reached over a network."""

    id: str
    answer: Answer
    reason: str = ""
    hosts: tuple[str, ...] = ()
    """With all their subdomains."""
    urls: tuple[str, ...] = ()
    """Beginnings of URLs, which end at a border."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PackRule:
    """Speaks of packs that are installed. All of what it names must hold."""

    id: str
    answer: Answer
    reason: str = ""
    names: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class HookRule:
    """Speaks of code of packs and projects that is to run: by the pack's name or the plugin file's path."""

    id: str
    answer: Answer
    reason: str = ""
    names: tuple[str, ...] = ()


Rule = FileRule | CommandRule | AddressRule | PackRule | HookRule
R_co = TypeVar("R_co", bound=Rule, covariant=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Section(Generic[R_co]):
    """The rules of one kind in one file."""

    rules: tuple[R_co, ...] = ()
    """Those that deny first, then those that ask, then those that allow."""
    otherwise: Answer | None = None
    """What counts for whatever no rule speaks of; None: this file has nothing to say of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Demands:
    """What every pack must be, whatever rules say."""

    sources: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    minimum_age_days: int = 0
    signed: bool = False
    unless: tuple[str, ...] = ()
    """Names of packs that it is not asked of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What one policy file says."""

    defaults: bool | None = None
    """Whether the shipped rules count; None: it says nothing of that."""
    files: Section[FileRule] = field(default=Section())
    commands: Section[CommandRule] = field(default=Section())
    network: Section[AddressRule] = field(default=Section())
    packs: Section[PackRule] = field(default=Section())
    hooks: Section[HookRule] = field(default=Section())
    demands: Demands = field(default=Demands())
    reach: Network | None = None
    """The most that commands may reach."""
    isolation: bool = False
    """Must commands of plans be isolated?"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """One policy file, with who wrote it."""

    name: LayerName
    file: str
    rules: Rules
    digest: str = ""
    """`sha256:` of the file's bytes."""
    base: str = ""
    """Where its relative globs count from; empty: from the project that is judged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opinion:
    """What one layer says of one subject."""

    answer: Answer
    layer: Layer
    rule: str
    """The rule's id within its layer; `files.otherwise` where none matched."""
    reason: str

    @property
    def id(self) -> str:
        """The rule with its layer: `user:no-secrets`."""
        return f"{self.layer.name}:{self.rule}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What comes of an effect, or of one of its subjects."""

    answer: Answer
    subject: str
    """What was judged, in words."""
    rule: str = ""
    """`layer:rule`; empty where nothing speaks of it."""
    reason: str = ""
    layer: LayerName | None = None
    file: str = ""
    """The policy file that the rule stands in."""
    opinions: tuple[Opinion, ...] = ()
    """What every layer said."""
    lifted: tuple[Opinion, ...] = ()
    """What the shipped rules would have said."""

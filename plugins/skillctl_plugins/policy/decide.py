"""Layers and subjects in, a decision out.

1. In each layer the strictest rule that speaks of a subject counts: deny before ask before allow, then `otherwise`.
2. Over the layers the strictest wins.
3. The shipped rules are a layer too, but an allow rule of the system's or the user's own policy lifts them for what it
   speaks of; `defaults: false` there turns them off, unless another layer says `defaults: true`.
4. An effect is what its strictest subject is. What nothing speaks of is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from skillctl.core.effects import Effect
from skillctl.core.value import dataclass
from skillctl_plugins.policy.match import (
    CommandMatcher,
    FileMatcher,
    address_matches,
    can_lift,
    hook_matches,
    pack_matches,
    unmet_demand,
)
from skillctl_plugins.policy.patterns import split_url
from skillctl_plugins.policy.rules import (
    ANSWERS,
    NETWORKS,
    CommandRule,
    Decision,
    Demands,
    Layer,
    Opinion,
    Rule,
    Section,
)
from skillctl_plugins.policy.subjects import (
    AddressSubject,
    CommandSubject,
    FileSubject,
    HookSubject,
    PackSubject,
    ReachSubject,
    Resolve,
    Subject,
    UnreadableSubject,
    effect_words,
    subjects_of,
)

_SAYS_NOTHING = frozenset(
    (
        "cd",
        "pushd",
        "popd",
        "echo",
        "printf",
        "true",
        "false",
        ":",
        "test",
        "[",
        "[[",
        "pwd",
        "export",
        "set",
        "unset",
        "read",
        "exit",
        "return",
        "shift",
        "local",
        "declare",
        "typeset",
        "readonly",
        "wait",
        "for",
        "select",
        "break",
        "continue",
    )
)
"""Words of the shell itself, which `otherwise` does not speak of: what they redirect is judged as files."""
_REASONS = {
    "deny": "a rule denies it",
    "ask": "a rule wants to be asked",
    "allow": "a rule allows it",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """What decisions depend on beside rules."""

    project: str
    """Where relative globs count from, absolute."""
    home: str
    today: str
    """RFC 3339."""
    isolated: bool = False
    """Is it certain that commands of plans are isolated?"""


class Engine:
    """The policy that counts in one project."""

    def __init__(self, layers: Sequence[Layer], around: Circumstances, resolve: Resolve) -> None:
        self.layers = tuple(layers)
        self._around = around
        self._resolve = _remembered(resolve)
        self._matchers: dict[int, dict[str, list[tuple[Rule, Callable[[Subject], bool]]]]] = {}
        said = [each.rules.defaults for each in layers]
        self._with_defaults = True in said or False not in said

    @property
    def speaks_of_packs(self) -> bool:
        """Does any rule of somebody's depend on what a pack is?"""
        empty: Section[Rule] = Section()
        return any(
            each.rules.packs != empty or each.rules.hooks != empty or each.rules.demands != Demands()
            for each in self.layers
            if each.name != "default"
        )

    def decide(self, effect: Effect) -> Decision:
        """What comes of the effect; of several subjects that are judged alike, the first that a rule speaks of."""
        return max(
            self.judged(effect),
            key=lambda each: (ANSWERS.index(each.answer), bool(each.rule)),
            default=_unspoken(effect),
        )

    def judged(self, effect: Effect) -> Iterator[Decision]:
        """What comes of each of its subjects."""
        for subject in subjects_of(effect, home=self._around.home, resolve=self._resolve):
            decision = self._judged(subject)
            if decision is not None:
                yield decision

    def _judged(self, subject: Subject) -> Decision | None:
        if isinstance(subject, UnreadableSubject):
            return Decision(
                answer="deny",
                subject=str(subject),
                rule="skillctl:unreadable",
                reason=f"nobody can tell what it would start: {subject.reason}",
            )
        opinions: list[Opinion] = []
        lifting: list[Rule] = []
        lifted: list[Opinion] = []
        for layer in self.layers:
            if layer.name == "default" and not self._with_defaults:
                continue
            said = self._opinions(layer, subject)
            if layer.name == "default":
                said = (each for each in said if not _is_lifted(each, lifting, lifted))
            first, rule = next(said, (None, None))
            if first is None:
                continue
            opinions.append(first)
            if first.answer == "allow" and layer.name in ("system", "user"):
                lifting += [each for each in (rule, *(each for _, each in said)) if each is not None]
        if isinstance(subject, ReachSubject) and not opinions:
            return None
        if not opinions:
            return Decision(answer="allow", subject=str(subject), lifted=tuple(lifted))
        chosen = max(opinions, key=lambda each: ANSWERS.index(each.answer))
        return Decision(
            answer=chosen.answer,
            subject=str(subject),
            rule=chosen.id,
            reason=chosen.reason,
            layer=chosen.layer.name,
            file=chosen.layer.file,
            opinions=tuple(opinions),
            lifted=tuple(lifted),
        )

    def _opinions(self, layer: Layer, subject: Subject) -> Iterator[tuple[Opinion, Rule | None]]:
        """What the layer says, the strictest first, and the rule that says it."""
        rules = layer.rules
        match subject:
            case ReachSubject():
                yield from self._reach(layer, subject)
            case PackSubject():
                key, reason = unmet_demand(rules.demands, subject.install, today=self._around.today)
                if key:
                    yield Opinion(answer="deny", layer=layer, rule=key, reason=reason), None
                yield from self._of_section(layer, "packs", rules.packs, subject)
            case FileSubject():
                yield from self._of_section(layer, "files", rules.files, subject)
            case CommandSubject():
                yield from self._of_section(layer, "commands", rules.commands, subject)
            case AddressSubject():
                yield from self._of_section(layer, "network", rules.network, subject)
            case _:
                yield from self._of_section(layer, "hooks", rules.hooks, subject)

    def _of_section(
        self, layer: Layer, name: str, section: Section[Rule], subject: Subject
    ) -> Iterator[tuple[Opinion, Rule | None]]:
        for rule, matches in self._ready(layer, name, section):
            if matches(subject):
                reason = rule.reason or _REASONS[rule.answer]
                yield Opinion(answer=rule.answer, layer=layer, rule=rule.id, reason=reason), rule
        if section.otherwise is not None and _is_spoken_of(subject):
            reason = "no rule allows it" if section.otherwise != "allow" else "no rule is against it"
            yield Opinion(answer=section.otherwise, layer=layer, rule=f"{name}.otherwise", reason=reason), None

    def _ready(self, layer: Layer, name: str, section: Section[Rule]) -> list[tuple[Rule, Callable[[Subject], bool]]]:
        """The section's rules, made ready when they are first asked."""
        known = self._matchers.setdefault(id(layer), {})
        if name not in known:
            known[name] = [(rule, self._matcher(rule, layer.base or self._around.project)) for rule in section.rules]
        return known[name]

    def _matcher(self, rule: Rule, base: str) -> Callable[[Subject], bool]:
        from skillctl_plugins.policy.rules import AddressRule, FileRule, PackRule

        if isinstance(rule, FileRule):
            files = FileMatcher(rule, project=base, home=self._around.home)
            return lambda subject: isinstance(subject, FileSubject) and files.matches(subject)
        if isinstance(rule, CommandRule):
            commands = CommandMatcher(rule, project=base, home=self._around.home)
            return lambda subject: isinstance(subject, CommandSubject) and commands.matches(subject.command)
        if isinstance(rule, AddressRule):
            return lambda subject: isinstance(subject, AddressSubject) and address_matches(rule, subject.url)
        if isinstance(rule, PackRule):
            return lambda subject: isinstance(subject, PackSubject) and pack_matches(rule, subject.install)
        return lambda subject: isinstance(subject, HookSubject) and hook_matches(rule, subject.name)

    def _reach(self, layer: Layer, subject: ReachSubject) -> Iterator[tuple[Opinion, None]]:
        rules = layer.rules
        if rules.isolation and not self._around.isolated:
            reason = "commands have to be isolated; `skillctl config set runtime.isolation required` makes sure"
            yield Opinion(answer="deny", layer=layer, rule="isolation.required", reason=reason), None
        if rules.reach is not None and NETWORKS.index(subject.network) > NETWORKS.index(rules.reach):
            reason = f"it may reach {_REACHES[subject.network]}, and commands may reach {_REACHES[rules.reach]}"
            yield Opinion(answer="deny", layer=layer, rule="network.commands", reason=reason), None


_REACHES = {
    "none": "no network",
    "loopback": "this machine alone",
    "registries": "registries of packages",
    "all": "any network",
}


def _is_lifted(said: tuple[Opinion, Rule | None], lifting: Sequence[Rule], lifted: list[Opinion]) -> bool:
    """Does one of the allow rules lift this shipped rule? Then it is kept among those that were."""
    opinion, default = said
    for rule in lifting:
        is_command = isinstance(rule, CommandRule) and isinstance(default, CommandRule)
        if not is_command or can_lift(rule, default):  # type: ignore[arg-type]
            lifted.append(opinion)
            return True
    return False


def _is_spoken_of(subject: Subject) -> bool:
    """Does `otherwise` mean it?"""
    if isinstance(subject, CommandSubject):
        return subject.command.words[0] not in _SAYS_NOTHING
    if isinstance(subject, AddressSubject):
        return not subject.guessed and split_url(subject.url) is not None
    return True


def _unspoken(effect: Effect) -> Decision:
    return Decision(answer="allow", subject=effect_words(effect))


def _remembered(resolve: Resolve) -> Resolve:
    known: dict[str, str] = {}

    def found(path: str) -> str:
        if path not in known:
            if len(known) > 4_096:
                known.clear()
            known[path] = resolve(path)
        return known[path]

    return found

"""What policies say of a plan, a pack or one effect; which layers count; and a first policy of one's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skillctl.app.outcome import Outcome
from skillctl.core.diagnostics import Problem
from skillctl.core.effects import Delete, Effect, Fetch, Install, Read, Run, Write
from skillctl.core.errors import PluginError, SkillctlError, UsageError
from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.manifest import MANIFEST_FILE
from skillctl.core.settings import Settings
from skillctl.core.value import dataclass
from skillctl.edges.disk.files import read_bytes, write_new
from skillctl_plugins.guards import policy_guard, policy_places
from skillctl_plugins.policy.rules import ACCESSES, Decision, Layer, Opinion, Rule, Section

if TYPE_CHECKING:
    from skillctl.app.pack import PackTree
    from skillctl_plugins.policy.decide import Engine

Clock = Callable[[], str]

_VERBS = (*ACCESSES, "run", "fetch", "install")


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckOutcome(Outcome):
    """What the policy says of everything that a plan or a pack would do."""

    target: str
    project: str
    decisions: tuple[Decision, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is denied."""
        return all(each.answer != "deny" for each in self.decisions)

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {
            "target": self.target,
            "project": self.project,
            "decisions": [decision_to_json(each) for each in self.decisions],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplainOutcome(Outcome):
    """The layers, and what each says of an effect where one is named."""

    layers: tuple[Layer, ...]
    decisions: tuple[Decision, ...] = ()
    """One for each thing that the effect does."""
    decided: Decision | None = None

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {
            "layers": [_layer_to_json(each) for each in self.layers],
            "decided": decision_to_json(self.decided) if self.decided else None,
            "decisions": [
                {
                    **decision_to_json(each),
                    "opinions": [_opinion_to_json(one) for one in (*each.opinions, *each.lifted)],
                }
                for each in self.decisions
            ],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class InitOutcome(Outcome):
    """The policy that was begun."""

    file: str
    text: str
    dry_run: bool

    def to_json(self) -> JsonObject:
        """The result in an envelope."""
        return {"file": self.file, "text": self.text, "dry_run": self.dry_run}


def check_policy(settings: Settings, environ: Mapping[str, str], target: str, cwd: Path, *, now: Clock) -> CheckOutcome:
    """Judge a plan or a pack. PluginError E613 for a broken policy, E620 if the target is neither; the plan's own."""
    project, effects = _plan(settings, environ, target, cwd) or _pack(settings, target, cwd)
    engine = policy_guard(settings, clock=now).engine(project)
    decisions = [each for effect in effects for each in _judged(engine, effect)]
    return CheckOutcome(target=target, project=project, decisions=tuple(decisions))


def explain_policy(settings: Settings, words: Sequence[str], cwd: Path, *, now: Clock) -> ExplainOutcome:
    """The layers that count here, and what they say of an effect. UsageError E023 if it is none."""
    project = str(cwd)
    effect = _effect(words, cwd) if words else None
    engine = policy_guard(settings, clock=now).engine(project)
    if effect is None:
        return ExplainOutcome(layers=engine.layers)
    return ExplainOutcome(layers=engine.layers, decisions=tuple(engine.judged(effect)), decided=engine.decide(effect))


def init_policy(settings: Settings, source: Path | None, *, dry_run: bool) -> InitOutcome:
    """Begin the user's policy. PluginError E619 if there is one, E621 if `source` is none of Patchwork's."""
    from skillctl_plugins.policy.policy_text import TEMPLATE

    file = Path(policy_places(settings).user)
    if os.path.lexists(file):
        raise PluginError.of("E619", file=str(file))
    text, notes = (TEMPLATE, ()) if source is None else _converted(source)
    if not dry_run and not write_new(file, text.encode()):
        raise PluginError.of("E619", file=str(file))
    return InitOutcome(file=str(file), text=text, dry_run=dry_run, problems=notes)


def decision_to_json(decision: Decision) -> JsonObject:
    """A decision in an envelope."""
    return {
        "subject": decision.subject,
        "decision": decision.answer,
        "rule": decision.rule,
        "reason": decision.reason,
        "file": decision.file,
    }


def _judged(engine: Engine, effect: Effect) -> Sequence[Decision]:
    """What stands in the way of the effect; where nothing does, the one answer."""
    found = [each for each in engine.judged(effect) if each.answer != "allow"]
    return found or [engine.decide(effect)]


def _plan(
    settings: Settings, environ: Mapping[str, str], target: str, cwd: Path
) -> tuple[str, Sequence[Effect]] | None:
    """Where the plan's project would lie, and what it would do; None if the target is no plan."""
    from skillctl.app.runtime.execute import looks_like_a_packs_plan

    path = cwd / target
    of_a_pack = looks_like_a_packs_plan(target, cwd)
    if not of_a_pack and (path.is_dir() or path.suffix != ".json" or path.name == MANIFEST_FILE):
        return None
    from skillctl.app.runtime.plans import filled_plan
    from skillctl.edges.config import read_config
    from skillctl.formats.json_text import load_json
    from skillctl_runtime.confine import confined
    from skillctl_runtime.interface import project_root
    from skillctl_runtime.order import commands_of, effects_of
    from skillctl_runtime.plan_door import PLAN_BYTES, parse_plan

    if of_a_pack:
        parsed = parse_plan(filled_plan(settings, cwd, target, {}), where=target)
    else:
        data = read_bytes(path, max_bytes=PLAN_BYTES)
        if data is None:
            return None
        parsed = parse_plan(data, where=target)
    confined(parsed.plan, where=target)
    output = read_config(environ, settings.directories, load_json).content.config.paths.output_dir
    root = str(project_root(parsed, cwd, output))
    return root, [*effects_of(Path(root), parsed.plan), *commands_of(Path(root), parsed.plan)]


def _pack(settings: Settings, target: str, cwd: Path) -> tuple[str, Sequence[Effect]]:
    tree, source = _pack_tree(settings, target, cwd)
    release = tree.release
    effect = Install(
        pack=release.name,
        version=str(release.version),
        tree=release.tree,
        source=source,
        licence=release.license,
        published=release.published,
        hooks=bool(tree.manifest.hooks_module),
    )
    return str(cwd), [effect]


def _pack_tree(settings: Settings, target: str, cwd: Path) -> tuple[PackTree, str]:
    """The pack in a directory, or the installed one of that name; and where it comes from."""
    from skillctl.app.pack import read_pack

    path = cwd / target
    directory = path.parent if path.name == MANIFEST_FILE else path
    if (directory / MANIFEST_FILE).is_file():
        return read_pack(directory, settings.limits), str(directory)
    from skillctl.app.pack_facts import installed_pack

    found = installed_pack(settings, target, cwd)
    if found is None:
        raise PluginError.of("E620", target=target, reason="there is no such file, directory or installed pack")
    return read_pack(found[0], settings.limits), found[1]


def _effect(words: Sequence[str], cwd: Path) -> Effect:
    verb, rest = words[0], list(words[1:])
    if verb not in _VERBS or not rest:
        expected = "`write`, `read`, `delete` PATH, `run` LINE, `fetch` URL or `install` PACK"
        raise UsageError.of("E023", option="EFFECT", reason=f"it takes {expected}")
    text = " ".join(rest)
    match verb:
        case "run":
            return Run(argv=(text,), cwd=str(cwd), shell=True)
        case "fetch":
            return Fetch(url=text)
        case "install":
            return Install(pack=text, version="", tree="", source="")
    path = text if text.startswith("~") else os.path.normpath(cwd / text)
    if verb == "write":
        return Write(path=path)
    return Read(path=path) if verb == "read" else Delete(path=path)


def _converted(source: Path) -> tuple[str, tuple[Problem, ...]]:
    from skillctl.formats.yaml_text import load_yaml
    from skillctl_plugins.policy.door import rules_from_json
    from skillctl_plugins.policy.layers import BYTES, DEPTH
    from skillctl_plugins.policy.patchwork_form import from_patchwork
    from skillctl_plugins.policy.policy_text import policy_text

    data = read_bytes(source, max_bytes=BYTES)
    if data is None:
        raise PluginError.of("E621", file=str(source), reason="there is no such file")
    read = load_yaml(data, file=str(source), max_bytes=BYTES, max_depth=DEPTH)
    try:
        made = from_patchwork(read.value, file=str(source))
        rules_from_json(made.policy, file=str(source), layer="user")
    except SkillctlError as error:
        raise type(error)(*map(read.located, error.problems)) from error
    name = read.value.get("name") if isinstance(read.value, Mapping) else ""
    text = policy_text(made.policy, head=f"Made of the Patchwork policy `{name}`.")
    return text, tuple(map(read.located, made.notes))


def _layer_to_json(layer: Layer) -> JsonObject:
    return {
        "layer": layer.name,
        "file": layer.file,
        "digest": layer.digest,
        "rules": [{"id": each.id, "decision": each.answer, "reason": each.reason} for each in rules_of(layer)],
        "demands": dict(demands_of(layer)),
    }


def demands_of(layer: Layer) -> Sequence[tuple[str, JsonValue]]:
    """What the layer demands beside its rules, of every pack and of commands: keys as a policy has them."""
    rules = layer.rules
    asked: dict[str, JsonValue] = {
        "packs.sources": list(rules.demands.sources),
        "packs.scopes": list(rules.demands.scopes),
        "packs.licences": list(rules.demands.licences),
        "packs.minimum_age_days": rules.demands.minimum_age_days,
        "packs.signed": rules.demands.signed,
        "packs.unless": list(rules.demands.unless),
        "network.commands": rules.reach,
        "isolation.required": rules.isolation,
    }
    return [(key, value) for key, value in asked.items() if value]


def rules_of(layer: Layer) -> Sequence[Rule]:
    """Every rule of a layer, section by section."""
    rules = layer.rules
    sections: tuple[Section[Rule], ...] = (rules.files, rules.commands, rules.network, rules.packs, rules.hooks)
    return [each for section in sections for each in section.rules]


def _opinion_to_json(opinion: Opinion) -> JsonObject:
    return {"rule": opinion.id, "decision": opinion.answer, "reason": opinion.reason, "file": opinion.layer.file}

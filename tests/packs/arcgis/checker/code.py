"""One piece of Python against the lists.

Variables are followed through what a reader follows at a glance: assignment, `with … as`, `for`, comprehensions,
annotations, the return of a function of the same piece, and parameters whose name says what they are
(`layout`, `aprx`, in `types.json`). What is not followed is looked at by its shape: a camel-case attribute of an
unknown object must be a member of something.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.packs.arcgis.checker import suggest
from tests.packs.arcgis.checker.calls import STATUS, check_call, later_arguments
from tests.packs.arcgis.checker.names import Named, Names
from tests.packs.arcgis.checker.strings import check_arguments, check_string

Report = Callable[[int, str, str], None]
"""Line, kind, sentence."""

ROOTS = ("arcpy", "arcgis")
CAMEL = re.compile(r"[a-z]+[a-z0-9]*[A-Z]\w*")
SAME_ELEMENTS = ("sorted", "reversed", "list", "set", "tuple", "iter")
RENDERERS = {
    "arcpy.mp.Symbology.updateRenderer": "renderer",
    "arcpy.mp.Symbology.updateColorizer": "colorizer",
}
PYTHON_CAMEL: Final = frozenset([
    "ProcessPoolExecutor", "ThreadPoolExecutor", "addFilter", "addHandler", "assertEqual",
    "assertTrue", "basicConfig", "findAll", "firstChild", "fromString",
    "getChild", "getEffectiveLevel", "getElementsByTagName", "getLevelName", "getLogger",
    "getName", "isEnabledFor", "maxDiff", "parseString", "setFormatter",
    "setLevel", "setUp", "tagName", "tearDown",
])  # fmt: skip
"""Camel-case members of Python's own library that examples use."""


@dataclass(frozen=True, slots=True)
class Ref:
    """An expression that is a name of the lists."""

    named: Named


@dataclass(frozen=True, slots=True)
class Obj:
    """An expression whose value has a known type: a class, or `[class]`."""

    type: str


@dataclass(slots=True)
class Scope:
    """What names mean."""

    known: dict[str, Ref | Obj] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    """Names that the piece itself defines, whatever they are."""


class CodeChecker(ast.NodeVisitor):
    """Walks one tree; `report` is told each fault, `uses` gathers each name with its line."""

    def __init__(self, names: Names, report: Report, *, whole: bool = True) -> None:
        self.names = names
        self.report = report
        self.whole = whole
        self.uses: list[tuple[int, Named]] = []
        self.scope = Scope()
        self.returns: dict[str, Ref | Obj] = {}
        self._last_return: Ref | Obj | None = None
        self._read: dict[ast.expr, Named] = {}
        """Attribute -> the property that it reads."""
        self._renderers: dict[str, str] = {}
        """`lyr.symbology.renderer`, as written -> the class that was asked for."""

    # -- entry ------------------------------------------------------------------------------------------------

    def check(self, tree: ast.AST, *, arcpy_is_imported: bool = False) -> None:
        if arcpy_is_imported:
            for root in ROOTS:
                found = self.names.resolve(root)
                if found:
                    self.scope.known[root] = Ref(found)
        self.visit(tree)

    # -- names ------------------------------------------------------------------------------------------------

    def resolve(self, name: str, line: int) -> Ref | None:
        found = self.names.resolve(name)
        if found is None:
            self.report(line, "unknown", f"`{name}` is unknown{suggest.for_name(self.names, name)}")
            return None
        self.met(found, line)
        return Ref(found)

    def met(self, found: Named, line: int) -> None:
        if found.kind == "legacy":
            self.report(line, "legacy", f"`{found.name}` is a name of ArcMap")
        elif found.kind == "tool" and found.status in STATUS:
            self.report(line, "obsolete", f"`{found.name}` {STATUS[found.status]}")
        self._is_deprecated(found.name, line)
        self.uses.append((line, found))

    def _is_deprecated(self, name: str, line: int) -> bool:
        """Whether a name of the ArcGIS API for Python is deprecated; the list has the place where it is defined."""
        if not name.startswith("arcgis."):
            return False
        for listed, deprecated, removed in self.names.deprecated:
            if listed and listed.split(".")[-2:] == name.split(".")[-2:]:
                gone = f", to be removed in {removed}" if removed else ""
                self.report(line, "deprecated", f"`{name}` is deprecated since arcgis {deprecated}{gone}")
                return True
        return False

    # -- imports ----------------------------------------------------------------------------------------------

    def visit_Import(self, node: ast.Import) -> None:
        for each in node.names:
            root = each.name.partition(".")[0]
            self.scope.own.add(each.asname or root)
            if root not in ROOTS:
                continue
            found = self.resolve(each.name, node.lineno)
            if found and found.named.kind != "module":
                self.report(node.lineno, "import", f"`{each.name}` is no module")
            bound = found if each.asname else self.resolve(root, node.lineno)
            if bound:
                self.scope.known[each.asname or root] = bound

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if module.partition(".")[0] not in ROOTS:
            self.scope.own.update(each.asname or each.name for each in node.names)
            return
        if self.resolve(module, node.lineno) is None:
            return
        for each in node.names:
            if each.name == "*":
                self._import_all(module)
                continue
            found = self.resolve(f"{module}.{each.name}", node.lineno)
            if found:
                self.scope.known[each.asname or each.name] = found

    def _import_all(self, module: str) -> None:
        inside = module.removeprefix("arcpy.")
        listed = [f"arcpy.{name}" for name in self.names.tools if name.startswith(f"{inside}.")]
        listed += [name for name in (*self.names.functions, *self.names.classes) if name.rpartition(".")[0] == module]
        for name in listed:
            found = self.names.resolve(name)
            if found:
                self.scope.known[name.rpartition(".")[2]] = Ref(found)

    # -- statements that bind ---------------------------------------------------------------------------------

    def bind(self, target: ast.expr, value: Ref | Obj | None) -> None:
        if isinstance(target, ast.Name):
            self.scope.own.add(target.id)
            if value is None:
                self.scope.known.pop(target.id, None)
            else:
                self.scope.known[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self.bind(each, None)
        else:
            self._assigned(target)

    def _assigned(self, target: ast.expr) -> None:
        """An attribute or an element is set: the object is looked at, and an environment must be one."""
        self.value(target)

    def visit_Assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = zip(target.elts, node.value.elts, strict=False)
                for each, given in pairs:
                    self.bind(each, self._type_of(given))
            else:
                self.bind(target, value)

    def _type_of(self, node: ast.expr) -> Ref | Obj | None:
        """As `value`, without reporting again what was reported already."""
        report, uses = self.report, list(self.uses)
        self.report = lambda *_: None
        try:
            return self.value(node)
        finally:
            self.report, self.uses = report, uses

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        annotated = self._annotation(node.annotation)
        value = self.value(node.value) if node.value else None
        self.bind(node.target, value or annotated)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.value(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.value(node.value)
        self.value(node.target)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.bind(node.target, self._element(node.iter, self.value(node.iter)))
        self._bind_enumerated(node.target, node.iter)
        for each in (*node.body, *node.orelse):
            self.visit(each)

    def _bind_enumerated(self, target: ast.expr, walked: ast.expr) -> None:
        """`for number, layer in enumerate(layers)`."""
        if (
            isinstance(walked, ast.Call)
            and isinstance(walked.func, ast.Name)
            and walked.func.id == "enumerate"
            and walked.args
            and isinstance(target, ast.Tuple)
            and len(target.elts) == 2
        ):
            self.bind(target.elts[1], self._element(walked.args[0], self._type_of(walked.args[0])))

    def _element(self, node: ast.expr, value: Ref | Obj | None) -> Ref | Obj | None:
        if isinstance(value, Obj) and value.type.startswith("["):
            return Obj(value.type[1:-1])
        called = node.func if isinstance(node, ast.Call) and node.args else None
        if isinstance(node, ast.Call) and isinstance(called, ast.Name) and called.id in SAME_ELEMENTS:
            return self._element(node.args[0], self._type_of(node.args[0]))
        if isinstance(node, ast.Tuple | ast.List) and node.elts:
            return self._type_of(node.elts[0])
        return None

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            value = self.value(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value)
        for each in node.body:
            self.visit(each)

    # -- functions and classes --------------------------------------------------------------------------------

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outer, last = self.scope, self._last_return
        outer.own.add(node.name)
        outer.known.pop(node.name, None)
        for decorator in node.decorator_list:
            self.value(decorator)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.value(default)
        self.scope = Scope(dict(outer.known), set(outer.own))
        self._last_return = None
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            self._parameter(argument)
        for each in node.body:
            self.visit(each)
        annotated = self._annotation(node.returns) if node.returns else None
        gives = annotated or self._last_return
        self.scope, self._last_return = outer, last
        if gives is not None:
            self.returns[node.name] = gives

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815, RUF100
    visit_AsyncFor = visit_For  # noqa: N815, RUF100
    visit_AsyncWith = visit_With  # noqa: N815, RUF100

    def _parameter(self, argument: ast.arg) -> None:
        self.scope.own.add(argument.arg)
        self.scope.known.pop(argument.arg, None)
        annotated = self._annotation(argument.annotation) if argument.annotation else None
        usual: str | None = self.names.types["variables"].get(argument.arg)
        if annotated:
            self.scope.known[argument.arg] = annotated
        elif usual and argument.annotation is None:
            self.scope.known[argument.arg] = Obj(usual)

    def _annotation(self, node: ast.expr) -> Obj | None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                return self._annotation(ast.parse(node.value, mode="eval").body)
            except SyntaxError:
                return None
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            inner = self._annotation(node.slice)
            return Obj(f"[{inner.type}]") if inner and node.value.id in ("list", "Iterable", "Sequence") else None
        if isinstance(node, ast.BinOp):
            return self._annotation(node.left) or self._annotation(node.right)
        found = self.value(node)
        return Obj(found.named.name) if isinstance(found, Ref) and found.named.kind == "class" else None

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            self._last_return = self.value(node.value) or self._last_return

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.scope.own.add(node.name)
        for base in node.bases:
            self.value(base)
        for each in node.body:
            self.visit(each)

    def visit_Expr(self, node: ast.Expr) -> None:
        self.value(node.value)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self.value(node.type)
        if node.name:
            self.scope.own.add(node.name)
            self.scope.known.pop(node.name, None)
        for each in node.body:
            self.visit(each)

    def generic_visit(self, node: ast.AST) -> None:
        for each in ast.iter_child_nodes(node):
            if isinstance(each, ast.expr):
                self.value(each)
            else:
                self.visit(each)

    # -- expressions ------------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Ref | Obj | None:
        """What an expression is; everything inside it is looked at."""
        match node:
            case ast.Name():
                return self.scope.known.get(node.id)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Call():
                return self._call(node)
            case ast.Subscript():
                return self._subscript(node)
            case ast.Constant():
                for kind, sentence in check_string(self.names, node.value):
                    self.report(node.lineno, kind, sentence)
                return None
            case ast.NamedExpr():
                value = self.value(node.value)
                self.bind(node.target, value)
                return value
            case ast.Await() | ast.Starred():
                return self.value(node.value)
            case _:
                return self._composed(node)

    def _composed(self, node: ast.expr) -> Ref | Obj | None:
        match node:
            case ast.BinOp():
                return self._raster(self.value(node.left), self.value(node.right))
            case ast.UnaryOp():
                return self._raster(self.value(node.operand), None)
            case ast.Compare():
                self._compared(node)
                return self._raster(self.value(node.left), *(self.value(each) for each in node.comparators))
            case ast.IfExp():
                self.value(node.test)
                chosen = [self.value(node.body), self.value(node.orelse)]
                return next((each for each in chosen if each), None)
            case ast.BoolOp():
                return next((each for each in [self.value(each) for each in node.values] if each), None)
            case ast.List() | ast.Tuple() | ast.Set():
                return self._display(node)
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp():
                return self._comprehension(node)
            case ast.Lambda():
                self._lambda(node)
                return None
            case _:
                self.generic_visit(node)
                return None

    def _compared(self, node: ast.Compare) -> None:
        """`field.type == "TEXT"`: the property must be able to have the value that it is compared with."""
        name = self._property_read(node.left)
        allowed = self.names.types["property_values"].get(name)
        if not allowed:
            return
        for other in node.comparators:
            parts = other.elts if isinstance(other, ast.Tuple | ast.List | ast.Set) else [other]
            for part in parts:
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value not in allowed:
                    sentence = f"`{name}` is never {part.value!r}{suggest.among(part.value, allowed)}"
                    self.report(node.lineno, "value", sentence)

    def _property_read(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            owner = self._type_of(node.value)
            return f"describe.{node.slice.value!s}" if owner == Obj("describe-keys") else None
        self._type_of(node)
        read = self._read.get(node)
        return read.name if read else None

    def _display(self, node: ast.List | ast.Tuple | ast.Set) -> Obj | None:
        kinds = {each.type if isinstance(each, Obj) else None for each in map(self.value, node.elts)}
        kind = kinds.pop() if len(kinds) == 1 else None
        return Obj(f"[{kind}]") if kind and isinstance(node, ast.List) else None

    def _lambda(self, node: ast.Lambda) -> None:
        outer = self.scope
        self.scope = Scope(dict(outer.known), set(outer.own))
        for argument in node.args.args:
            self._parameter(argument)
        self.value(node.body)
        self.scope = outer

    @staticmethod
    def _raster(*parts: Ref | Obj | None) -> Obj | None:
        raster = Obj("arcpy.sa.Raster")
        return raster if raster in parts else None

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp) -> Obj | None:
        outer = self.scope
        self.scope = Scope(dict(outer.known), set(outer.own))
        for each in node.generators:
            self.bind(each.target, self._element(each.iter, self.value(each.iter)))
            self._bind_enumerated(each.target, each.iter)
            for condition in each.ifs:
                self.value(condition)
        if isinstance(node, ast.DictComp):
            self.value(node.key)
            self.value(node.value)
            element = None
        else:
            element = self.value(node.elt)
        self.scope = outer
        return Obj(f"[{element.type}]") if isinstance(element, Obj) else None

    def _attribute(self, node: ast.Attribute) -> Ref | Obj | None:
        owner = self.value(node.value)
        if isinstance(owner, Ref):
            return self._attribute_of_name(owner.named, node)
        if isinstance(owner, Obj) and not owner.type.startswith(("[", "(")):
            return self._attribute_of_object(owner.type, node)
        if owner is None:
            self._attribute_of_anything(node)
        return None

    def _attribute_of_name(self, owner: Named, node: ast.Attribute) -> Ref | Obj | None:
        if owner.kind in ("module", "class"):
            if owner.kind == "class":
                found = self.names.member(owner.name, node.attr)
                if found is None and not node.attr.startswith("__"):
                    self._no_member(owner.name, node)
                if found is not None:
                    self.met(found, node.lineno)
                return Ref(found) if found else None
            return self.resolve(f"{owner.name}.{node.attr}", node.lineno)
        if owner.gives and owner.kind == "property":
            return self._attribute_of_object(owner.gives, node)
        return None

    def _attribute_of_object(self, kind: str, node: ast.Attribute) -> Ref | Obj | None:
        found = self.names.member(kind, node.attr)
        if found is None:
            if not node.attr.startswith("__"):
                self._no_member(kind, node)
            return None
        self.met(found, node.lineno)
        if found.kind == "property":
            self._read[node] = found
            chosen = self._renderers.get(ast.unparse(node))
            if chosen:
                return Obj(chosen)
            return Obj(found.gives) if found.gives else None
        return Ref(found)

    def _no_member(self, kind: str, node: ast.Attribute) -> None:
        if self._is_deprecated(f"{kind}.{node.attr}", node.lineno):
            return
        listed = self.names.classes.get(kind, {})
        members = [*listed.get("properties", ()), *listed.get("methods", ())] or self.names.cim.get(kind, [])
        there = suggest.among(node.attr, members)
        self.report(node.lineno, "member", f"`{kind}` has no member `{node.attr}`{there}")

    def _attribute_of_anything(self, node: ast.Attribute) -> None:
        """The object is unknown: a camel-case attribute that is nowhere a member was made up or is in wrong case."""
        known = self.names.members
        if node.attr in known or node.attr in PYTHON_CAMEL or node.attr in self.scope.own:
            return
        right = self.names.members_by_lower_case.get(node.attr.lower())
        if CAMEL.fullmatch(node.attr):
            self.report(node.lineno, "member", f"nothing has a member `{node.attr}`{suggest.among(node.attr, known)}")
        elif right and node.attr not in (node.attr.lower(), node.attr.upper()):
            self.report(node.lineno, "case", f"`{node.attr}` is written `{right}`")

    def _subscript(self, node: ast.Subscript) -> Ref | Obj | None:
        owner = self.value(node.value)
        self.value(node.slice)
        if not isinstance(owner, Obj):
            return None
        if owner.type.startswith("["):
            return owner if isinstance(node.slice, ast.Slice) else Obj(owner.type[1:-1])
        if owner.type == "describe-keys" and isinstance(node.slice, ast.Constant):
            key = node.slice.value
            found = self.names.member("describe", key) if isinstance(key, str) else None
            if found is None:
                near = suggest.among(str(key), self.names.describe_properties)
                self.report(node.lineno, "member", f"`arcpy.da.Describe` gives no key {key!r}{near}")
            return Obj(found.gives) if found and found.gives else None
        return None

    def _call(self, node: ast.Call) -> Ref | Obj | None:
        called = self.value(node.func)
        for each in node.args:
            self.value(each)
        for keyword in node.keywords:
            self.value(keyword.value)
        if isinstance(node.func, ast.Name):
            self._probe(node)
            if called is None:
                return self._of_function(node.func.id, node)
        if node.func in self._read:
            called = Ref(self._read[node.func])
        if not isinstance(called, Ref):
            return None
        problems = (*check_call(called.named, node, whole=self.whole), *check_arguments(self.names, called.named, node))
        for kind, sentence in problems:
            self.report(node.lineno, kind, sentence)
        self.uses += [(node.lineno, each) for each in later_arguments(called.named, node)]
        self._remember_renderer(called.named, node)
        return self._given_by(called.named, node)

    def _of_function(self, name: str, node: ast.Call) -> Ref | Obj | None:
        if name == "next" and node.args:
            return self._element(node.args[0], self._type_of(node.args[0]))
        return self.returns.get(name)

    def _probe(self, node: ast.Call) -> None:
        """`hasattr(arcpy.mp, "CreateExportFormat")`: the name asked for must be one of some release."""
        assert isinstance(node.func, ast.Name)
        if node.func.id not in ("hasattr", "getattr", "setattr") or len(node.args) < 2:
            return
        owner, asked = self._type_of(node.args[0]), node.args[1]
        if not (isinstance(asked, ast.Constant) and isinstance(asked.value, str)):
            return
        if isinstance(owner, Ref) and owner.named.kind == "module":
            self.resolve(f"{owner.named.name}.{asked.value}", node.lineno)
        elif isinstance(owner, Obj) and not owner.type.startswith(("[", "(")):
            attribute = ast.Attribute(value=node.args[0], attr=asked.value, ctx=ast.Load())
            self._attribute_of_object(owner.type, ast.copy_location(attribute, node))

    def _remember_renderer(self, called: Named, node: ast.Call) -> None:
        if called.name not in RENDERERS or not node.args or not isinstance(node.func, ast.Attribute):
            return
        asked = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        kind = f"arcpy.mp.{asked}" if isinstance(asked, str) else ""
        if kind in self.names.classes:
            self._renderers[f"{ast.unparse(node.func.value)}.{RENDERERS[called.name]}"] = kind

    def _given_by(self, called: Named, node: ast.Call) -> Ref | Obj | None:
        instead = self.names.types["instead"].get(called.name, {})
        for keyword in node.keywords:
            if keyword.arg in instead:
                return Obj(instead[keyword.arg])
        chosen = self.names.types["chosen"].get(called.name)
        if chosen and node.args and isinstance(node.args[0], ast.Constant):
            kind = chosen.get(str(node.args[0].value))
            return Obj(kind) if kind else None
        return Obj(called.gives) if called.gives and called.kind != "property" else None

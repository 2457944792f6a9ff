"""The Node stack: its face. What it knows lies in the modules beside it, one idea each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from skillctl.core.value import replace
from skillctl_runtime.plan import StackName
from skillctl_runtime.stack import Evidence, Files, Need, Repaired, Site, Start, Work
from skillctl_runtime.stacks import node_complaints, node_repairs
from skillctl_runtime.stacks.locks import PlannedLocks
from skillctl_runtime.stacks.node_imports import ENDINGS
from skillctl_runtime.stacks.node_install import Environment, build, checked_packages, install, untrusted_advice
from skillctl_runtime.stacks.node_manager import LOCKS, caller_of, chosen_manager, needs_of
from skillctl_runtime.stacks.node_manifest import PACKAGE, read_package
from skillctl_runtime.stacks.node_start import NAMES, Project, infer_start

_NOT_SOURCES = re.compile(r"(?:^|/)(?:public|static|assets|vendor|js)/|\.(?:config|min|d)\.[cm]?[jt]s$|(?:^|/)\.")


class NodeStack:
    """Projects in JavaScript and TypeScript."""

    name: StackName = "node"
    verbs: tuple[str, ...] = (
        *(
            "npm",
            "npx",
            "node",
            "yarn",
            "pnpm",
            "pnpx",
            "bun",
            "bunx",
            "tsx",
            "ts-node",
            "tsc",
            "vite",
            "next",
            "nodemon",
        ),
        *("deno", "corepack", "serve", "http-server", "astro", "nuxt"),
    )

    def evidence(self, files: Files) -> Evidence | None:
        """package.json, a file that is called like a beginning, or sources at all."""
        paths = files.paths()
        top = [path for path in paths if "/" not in path]
        sources = [path for path in paths if path.endswith(ENDINGS) and not path.endswith(".d.ts")]
        if PACKAGE in top:
            locks = (name for name, _ in LOCKS if name in top)
            return Evidence(stack="node", strength="manifest", because=(PACKAGE, *locks), count=len(sources))
        useful = [path for path in sources if not _NOT_SOURCES.search(path)]
        if "index.html" in top and not any(path.endswith((".ts", ".tsx", ".jsx", ".mjs", ".cjs")) for path in useful):
            useful = [path for path in useful if _is_for_node(files.text(path) or "")]  # the others are for the browser
        pattern = re.compile(rf"(?:src/)?(?:{'|'.join(NAMES)})\.[cm]?[jt]s")
        entries = [path for path in useful if pattern.fullmatch(path)]
        if entries:
            return Evidence(stack="node", strength="entry", because=tuple(entries), count=len(useful))
        if not useful:
            return None
        said = useful[0] if len(useful) == 1 else f"{len(useful)} of {len(paths)} files are JavaScript or TypeScript"
        return Evidence(stack="node", strength="extension", because=(said,), count=len(useful))

    def repaired(self, site: Site) -> Repaired:
        """See `node_repairs`."""
        if site.part.primary:
            checked_packages(site)
        return node_repairs.repaired(site)

    def needs(self, site: Site) -> Sequence[Need]:
        """Node, and the manager or npx."""
        return tuple(_needs(site))

    def work(self, site: Site) -> Work:
        """Packages, build, and how it is started."""
        site = replace(site, files=PlannedLocks(site, [name for name, _ in LOCKS]))
        package = read_package(site.files)
        primary = site.part.primary
        chosen = chosen_manager(site.plan, site.files, package, primary=primary)
        caller = caller_of(chosen, site.machine)
        if caller is None:
            raise RuntimeError(f"{chosen.manager} is not here")  # `needs` said so before anything was written
        node = site.machine.tool("node")
        environment = Environment(site=site, package=package, chosen=chosen, caller=caller, node=node)
        yield from install(environment)
        yield from build(environment)
        port = site.plan.ports[0] if primary and site.plan.ports else 0
        project = Project(
            files=site.files, package=package, chosen=chosen, caller=caller, port=port, has_tool=caller.direct
        )
        start: Start | None = infer_start(project)
        if start is None:
            return None
        advice = untrusted_advice(environment)
        return replace(start, because=(*start.because, chosen.because), advice=() if advice is None else (advice,))

    def complaint(self, output: str) -> str:
        """See `node_complaints`."""
        return node_complaints.complaint(output)

    def missing_module(self, output: str) -> str:
        """See `node_complaints`."""
        return node_complaints.missing_module(output)


def _needs(site: Site) -> Iterator[Need]:
    package = read_package(site.files)
    yield from needs_of(chosen_manager(site.plan, site.files, package, primary=site.part.primary), site.machine)


def _is_for_node(text: str) -> bool:
    return re.search(r"\brequire\(|\bprocess\.|module\.exports|from\s+[\"'](?:node:|[a-z@])", text) is not None


STACK = NodeStack()

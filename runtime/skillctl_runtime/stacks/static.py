"""Pages without a program: served by a few lines of Python's standard library, which are written into the project.

A path without a file gets index.html, as applications with their own routes expect; files whose names begin with a dot
are not served.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from skillctl_runtime.plan import StackName
from skillctl_runtime.stack import Evidence, Files, Need, Repaired, Site, Start, Work, strongest
from skillctl_runtime.stacks.compiled import Mending, with_ending

SERVER = ".serve"
"""No `.py`: the server is no part of the project's own sources, and makes no Python project of it."""
PORT = 8000
FOLDERS = ("", "public", "dist", "www", "static", "site", "docs", "src")
HOW = "install Python 3 (https://www.python.org)"

_ROOT = re.compile(r"^\s*root\s*:\s*(\S+)", re.MULTILINE)

SERVER_TEXT = '''#!/usr/bin/env python3
"""Serves a folder of pages: .serve [--root FOLDER] [--port PORT]; written by skillctl."""

import argparse
import functools
import http.server
import os
import urllib.parse


class Pages(http.server.SimpleHTTPRequestHandler):
    """Files as they are; index.html for any other path without an ending; nothing that is hidden."""

    def translate_path(self, path):
        plain = urllib.parse.unquote(path.split("?", 1)[0].split("#", 1)[0])
        if any(part.startswith(".") for part in plain.split("/")):
            return os.path.join(self.directory, "\\0")
        found = super().translate_path(path)
        last = plain.rsplit("/", 1)[-1]
        if not os.path.exists(found) and "." not in last:
            return os.path.join(self.directory, "index.html")
        return found

    def send_head(self):
        try:
            return super().send_head()
        except ValueError:
            self.send_error(404)
            return None


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--root", default=".")
    options.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    options.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    told = options.parse_args()
    pages = functools.partial(Pages, directory=os.path.join(os.path.dirname(os.path.abspath(__file__)), told.root))
    with http.server.ThreadingHTTPServer((told.host, told.port), pages) as server:
        print(f"http://{told.host}:{server.server_port}/", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
'''


class StaticStack:
    """The stack of plain pages."""

    name: StackName = "static"
    verbs: tuple[str, ...] = ()

    def evidence(self, files: Files) -> Evidence | None:
        """An index.html where pages are usually kept, or a Staticfile, is an entry; pages count by their ending."""
        pages = with_ending(files, ".html", ".htm")
        entries = tuple(path for path in (*_indexes(files), "Staticfile") if files.data(path) is not None)
        return strongest(self.name, files, entries=entries, count=len(pages), are="are pages")

    def repaired(self, site: Site) -> Repaired:
        """The server, unless the plan starts one of its own."""
        mending = Mending(site)
        if not site.plan.run and site.files.data(SERVER) is None:
            what = f"`{SERVER}` serves the pages, for the plan says no way to"
            mending.add(SERVER, SERVER_TEXT, rule="static-server", what=what)
        return mending.repaired

    def needs(self, site: Site) -> Sequence[Need]:
        """A Python."""
        if site.plan.run or site.machine.pythons():
            return ()
        return (Need(any_of=("python3", "python"), why="the pages are served by it", how=HOW),)

    def work(self, site: Site) -> Work:
        """Nothing is built."""
        yield from ()
        if site.files.data(SERVER) is None:
            return None
        root = _root(site.files)
        found = site.machine.tool("python3") or next(iter(site.machine.pythons()), None)
        python = "python3" if found is None or found.name == "python3" else found.path
        where = ("--root", root) if root else ()
        return Start(
            argv=(python, SERVER, *where, "--port", str(PORT)),
            server=True,
            port=PORT,
            port_words=("--port", "{port}"),
            because=(f"pages in {root or 'the project'}",),
        )

    def complaint(self, output: str) -> str:
        """The last lines."""
        return "\n".join(output.strip().splitlines()[-20:])

    def missing_module(self, output: str) -> str:
        """Nothing."""
        del output
        return ""


def _indexes(files: Files) -> tuple[str, ...]:
    paths = (f"{folder}/index.html".lstrip("/") for folder in FOLDERS)
    return tuple(path for path in paths if files.data(path) is not None)


def _root(files: Files) -> str:
    """The folder to serve: what a Staticfile says, else the first with an index.html, else that of the first page."""
    told = _ROOT.search(files.text("Staticfile") or "")
    if told is not None:
        return told[1].strip("\"'").removeprefix("./").strip("/").removeprefix(".")
    indexes = _indexes(files) or with_ending(files, ".html", ".htm")
    return indexes[0].rpartition("/")[0] if indexes else ""


STACK = StaticStack()

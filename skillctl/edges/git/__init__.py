"""Git repositories as places that packs come from: the git program, asked for refs and for the files of one commit.

The program is the user's, and so are its credentials, proxies and certificates. What it is not let do: ask at a
terminal, run hooks, monitors or transports that are programs, follow submodules. Files are read from objects and never
checked out, so neither line endings nor filters nor attributes change a byte of them.
"""

from __future__ import annotations

from skillctl.edges.git.cache import GitCache
from skillctl.edges.git.refs import Refs

__all__ = ["GitCache", "Refs"]

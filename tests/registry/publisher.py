"""One of many publishers, run as a process of its own: `publisher.py REGISTRY NUMBER VERSIONS`.

Publishes its versions of `shared`, a pack of its own, and its own idea of `contested` 1.0.0; says how the last went.
"""

from __future__ import annotations

import sys
from pathlib import Path

from skillctl.core.errors import RegistryError
from skillctl_registry.backends.directory import DirectoryBackend
from tests.registry.making import publish_pack


def main(registry: str, number: str, versions: str) -> None:
    backend = DirectoryBackend(Path(registry))
    for each in range(int(versions)):
        publish_pack(backend, "shared", f"1.{number}.{each}", by__md=number)
    publish_pack(backend, f"own-{number}")
    try:
        publish_pack(backend, "contested", by__md=number)
    except RegistryError as error:
        print(error.code)
    else:
        print("won")


if __name__ == "__main__":
    main(*sys.argv[1:])

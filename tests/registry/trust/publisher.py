"""One of many publishers to a signed registry, run as a process: `publisher.py DIRECTORY NUMBER`."""

from __future__ import annotations

import sys
from pathlib import Path

from skillctl.core.errors import RegistryError
from tests.registry.making import NOW, publish_pack
from tests.registry.trust.signed import open_writer


def main(directory: str, number: str) -> None:
    backend = open_writer(Path(directory), lambda: NOW)
    publish_pack(backend, "shared", f"1.{number}.0", by__md=number)
    publish_pack(backend, f"own-{number}")
    try:
        publish_pack(backend, "contested", by__md=number)
    except RegistryError as error:
        print(error.code)
    else:
        print("won")


if __name__ == "__main__":
    main(*sys.argv[1:])

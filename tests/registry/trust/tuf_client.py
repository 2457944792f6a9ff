r"""Our client as the conformance suite of TUF wants it: `init | refresh | download` (its CLIENT-CLI.md).

    tuf_client.py --metadata-dir DIR init ROOT
    tuf_client.py --metadata-dir DIR --metadata-url URL refresh
    tuf_client.py --metadata-dir DIR --metadata-url URL --target-name NAME --target-base-url URL --target-dir DIR \
        download

`TUF_CLIENT_NOW`, RFC 3339, stands for the clock where the suite wants another time.
"""

from __future__ import annotations

import argparse
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

from skillctl.core.errors import SkillctlError
from skillctl.edges import clock
from skillctl_registry.remembered import DirectoryMemory
from skillctl_registry.trust.files import target_key
from skillctl_registry.trust.reader import TrustedReader, pin_root


def fetched(url: str, most: int) -> bytes | None:
    """The bytes at the address, None if there are none. ValueError if they are more than allowed."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            data: bytes = answer.read(most + 1)
    except urllib.error.HTTPError as error:
        if error.code in (403, 404):
            return None
        raise
    if len(data) > most:
        raise ValueError(f"{url} has more than {most} bytes")
    return data


def reader_of(arguments: argparse.Namespace) -> TrustedReader:
    base = arguments.metadata_url.rstrip("/")
    memory = DirectoryMemory(Path(arguments.metadata_dir))
    root = memory.read("root.json")
    return TrustedReader(
        lambda name, most: fetched(f"{base}/{quote(name, safe='%.')}", most),
        memory,
        pin=pin_root(root or b""),
        registry=base,
        now=os.environ.get("TUF_CLIENT_NOW") or clock.now(),
    )


def download(reader: TrustedReader, arguments: argparse.Namespace) -> None:
    for name in arguments.target_name:
        target = reader.find(name)
        if target is None:
            raise ValueError(f"nothing is signed of {name}")
        place = Path(arguments.target_dir, quote(name, safe=""))
        if place.exists():
            try:
                reader.check(target, place.read_bytes())
            except SkillctlError:
                pass
            else:
                continue
        consistent = reader.trusted.root.consistent_snapshot
        path = target_key(name, next(iter(target.hashes.values()))) if consistent else name
        data = fetched(f"{arguments.target_base_url.rstrip('/')}/{quote(path)}", target.length)
        if data is None:
            raise ValueError(f"{name} is not there")
        reader.check(target, data)
        place.write_bytes(data)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--metadata-dir", required=True)
    parser.add_argument("--metadata-url")
    parser.add_argument("--target-name", action="append")
    parser.add_argument("--target-dir")
    parser.add_argument("--target-base-url")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("init").add_argument("root")
    commands.add_parser("refresh")
    commands.add_parser("download")
    arguments = parser.parse_args()
    try:
        if arguments.command == "init":
            Path(arguments.metadata_dir, "root.json").write_bytes(Path(arguments.root).read_bytes())
            return 0
        reader = reader_of(arguments)
        assert reader.trusted.root.version
        if arguments.command == "download":
            download(reader, arguments)
    except (SkillctlError, OSError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

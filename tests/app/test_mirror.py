"""`registry mirror` from the command's side: what two runs want of one directory is not mixed."""

from __future__ import annotations

import pytest

from skillctl.app.mirror import MirrorOutcome, MirrorRequest, mirror_registry
from skillctl.core.errors import InstallError
from skillctl.core.value import replace
from skillctl.edges.disk.locks import locked_directory
from skillctl_registry.backends.directory import DirectoryBackend
from tests.registry.making import publish_pack
from tests.support.machine import Machine


def test_a_run_waits_for_another_one_at_the_same_directory(machine: Machine) -> None:
    source, copy = DirectoryBackend(machine.room / "registry"), machine.room / "mirror"
    publish_pack(source, "maps")

    def run(*, dry_run: bool = False) -> MirrorOutcome:
        request = MirrorRequest(source=str(source.root), directory=copy, cwd=machine.project, dry_run=dry_run)
        return mirror_registry(replace(machine.settings(), lock_timeout=0.0), request)

    assert run().done.copied == 1
    names = sorted(path.name for path in copy.iterdir())
    with locked_directory(copy, note=copy / ".mirroring", timeout=0.0, purpose="registry mirror"):
        with pytest.raises(InstallError) as caught:
            run()
        assert run(dry_run=True).done.copied == 0
    assert caught.value.code == "E453"
    assert run().done.copied == 0
    assert sorted(path.name for path in copy.iterdir()) == names

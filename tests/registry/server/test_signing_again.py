"""Signing while another process signs, or seems to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from skillctl.archive.writer import write_archive
from skillctl.core.errors import RegistryError
from skillctl.edges import clock
from skillctl_registry.server.serving import begin, registry_writer
from skillctl_registry.server.signer import LEASE, LEASE_SECONDS, Signer
from skillctl_registry.server.tables import LEASES
from skillctl_registry.trust.reader import RootPin
from skillctl_registry.verified import VerifiedBackend
from tests.registry.making import pack_files
from tests.registry.server.test_remembering import parts
from tests.support.serving import ADMIN


def test_who_makes_all_index_files_anew_does_not_wait_for_ever_for_who_signs(tmp_path: Path) -> None:
    begun = begin(parts(tmp_path))
    begun.service.publish(begun.service.caller(ADMIN), write_archive(pack_files("harbour")), (), dry_run=False)
    writer = registry_writer(parts(tmp_path), begun.id)

    def view() -> VerifiedBackend:
        return VerifiedBackend(writer.backend, pin=RootPin(begun.root_sha256), now=clock.now())

    with begun.service.database.writing() as connection:
        connection.execute(LEASES.delete())
        connection.execute(insert(LEASES).values(name=LEASE, holder="another", until=1.0 + LEASE_SECONDS))
    with pytest.raises(RegistryError, match="E735"):
        Signer(begun.service.database, writer, seconds=lambda: 1.0, patience=0.0).rebuild(view)
    begun.service.database.close()


def test_a_signer_that_was_killed_while_its_clock_was_ahead_is_not_waited_for(tmp_path: Path) -> None:
    begun = begin(replace(parts(tmp_path), seconds=lambda: 1000.0))
    with begun.service.database.writing() as connection:
        connection.execute(insert(LEASES).values(name=LEASE, holder="another", until=1000.0 + LEASE_SECONDS))
    assert not begun.service.signer.sign_waiting()
    with begun.service.database.writing() as connection:
        connection.execute(update(LEASES).values(until=1000.0 + 3600))
    assert begun.service.signer.sign_waiting()
    begun.service.database.close()

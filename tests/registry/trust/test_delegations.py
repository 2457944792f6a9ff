"""Which roles a name is looked for in: depth first, each once, and no further than a terminating one (TUF 5.6.7)."""

from __future__ import annotations

from pathlib import Path

import pytest
from tuf.api.metadata import DelegatedRole, Delegations, TargetFile, Targets

from skillctl_registry.signing.founding import Wishes
from skillctl_registry.trust.trusted import Trusted
from tests.registry.trust.signed import Signed


@pytest.fixture
def trusted(tmp_path: Path) -> Trusted:
    return Signed(tmp_path, wishes=Wishes(bits=1)).view().reader.trusted


def delegating(*names: str, terminating: bool = False) -> Targets:
    """Targets that hand every name on to these roles."""
    roles = {name: DelegatedRole(name, ["0" * 64], 1, terminating, paths=["*"]) for name in names}
    return Targets(delegations=Delegations({}, roles))


def looked_up(trusted: Trusted, roles: dict[str, Targets]) -> tuple[bool, list[str]]:
    """Whether the name `file` is found in these roles, and which of them were asked, in order."""
    asked: list[str] = []

    def load(role: str, _: str) -> Targets:
        asked.append(role)
        assert len(asked) < 40, "it goes round and round"
        return roles[role]

    return trusted.find("file", load) is not None, asked


def test_a_terminating_role_ends_the_search_for_all_who_were_to_come(trusted: Trusted) -> None:
    has_it = Targets(targets={"file": TargetFile.from_data("file", b"", ["sha256"])})
    roles = {"targets": delegating("first", "last"), "first": delegating("end"), "end": Targets(), "last": has_it}
    assert looked_up(trusted, roles) == (True, ["targets", "first", "end", "last"])
    roles["first"] = delegating("end", terminating=True)
    assert looked_up(trusted, roles) == (False, ["targets", "first", "end"])


def test_roles_that_hand_a_name_to_each_other_are_asked_once(trusted: Trusted) -> None:
    roles = {"targets": delegating("one"), "one": delegating("other"), "other": delegating("one")}
    assert looked_up(trusted, roles) == (False, ["targets", "one", "other"])

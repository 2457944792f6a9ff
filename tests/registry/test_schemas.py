"""The published schemas and the strict doors accept the same."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import skillctl.formats
from skillctl.core.errors import RegistryError
from skillctl_registry.catalog import entry_line, parse_shard
from skillctl_registry.config import RegistryConfig, config_from_bytes, config_to_bytes
from skillctl_registry.index import Index, parse_index, release_line, status_line
from tests.registry.test_catalog import entries
from tests.registry.test_index import BROKEN, FILE, indexes, line

SCHEMAS = Path(next(iter(skillctl.formats.__path__))) / "schemas"

# What a schema can't see: that a key stands twice, and whose file a line is in.
UNSEEN = {"no JSON", "empty", "a key twice", "another pack's", "another pack's status"}


@cache
def schema(name: str) -> Draft202012Validator:
    found: Any = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found)


def fits(name: str, data: bytes) -> bool:
    return bool(schema(name).is_valid(json.loads(data)))


@given(indexes)
@settings(max_examples=40)
def test_every_line_that_is_written_fits_the_schema(index: Index) -> None:
    assert all(fits("index-line", release_line(each)) for each in index.releases)
    assert index.status is None or fits("index-line", status_line(index.name, index.status))


@pytest.mark.parametrize("case", sorted(BROKEN.keys() - UNSEEN))
def test_a_line_that_the_door_refuses_does_not_fit_the_schema(case: str) -> None:
    assert not fits("index-line", BROKEN[case][0])


_written = st.text("0123456789.,xX*^~<>=! -abeltrhpc", max_size=12)
LIKELY = """1|1.2|1.2.3|^1.2|~0.1|>=1, <2|==1.2.3|==1.2|!=1|1.x|1.x.x|^1.x|==1.*|*|=1.0.0|1.2.3-rc.1|^1.2.3-beta.0
1.2-rc.1|01.2|===1.0.0|~=1.2|>=1,||1.2.3.4| * |1.x.*|X|> 1.2|>=1.2.3 , !=1.4.0|1234567890|1.0.0-1|latest|^|=>1"""
_likely = st.sampled_from(LIKELY.replace("\n", "|").split("|"))
_odd_members = st.fixed_dictionaries(
    {},
    optional={
        "version": st.one_of(
            st.sampled_from(["1.0.0", "1.0", "1.0.0-rc.1", "01.0.0", "1.0.0-1", "1.0.0+x"]), st.none()
        ),
        "dependencies": st.dictionaries(
            st.sampled_from(["base", "@a/base", "b", "con", "@con/base", "Base", "a--b", "@a", "synced", "a" * 65]),
            st.one_of(_likely, _written),
            max_size=1,
        ),
        "tree": st.sampled_from(["tree1:" + "0" * 64, "tree2:" + "0" * 64, "tree1:" + "0" * 63, ""]),
        "archive": st.sampled_from(["sha256:" + "0" * 64, "sha256:" + "g" * 64, "", 1]),
        "size": st.sampled_from([0, 1, -1, "1", True]),
        "yanked": st.sampled_from(["", "why", False, None]),
        "requires": st.sampled_from([{}, {"os": ["linux"]}, [], "x"]),
        "skills": st.sampled_from([[], ["a"], [1], "a"]),
        "license": st.sampled_from(["MIT", "", 1]),
        "more": st.just(1),
    },
)


@given(_odd_members)
@settings(max_examples=300)
def test_schema_and_door_agree_on_any_line(changes: dict[str, object]) -> None:
    data = line(**changes)
    assert fits("index-line", data) == _read(data)


def _read(data: bytes) -> bool:
    try:
        parse_index(data, name="arcgis", file=FILE)
    except RegistryError:
        return False
    return True


@given(entries)
@settings(max_examples=30)
def test_every_catalog_line_fits_its_schema_and_reads_back(entry: Any) -> None:
    assert fits("catalog-line", entry_line(entry))
    assert parse_shard(entry_line(entry)) == (entry,)


CONFIGS = [
    ({"format": "1.0", "id": "0123456789abcdef"}, True),
    ({"format": "1.7", "id": "test-registry", "later": True}, True),
    ({"format": "2.0", "id": "test-registry"}, True),
    ({"format": "2.0", "id": "test-registry", "blobs": "oci://ghcr.io/acme/packs"}, True),
    ({"format": "2.3", "id": "test-registry", "blobs": "oci://[::1]:5000/p__q/r-s"}, True),
    ({"format": "2.0", "id": "test-registry", "blobs": "oci://ghcr.io/acme/packs:1.0.0"}, False),
    ({"format": "2.0", "id": "test-registry", "blobs": "oci://ghcr.io/acme/packs@sha256:" + "0" * 64}, False),
    ({"format": "2.0", "id": "test-registry", "blobs": "https://ghcr.io/acme/packs"}, False),
    ({"format": "2.0", "id": "test-registry", "blobs": "oci://user@ghcr.io/acme"}, False),
    ({"format": "2.0", "id": "test-registry", "blobs": None}, False),
    ({"format": "1.0", "id": "test-registry", "blobs": "oci://ghcr.io/acme/packs"}, False),
    ({"id": "test-registry", "blobs": "oci://ghcr.io/acme/packs"}, False),
    ({"format": "3.0", "id": "test-registry"}, False),
    ({"format": "one", "id": "test-registry"}, False),
    ({"format": "1.0"}, False),
    ({"format": "1.0", "id": "short"}, False),
    ({"format": "1.0", "id": "Upper-Case-1"}, False),
    ({"format": "1.0", "id": "../../../etc"}, False),
    ({"format": "1.0", "id": 12345678}, False),
    ([], False),
]


@pytest.mark.parametrize(("value", "good"), CONFIGS)
def test_schema_and_door_agree_on_a_registrys_config(value: object, good: bool) -> None:
    data = json.dumps(value).encode()
    assert fits("registry-config", data) == good
    if good:
        assert config_from_bytes(data, file="config.json").id
    else:
        with pytest.raises(RegistryError):
            config_from_bytes(data, file="config.json")


@pytest.mark.parametrize("blobs", ["", "oci://ghcr.io/acme/packs"])
def test_a_written_config_reads_back(blobs: str) -> None:
    config = RegistryConfig(id="0123456789abcdef", blobs=blobs)
    assert config_from_bytes(config_to_bytes(config), file="config.json") == config
    assert fits("registry-config", config_to_bytes(config))

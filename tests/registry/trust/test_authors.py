"""Signatures of authors: over the files' identity, whichever registry they lie in."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from skillctl.core.fields import Fields
from skillctl.core.release import AuthorSignature, Release, release_from_fields, release_to_json
from skillctl.core.versions import parse_version
from skillctl_registry.authors import changed_authors, encoded, envelope, keyid_of, signed_by, with_signature
from tests.registry.making import pack_files, release_of_files

ADA = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
EVE = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


def release(version: str = "1.0.0", *keys: Ed25519PrivateKey, day: int = 1) -> Release:
    made = replace(release_of_files(pack_files("arcgis", version)), published=f"2026-11-{day:02}T00:00:00Z")
    for key in keys:
        made = with_signature(made, key)
    return made


def codes(made: Release, *earlier: Release) -> list[str]:
    return [each.code for each in changed_authors(made, [*earlier, made])]


def test_what_is_signed_is_written_down_byte_for_byte() -> None:
    made = replace(release(), tree="tree1:" + "0" * 64)
    body = b'{"name":"arcgis","tree":"tree1:' + b"0" * 64 + b'","version":"1.0.0"}'
    kind = b"application/vnd.skillctl.release+json"
    assert encoded(made) == b"DSSEv1 37 " + kind + b" %d " % len(body) + body
    public = with_signature(made, ADA).signatures[0]
    assert public.key == "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
    assert keyid_of(public.key) == "56475aa75463474c0285df5dbf2bcab73da651358839e9b77481b2eab107708c"


def test_a_signature_holds_for_name_version_and_tree_alone() -> None:
    made = release("1.0.0", ADA)
    assert signed_by(made).keyids == (keyid_of(made.signatures[0].key),)
    assert signed_by(replace(made, size=3, yanked="", archive="sha256:x")).keyids
    for changed in (
        replace(made, tree="tree1:" + "1" * 64),
        replace(made, name="qgis"),
        replace(made, version=parse_version("1.0.1")),
    ):
        assert signed_by(changed).keyids == ()
        assert [each.code for each in signed_by(changed).problems] == ["W705"]


@pytest.mark.parametrize(("key", "sig"), [("", ""), ("!", "!"), ("AAAA", "AAAA"), ("Ä", "Ö"), ("A" * 44, "A" * 88)])
def test_nonsense_is_no_signature(key: str, sig: str) -> None:
    made = replace(release(), signatures=(AuthorSignature(key=key, sig=sig),))
    assert signed_by(made).keyids == ()
    assert [each.code for each in signed_by(made).problems] == ["W705"]


def test_the_line_of_the_index_keeps_signatures() -> None:
    made = release("1.0.0", ADA, EVE)
    line = json.loads(json.dumps(release_to_json(replace(made, archive="sha256:" + "0" * 64))))
    assert release_from_fields(Fields(line, file="line")).signatures == made.signatures
    assert "signatures" not in release_to_json(release())


def test_the_envelope_is_verified_by_other_programs() -> None:
    made = release("1.0.0", ADA)
    whole = json.loads(json.dumps(envelope(made)))
    body = b64decode(whole["payload"])
    kind = whole["payloadType"].encode()
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)
    Ed25519PublicKey.from_public_bytes(b64decode(made.signatures[0].key)).verify(
        b64decode(whole["signatures"][0]["sig"]), signed
    )
    assert json.loads(body) == {"name": "arcgis", "tree": made.tree, "version": "1.0.0"}


def test_signing_twice_with_one_key_is_one_signature() -> None:
    assert len(release("1.0.0", ADA, ADA).signatures) == 1


def test_a_new_key_is_told_loudly() -> None:
    first, second = release("1.0.0", ADA), release("1.1.0", EVE, day=2)
    assert codes(second, first) == ["W706"]
    assert codes(release("1.1.0", ADA, day=2), first) == []
    assert codes(release("1.1.0", ADA, EVE, day=2), first) == []
    assert codes(first) == []


def test_a_signature_that_is_missing_where_there_always_was_one_is_told_loudly() -> None:
    assert codes(release("1.1.0", day=2), release("1.0.0", ADA)) == ["W707"]
    assert codes(release("1.1.0", day=2), release("1.0.0")) == []


def test_the_first_signature_of_a_pack_that_had_none_is_told() -> None:
    assert codes(release("1.1.0", ADA, day=2), release("1.0.0")) == ["W706"]


def test_what_is_published_later_says_nothing_about_a_release() -> None:
    assert codes(release("1.0.0", ADA), release("1.1.0", EVE, day=2)) == []

"""The OpenAPI document is true: what it says is answered, what it does not say is not, and none is a 5xx."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from skillctl_registry.server.openapi import document
from skillctl_registry.server.routes import ROUTES
from tests.support.serving import ADMIN, Served, serving

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not here")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of its own: what is made up leaves much behind."""
    with serving(tmp_path_factory.mktemp("fuzzed") / "room") as running:
        running.publish("harbour")
        yield running


def test_the_served_document_is_the_one_of_the_table(alone: Served) -> None:
    assert json.loads(alone.get("api/v1/openapi.json").body) == json.loads(json.dumps(document()))


def test_every_endpoint_is_in_the_document_and_nothing_else() -> None:
    paths: Any = document()["paths"]
    said = {(method.upper(), path.removeprefix("/")) for path, each in paths.items() for method in each}
    assert said == {(each.method, each.path) for each in ROUTES}


@pytest.mark.slow
@pytest.mark.parametrize("token", [ADMIN, ""])
@pytest.mark.filterwarnings("ignore")
def test_nothing_made_of_the_document_is_answered_by_a_server_error(alone: Served, token: str) -> None:
    from hypothesis import HealthCheck, Phase, given, settings

    def plain(_: Any, value: Any) -> bytes:
        return value if isinstance(value, bytes) else json.dumps(value, default=str).encode()

    schemathesis.serializer("application/gzip")(plain)

    schema: Any = schemathesis.openapi.from_dict(json.loads(json.dumps(document())))
    headers = {"authorization": f"Bearer {token}"} if token else {}
    statuses: set[int] = set()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=12,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        @given(case=operation.as_strategy())
        def answered(case: Any) -> None:
            response = case.call(base_url=alone.url, headers=headers)
            statuses.add(response.status_code)
            assert response.status_code < 500, response.text
            case.validate_response(response, checks=[schemathesis.checks.not_a_server_error])

        answered()
    assert statuses >= ({200, 400, 404} if token else {200, 401, 404})

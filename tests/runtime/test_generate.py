"""Plans from a model: a local server that speaks the same protocol stands for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from skillctl.core.config_file import LlmConfig
from skillctl.core.errors import ExecutionError
from skillctl_runtime.generate import ANSWER_SCHEMA, Generated, generated_plan

GOOD = {
    "name": "clock",
    "description": "A clock",
    "files": [{"filename": "main.py", "code": "print('tick')\n"}],
    "dependencies": {"packages": []},
    "run": "python main.py",
}
BAD = {**GOOD, "files": [{"filename": "../evil.py", "code": ""}]}


class Model:
    """A server with answers in store; what it was asked is in `requests`."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                model.requests.append(json.loads(body))
                model.keys.append(self.headers["Authorization"])
                status, answer = model.answers.pop(0)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def says(self, *contents: object) -> None:
        for content in contents:
            text = content if isinstance(content, str) else json.dumps(content)
            message = {"role": "assistant", "content": text}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            answer = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
            self.answers.append((200, answer))

    def refuses(self, status: int, message: str) -> None:
        self.answers.append((status, {"error": {"message": message, "type": "x", "code": None, "param": None}}))


@pytest.fixture
def model() -> Iterator[Model]:
    made = Model()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def ask(model: Model, cache: Path, *, now: float = 1000.0, **config: Any) -> Generated:
    settings = LlmConfig(**{"base_url": model.url, "max_retries": 2, **config})
    return generated_plan("a clock", config=settings, key="sk-test", cache=cache, now=now)


def test_a_prompt_becomes_a_plan_in_the_form_of_the_schema(model: Model, tmp_path: Path) -> None:
    model.says(GOOD)
    made = ask(model, tmp_path, temperature=0.5)
    assert (made.parsed.plan.name, made.rounds, made.cached) == ("clock", 1, False)
    (request,) = model.requests
    assert (request["model"], request["temperature"]) == ("gpt-4.1", 0.5)
    assert request["response_format"]["json_schema"]["schema"] == ANSWER_SCHEMA
    assert request["messages"][-1] == {"role": "user", "content": "a clock"}
    assert model.keys == ["Bearer sk-test"]


def test_an_answer_that_breaks_a_rule_goes_back_with_the_problems(model: Model, tmp_path: Path) -> None:
    model.says("no JSON at all", BAD, f"```json\n{json.dumps(GOOD)}\n```")
    made = ask(model, tmp_path)
    assert made.rounds == 3
    assert made.value == GOOD
    last = model.requests[-1]["messages"]
    assert "../evil.py" in last[-1]["content"]
    assert "$.files[0].filename" in last[-1]["content"]
    assert last[-2] == {"role": "assistant", "content": json.dumps(BAD)}


def test_a_model_that_never_gets_it_right_is_given_up(model: Model, tmp_path: Path) -> None:
    model.says(BAD, BAD, BAD)
    with pytest.raises(ExecutionError) as caught:
        ask(model, tmp_path)
    assert [each.code for each in caught.value.problems] == ["E547", "E505"]
    assert list(tmp_path.iterdir()) == []


def test_the_same_question_is_asked_once_a_day(model: Model, tmp_path: Path) -> None:
    model.says(GOOD, GOOD, GOOD)
    ask(model, tmp_path)
    assert ask(model, tmp_path, now=1000 + 86_399).cached
    assert not ask(model, tmp_path, now=1000 + 86_400).cached
    assert not ask(model, tmp_path, now=1000, cache_enabled=False).cached
    assert len(model.requests) == 3


def test_a_kept_answer_that_was_damaged_is_asked_for_anew(model: Model, tmp_path: Path) -> None:
    model.says(GOOD, GOOD)
    ask(model, tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(b'{"made": 1')
    assert not ask(model, tmp_path).cached


def test_a_server_that_knows_no_schemas_is_asked_for_plain_json(model: Model, tmp_path: Path) -> None:
    model.refuses(400, "response_format is not supported")
    model.refuses(400, "response_format is not supported")
    model.says(GOOD)
    assert ask(model, tmp_path).parsed.plan.name == "clock"
    assert [each.get("response_format", {}).get("type") for each in model.requests] == [
        "json_schema",
        "json_object",
        None,
    ]


def test_a_refusal_is_told_with_its_reason_and_never_with_the_key(model: Model, tmp_path: Path) -> None:
    model.refuses(401, "this key is no good: sk-test")
    with pytest.raises(ExecutionError, match=r"E546.*401: this key is no good: \*\*\*") as caught:
        ask(model, tmp_path)
    assert "sk-test" not in str(caught.value)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    config = LlmConfig(base_url="http://127.0.0.1:9/v1", max_retries=0)
    with pytest.raises(ExecutionError, match=r"E546.*127\.0\.0\.1:9"):
        generated_plan("x", config=config, key="k", cache=tmp_path, now=0)

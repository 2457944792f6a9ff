"""A stand-in for the API that Claude Code talks to: it says what a test has the model say, and keeps what it is told.

    with StandInModel([tool_use("Bash", command="ls")], [text("done")]) as model:
        said = converse(claude, model, "look around", project=…, home=…)

The client runs completely: its own tools, skills, hooks and permissions, against this server on 127.0.0.1 and nothing
else. Each turn of the script answers one request of the conversation; after the last one the model says "done".
Requests without tools (titles and the like) are answered with a word and don't count.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.clients.claude import ClaudeClient, ClientFailedError

Block = Mapping[str, Any]

_SECONDS = 120
_DONE: tuple[Block, ...] = ({"type": "text", "text": "done"},)


def text(words: str) -> Block:
    """The model says something."""
    return {"type": "text", "text": words}


def tool_use(name: str, **given: object) -> Block:
    """The model uses a tool."""
    return {"type": "tool_use", "id": f"toolu_{os.urandom(8).hex()}", "name": name, "input": given}


class StandInModel:
    """The server, from the beginning of the block to its end."""

    def __init__(self, *script: Sequence[Block]) -> None:
        self._script = script
        self._lock = threading.Lock()
        self.requests: list[dict[str, Any]] = []
        """The bodies of the conversation's requests, in order."""
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, kind, data = model._answered(self.path.partition("?")[0], body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:
                self.send_error(404)

            do_HEAD = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Nothing: the test says what matters."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def results(self) -> list[str]:
        """What the model was told of each tool that it used, as text."""
        found: dict[str, str] = {}
        for request in self.requests:
            for message in request["messages"]:
                for block in message["content"] if isinstance(message["content"], list) else ():
                    if block["type"] == "tool_result":
                        found[block["tool_use_id"]] = _plain(block.get("content"))
        return list(found.values())

    @property
    def heard(self) -> str:
        """All that the model was told, as JSON."""
        return json.dumps(self.requests, ensure_ascii=False)

    def _answered(self, path: str, body: dict[str, Any]) -> tuple[int, str, bytes]:
        if path == "/v1/messages/count_tokens":
            return 200, "application/json", b'{"input_tokens":10}'
        if path != "/v1/messages":
            return 404, "application/json", b'{"type":"error","error":{"type":"not_found_error","message":"no"}}'
        blocks = self._next(body)
        if body.get("stream"):
            return 200, "text/event-stream", b"".join(_events(blocks))
        message = {**_message(blocks), "content": list(blocks)}
        return 200, "application/json", json.dumps(message).encode()

    def _next(self, body: dict[str, Any]) -> Sequence[Block]:
        if not body.get("tools"):
            return (text("ok"),)
        with self._lock:
            self.requests.append(body)
            number = len(self.requests) - 1
        return self._script[number] if number < len(self._script) else _DONE


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What the client printed."""

    lines: list[dict[str, Any]]
    status: int

    @property
    def skills(self) -> list[str]:
        """The skills that it tells the model about."""
        (init,) = (each for each in self.lines if each.get("subtype") == "init")
        found: list[str] = init["skills"]
        return found

    @property
    def text(self) -> str:
        """All lines, as JSON."""
        return json.dumps(self.lines, ensure_ascii=False)


def converse(
    claude: ClaudeClient,
    model: StandInModel,
    prompt: str,
    *,
    project: Path,
    environment: Mapping[str, str],
    allowed: Sequence[str] = ("Bash", "Write", "Read", "Skill"),
) -> Said:
    """One conversation, in the project. The environment is all that the client gets beside what keeps it quiet."""
    quiet = {
        "ANTHROPIC_API_KEY": "fake",
        "ANTHROPIC_BASE_URL": model.address,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "TERM": "dumb",
    }
    words = ["-p", prompt, "--output-format", "stream-json", "--verbose", "--allowedTools", ",".join(allowed)]
    try:
        done = subprocess.run(
            [str(claude.program), *words],
            cwd=project,
            env={**environment, **quiet},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClientFailedError(f"{claude.program.name} did not answer: {error}") from error
    lines = [json.loads(each) for each in done.stdout.splitlines() if each.startswith("{")]
    if not lines:
        raise ClientFailedError(f"{claude.program.name} ended with {done.returncode}: {done.stderr[:2000]}")
    return Said(lines=lines, status=done.returncode)


def _plain(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(each.get("text", "")) for each in content or ())


def _message(blocks: Sequence[Block]) -> dict[str, Any]:
    uses = any(each["type"] == "tool_use" for each in blocks)
    return {
        "id": f"msg_{os.urandom(8).hex()}",
        "type": "message",
        "role": "assistant",
        "model": "claude-stand-in",
        "content": [],
        "stop_reason": "tool_use" if uses else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 10},
    }


def _events(blocks: Sequence[Block]) -> Iterator[bytes]:
    message = _message(blocks)
    yield _event("message_start", message={**message, "stop_reason": None})
    for index, block in enumerate(blocks):
        if block["type"] == "text":
            yield _event("content_block_start", index=index, content_block={"type": "text", "text": ""})
            delta = {"type": "text_delta", "text": block["text"]}
        else:
            yield _event("content_block_start", index=index, content_block={**block, "input": {}})
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield _event("message_delta", delta=end, usage={"output_tokens": 10})
    yield _event("message_stop")


def _event(kind: str, **members: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()

"""Run lines taken apart, the port in a start command, and plans that come back from a record."""

from __future__ import annotations

import json

import pytest

from skillctl_runtime.environment import run_environment, tool_environment
from skillctl_runtime.plan_door import parse_plan
from skillctl_runtime.plan_text import plan_digest, plan_from_json, plan_to_json
from skillctl_runtime.programs import line_with_port, port_of, port_of_line, with_port
from skillctl_runtime.run_lines import taken_apart
from tests.runtime.scripted import plan_of


@pytest.mark.parametrize(
    ("line", "run", "packages", "build", "cwd"),
    [
        ("pip install flask && python app.py", "python app.py", ("flask",), (), ""),
        (
            "pip3 install -q 'uvicorn[standard]>=0.20' ; python app.py",
            "python app.py",
            ("uvicorn[standard]>=0.20",),
            (),
            "",
        ),
        ("pip install -r requirements.txt && python main.py", "python main.py", (), (), ""),
        ("python -m venv venv && . venv/bin/activate && python x.py", "python x.py", (), (), ""),
        ("npm install && npm start", "npm start", (), (), ""),
        ("npm i express && node server.js", "node server.js", ("express",), (), ""),
        ("cd backend && npm install && node .", "node .", (), (), "backend"),
        ("g++ main.cpp -o app && ./app", "./app", (), ("g++ main.cpp -o app",), ""),
        ("go mod tidy && go run .", "go run .", (), (), ""),
        (
            "mkdir build && cd build && cmake .. && make -j4 && ./demo",
            "./demo",
            (),
            ("mkdir -p build", "cd build && cmake ..", "cd build && make -j4"),
            "build",
        ),
    ],
)
def test_what_stands_before_the_start_goes_where_it_belongs(
    line: str, run: str, packages: tuple[str, ...], build: tuple[str, ...], cwd: str
) -> None:
    found = taken_apart(plan_of(run=(line,)))
    assert (found.plan.run, found.plan.dependencies.packages) == ((run,), packages)
    assert (found.plan.build, found.plan.cwd) == (build, cwd)
    assert [each.rule for each in found.repairs] == ["run-split"]


@pytest.mark.parametrize(
    "line",
    [
        "python main.py",
        "pip install flask || true; python main.py | tee log",
        "pip install --index-url https://elsewhere.example flask && python main.py",
        "pip install git+https://example.com/x && python main.py || echo no",
        "pip install . && python main.py",
        "export X=1 && python main.py",
        "cd .. && python main.py",
        "cd backend && go build -o app && ./app",
        "echo 'a && b'",
        "sleep 1 & python main.py",
    ],
)
def test_anything_else_stays_as_it_is(line: str) -> None:
    found = taken_apart(plan_of(run=(line,)))
    assert (found.plan.run, found.repairs) == ((line,), ())


def test_install_lines_that_the_stack_does_anyway_are_left_to_it() -> None:
    found = taken_apart(plan_of(install=("pip install -r requirements.txt", "pip install flask")))
    assert (found.plan.install, found.plan.dependencies.packages) == ((), ("flask",))
    mixed = ("pip install flask", "make deps")
    assert taken_apart(plan_of(install=mixed)).plan.install == mixed


@pytest.mark.parametrize(
    ("line", "port", "moved"),
    [
        ("uvicorn main:app --port 8000", 8000, "uvicorn main:app --port 9"),
        ("flask run --port=5000 --host 0.0.0.0", 5000, "flask run --port=9 --host 0.0.0.0"),
        ("gunicorn -b 0.0.0.0:8000 app:app", 8000, "gunicorn -b 0.0.0.0:9 app:app"),
        ("python manage.py runserver 127.0.0.1:8000", 8000, "python manage.py runserver 127.0.0.1:9"),
        ("PORT=3000 node server.js", 3000, "PORT=9 node server.js"),
        ("java -Dserver.port=8080 -jar x.jar", 8080, "java -Dserver.port=9 -jar x.jar"),
        ("http-server -p 8080", 8080, "http-server -p 9"),
        ("python main.py 2024", 0, "python main.py 2024"),
    ],
)
def test_the_port_in_a_line_is_found_and_replaced(line: str, port: int, moved: str) -> None:
    assert port_of_line(line) == port
    assert line_with_port(line, 9) == moved
    if "=" not in line.split()[0]:
        assert port_of(line.split()) == port
        assert with_port(line.split(), 9) == tuple(moved.split())


def test_the_place_of_the_port_in_words_is_filled() -> None:
    assert with_port(("runserver", "127.0.0.1:{port}"), 9) == ("runserver", "127.0.0.1:9")


def test_a_plan_comes_back_from_a_record_with_empty_files() -> None:
    source = {
        "name": "All of it",
        "files": [{"filename": "a.py", "code": "print()"}],
        "dependencies": {"packages": ["x"], "manager": "uv"},
        "run": ["one", "two"],
        "args": ["-v"],
        "env": {"A": "b"},
        "secrets": ["TOKEN"],
        "stdin": "text",
        "ports": [80],
        "ready": {"http": "/health", "timeout": 3},
        "checks": [{"type": "http", "path": "/", "contains": ["x"]}, {"type": "exit", "code": 2}],
        "timeouts": {"run": 9},
        "limits": {"memory_mb": 7},
        "network": "none",
    }
    plan = parse_plan(json.dumps(source)).plan
    again = plan_from_json(json.loads(json.dumps(plan_to_json(plan), default=list)), where="record")
    assert plan_to_json(again) == plan_to_json(plan)
    assert (again.checks, again.ready, again.limits, again.files[0].data) == (plan.checks, plan.ready, plan.limits, b"")
    assert plan_digest(again) != plan_digest(plan)


CALLER = {
    "PATH": "/bin",
    "HOME": "/home/ada",
    "HTTPS_PROXY": "http://proxy",
    "SSL_CERT_FILE": "/ca.pem",
    "PIP_INDEX_URL": "https://mirror",
    "PIP_TARGET": "/elsewhere",
    "npm_config_registry": "https://npm",
    "GOPROXY": "https://go",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "GITHUB_TOKEN": "secret",
    "LD_PRELOAD": "/evil.so",
    "SSH_AUTH_SOCK": "/tmp/agent",
    "WANTED": "by name",
}


def test_steps_get_the_settings_of_package_managers_and_our_caches_and_no_secrets() -> None:
    found = tool_environment(CALLER, lambda name: f"/cache/{name}")
    assert {"HOME", "HTTPS_PROXY", "SSL_CERT_FILE", "PIP_INDEX_URL", "npm_config_registry", "GOPROXY"} <= found.keys()
    assert not {"AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "LD_PRELOAD", "SSH_AUTH_SOCK", "PIP_TARGET"} & found.keys()
    assert (found["PIP_CACHE_DIR"], found["CARGO_HOME"]) == ("/cache/pip", "/cache/cargo")
    assert "-Dmaven.repo.local=/cache/maven" in found["MAVEN_OPTS"]
    assert found["CI"] == "true"


def test_programs_get_less_and_the_secrets_that_their_plan_names() -> None:
    found = run_environment(CALLER, plan_of(secrets=("WANTED",), env={"MODE": "x"}), home="/p/home", own={"PORT": "1"})
    assert found["HOME"] == "/p/home"
    assert (found["WANTED"], found["MODE"], found["PORT"]) == ("by name", "x", "1")
    assert not {"PIP_INDEX_URL", "GITHUB_TOKEN", "LD_PRELOAD", "SSH_AUTH_SOCK"} & found.keys()

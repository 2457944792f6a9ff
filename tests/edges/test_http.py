"""The transport: what it sends, what it takes, and what it makes of every fault that a network has."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from skillctl.core.errors import RegistryError
from skillctl.core.web import Request, Secret, check_address, masked, origin_of, redirected
from skillctl.edges.http import CONNECTIONS, Http
from tests.edges.faults_of_the_web import CALM, FAULTS, Fault
from tests.support.server import Asked, Server, bomb, page, serving

ANY = 100_000

KINDS: dict[str, Callable[[str], Request]] = {
    "a read": lambda url: Request(url=url, max_bytes=ANY),
    "a read of bytes with a digest": lambda url: Request(url=url, max_bytes=ANY, raw=True),
    "a read of what may have changed": lambda url: Request(url=url, max_bytes=ANY, headers={"if-none-match": '"old"'}),
    "a look": lambda url: Request(url=url, max_bytes=ANY, method="HEAD"),
    "a change": lambda url: Request(url=url, max_bytes=ANY, method="POST", body=b"{}"),
}


@pytest.fixture
def http() -> Iterator[Http]:
    client = Http(patience=CALM)
    yield client
    client.close()


def code_of(http: Http, request: Request) -> str:
    """The code that the request fails with; empty if it does not."""
    try:
        response = http.send(request)
    except RegistryError as error:
        return error.code if str(error) else "no words"
    return "" if response.status == 200 else http.refusal(response).code


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_fault_is_told_in_time_and_the_next_request_works(fault: Fault, kind: str) -> None:
    healthy, http = False, Http(patience=fault.patience)

    def answer(asked: Asked) -> None:
        asked.say(200, b"fine") if healthy else fault.answer(asked)

    with serving(answer) as server:
        began = time.monotonic()
        found = code_of(http, KINDS[kind](server.url))
        assert time.monotonic() - began < 10
        assert found in fault.codes_for(kind), found
        if kind == "a change":
            assert len(server.seen) <= 1, "a change is sent once, whatever comes of it"
        assert len(server.seen) <= CALM.attempts * (CALM.redirects + 1)
        healthy = True
        http.close()
        http = Http(patience=CALM)
        assert http.send(Request(url=server.url, max_bytes=ANY)).body == b"fine"
        http.close()


def test_a_read_is_tried_again_until_the_server_is_well(http: Http) -> None:
    with serving(lambda asked: asked.say(503) if len(server.seen) < 3 else asked.say(200, b"well")) as server:
        assert http.read(server.url, max_bytes=ANY).body == b"well"
        assert len(server.seen) == 3


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("GET", 304), ("GET", 404), ("HEAD", 200), ("HEAD", 404)])
def test_the_connection_is_used_again_whatever_the_answer_is(http: Http, method: str, status: int) -> None:
    ports: list[int] = []

    def answer(asked: Asked) -> None:
        ports.append(asked.connection.getpeername()[1])
        asked.say(status, b"" if status == 304 else b"fine")

    with serving(answer) as server:
        for _ in range(3):
            assert http.send(Request(url=server.url, max_bytes=ANY, method=method)).status == status
    assert len(ports) == 3
    assert len(set(ports)) == 1


def test_one_connection_serves_one_request_after_another_and_no_two_at_once(http: Http) -> None:
    ports: list[int] = []

    def answer(asked: Asked) -> None:
        ports.append(asked.connection.getpeername()[1])
        asked.say(200, b"fine")

    with serving(answer) as server:
        for _ in range(3):
            http.read(server.url, max_bytes=ANY)
        assert len(set(ports)) == 1
        ports.clear()
        with ThreadPoolExecutor(CONNECTIONS + 4) as pool:
            list(pool.map(lambda _: http.read(server.url, max_bytes=ANY), range(200)))
        assert len(ports) == 200
        assert len(set(ports)) <= CONNECTIONS


def test_the_server_says_when_to_come_back(http: Http) -> None:
    def answer(asked: Asked) -> None:
        asked.say(429, headers={"retry-after": "0"}) if len(server.seen) < 2 else asked.say(200, b"well")

    with serving(answer) as server:
        assert http.read(server.url, max_bytes=ANY).body == b"well"


def test_a_server_that_wants_to_be_left_alone_for_long_is(http: Http) -> None:
    with serving(lambda asked: asked.say(429, headers={"retry-after": "3600"})) as server:
        assert code_of(http, Request(url=server.url, max_bytes=ANY)) == "E286"
        assert len(server.seen) == 1


def test_nobody_listening_is_told(http: Http) -> None:
    with serving(lambda asked: None) as server:
        url = server.url
    assert code_of(http, Request(url=url, max_bytes=ANY)) == "E280"


def test_a_server_without_a_trusted_certificate_is_not_believed(http: Http) -> None:
    with serving(lambda asked: None) as server:  # it knows nothing of encryption at all
        assert code_of(http, Request(url=server.url.replace("http", "https"), max_bytes=ANY)) in ("E281", "E285")


def test_an_answer_is_unpacked_where_the_server_packed_it_and_counted_behind_that(http: Http) -> None:
    with serving(lambda asked: asked.say(200, gzip.compress(b"text"), headers={"content-encoding": "gzip"})) as server:
        assert http.read(server.url, max_bytes=ANY).body == b"text"
        assert http.read(server.url, max_bytes=ANY, raw=True).body == gzip.compress(b"text")
        assert server.seen[0].headers["accept-encoding"] == "identity"
    with serving(lambda asked: asked.say(200, bomb(), headers={"content-encoding": "gzip"})) as server:
        assert code_of(http, Request(url=server.url, max_bytes=ANY)) == "E284"


def test_the_largest_answer_is_taken_and_one_byte_more_is_not(http: Http) -> None:
    with serving(lambda asked: asked.say(200, b"x" * 1000)) as server:
        assert len(http.read(server.url, max_bytes=1000).body) == 1000
        assert code_of(http, Request(url=server.url, max_bytes=999)) == "E284"


def test_a_token_is_shown_to_its_origin_and_does_not_go_along_to_another() -> None:
    with (
        serving(lambda asked: asked.say(200, b"there")) as other,
        serving(lambda asked: asked.say(302, headers={"location": f"{other.url}/there"})) as home,
    ):
        http = Http(patience=CALM, token=lambda origin: Secret("skl_mine") if origin == home.url else None)
        assert http.read(home.url, max_bytes=ANY).body == b"there"
        http.close()
        assert home.seen[0].headers["authorization"] == "Bearer skl_mine"
        assert "authorization" not in other.seen[0].headers


def test_a_token_is_in_no_message_and_a_refusal_says_what_to_do() -> None:
    with serving(lambda asked: asked.say(401)) as server:
        for token, advice in ((Secret("skl_mine"), "is not accepted"), (None, "skillctl login")):
            http = Http(patience=CALM, token=lambda _, token=token: token)  # type: ignore[misc]
            with pytest.raises(RegistryError) as caught:
                http.read(f"{server.url}/a?key=secret", max_bytes=ANY)
            http.close()
            assert caught.value.code == "E287"
            assert advice in str(caught.value.problems[0].evidence["advice"])
            assert "skl_mine" not in repr(caught.value.problems)
            assert "secret" not in repr(caught.value.problems)
    assert "skl_mine" not in repr(Secret("skl_mine")) + str(Secret("skl_mine"))


def test_what_is_said_of_a_head_that_can_not_be_sent_holds_no_token() -> None:
    with serving(lambda asked: asked.say(200, b"fine")) as server:
        http = Http(patience=CALM, token=lambda _: Secret("secret\nmore"))
        with pytest.raises(RegistryError) as caught:
            http.read(server.url, max_bytes=ANY)
        http.close()
    assert caught.value.code == "E242"
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_change_does_not_follow_a_redirection(http: Http) -> None:
    with serving(lambda asked: asked.say(307, headers={"location": "/other"})) as server:
        assert code_of(http, Request(url=server.url, max_bytes=ANY, method="POST", body=b"{}")) == "E288"
        assert len(server.seen) == 1


def test_redirections_on_one_server_are_followed(http: Http) -> None:
    def answer(asked: Asked) -> None:
        asked.say(200, b"here") if asked.path == "/b" else asked.say(301, headers={"location": "b"})

    with serving(answer) as server:
        response = http.read(f"{server.url}/a", max_bytes=ANY)
        assert (response.body, response.url) == (b"here", f"{server.url}/b")


def through(monkeypatch: pytest.MonkeyPatch, variable: str, proxy: Server) -> Http:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv(variable, proxy.url)
    return Http(patience=CALM, insecure=lambda _: True)


def test_the_proxy_of_the_environment_is_used_but_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda asked: asked.say(407)) as proxy, serving(lambda asked: asked.say(200, b"direct")) as server:
        http = through(monkeypatch, "HTTPS_PROXY", proxy)
        assert code_of(http, Request(url="https://registry.example/config.json", max_bytes=ANY)) == "E293"
        assert (proxy.seen[0].method, proxy.seen[0].path) == ("CONNECT", "registry.example:443")
        http.close()
        http = through(monkeypatch, "HTTP_PROXY", proxy)
        assert http.read(server.url, max_bytes=ANY).body == b"direct"
        http.close()


def test_no_proxy_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda asked: asked.say(200, b"of the proxy")) as proxy:
        http = through(monkeypatch, "HTTP_PROXY", proxy)
        assert http.read("http://registry.example/", max_bytes=ANY).body == b"of the proxy"
        http.close()
        monkeypatch.setenv("NO_PROXY", "registry.example")
        http = Http(patience=CALM, insecure=lambda _: True)
        assert code_of(http, Request(url="http://registry.example/", max_bytes=ANY)) == "E280"
        http.close()
        assert len(proxy.seen) == 1


def test_certificates_come_from_the_file_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", f"{tmp_path}/none.pem")
    http = Http(patience=CALM)
    with pytest.raises(RegistryError) as caught:
        http.read("https://registry.example/", max_bytes=ANY)
    assert caught.value.code == "E281"
    assert "SSL_CERT_FILE" in str(caught.value.problems[0].evidence["advice"])


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://packs.example/", ""),
        ("http://127.0.0.1:1/", ""),
        ("http://localhost/", ""),
        ("http://[::1]/", ""),
        ("http://packs.example/", "E290"),
        ("http://127.0.0.1.packs.example/", "E290"),
        ("http://localhost.packs.example/", "E290"),
        ("https://ada:secret@packs.example/", "E297"),
        ("https://secret@packs.example/", "E297"),
        ("file:///etc/passwd", "E297"),
        ("ftp://packs.example/", "E297"),
        ("https:///nowhere", "E297"),
        ("https://packs.example:99999/", "E297"),
        ("https://packs example/", "E297"),
        ("https://packs.example/\n", "E297"),
        ("https://pаcks.example/", "E297"),
    ],
)
def test_addresses_are_encrypted_and_hold_no_secret(url: str, code: str) -> None:
    if not code:
        assert check_address(url) == url
        return
    with pytest.raises(RegistryError) as caught:
        check_address(url)
    assert caught.value.code == code
    assert "secret" not in str(caught.value)


def test_an_unencrypted_address_is_used_if_the_user_says_so() -> None:
    assert check_address("http://packs.example/", insecure=True)


def test_a_redirection_needs_the_users_word_for_where_it_leads() -> None:
    def allowed(origin: str) -> bool:
        return origin == "http://packs.example"

    assert redirected("http://packs.example/x", "/y", insecure=allowed) == "http://packs.example/y"
    with pytest.raises(RegistryError) as caught:
        redirected("http://packs.example/x", "http://other.example/y", insecure=allowed)
    assert caught.value.code == "E288"


@pytest.mark.parametrize(
    ("source", "location", "target"),
    [
        ("https://a.example/x/y", "z", "https://a.example/x/z"),
        ("https://a.example/x", "https://b.example/", "https://b.example/"),
        ("http://127.0.0.1:1/x", "http://localhost:2/y", "http://localhost:2/y"),
        ("http://127.0.0.1:1/x", "https://b.example/", "https://b.example/"),
        ("https://a.example/x", "http://a.example/x", None),
        ("https://a.example/x", "http://127.0.0.1/x", None),
        ("https://a.example/x", "https://127.0.0.1/x", None),
        ("https://a.example/x", "https://localhost:8080/x", None),
        ("https://a.example/x", "https://localhost./", None),
        ("https://a.example/x", "https://x.localhost/", None),
        ("https://a.example/x", "https://0.0.0.0/", None),
        ("https://a.example/x", "https://0.1.2.3/", None),
        ("https://a.example/x", "https://127.1/", None),
        ("https://a.example/x", "https://0x7f000001/", None),
        ("https://a.example/x", "https://2130706433/", None),
        ("https://a.example/x", "https://127.0.0.1./", None),
        ("https://a.example/x", "https://[::1]/", None),
        ("https://a.example/x", "https://[::]/", None),
        ("https://a.example/x", "https://[::ffff:127.0.0.1]/", None),
        ("https://a.example/x", "https://[0:0:0:0:0:0:0:1]/", None),
        ("https://a.example/x", "https://10.0.0.1/", "https://10.0.0.1/"),
        ("https://a.example/x", "https://notlocalhost/", "https://notlocalhost/"),
        ("https://a.example/x", "file:///etc/passwd", None),
        ("https://a.example/x", "//[", None),
        ("https://a.example/x", "https://u:p@b.example/", None),
        ("http://127.0.0.1:1/x", "http://b.example/", None),
        ("http://127.0.0.1:1/x", "data:text/plain,x", None),
    ],
)
def test_where_redirections_may_lead(source: str, location: str, target: str | None) -> None:
    if target is not None:
        assert redirected(source, location) == target
        return
    with pytest.raises(RegistryError) as caught:
        redirected(source, location)
    assert caught.value.code == "E288"
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Packs.Example/a/b?c#d", "https://packs.example"),
        ("https://packs.example:443/", "https://packs.example"),
        ("https://packs.example.:8443/", "https://packs.example:8443"),
        ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ("http://[::1]:8000/x", "http://[::1]:8000"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert origin_of(url) == origin


def test_a_message_has_neither_password_nor_query() -> None:
    assert masked("https://u:p@host.example:1/a/b?token=t#f") == "https://host.example:1/a/b"
    assert masked("https://u:p@host.example?token=t") == "https://host.example"
    assert masked("./directory") == "./directory"


def test_a_page_is_no_data_whatever_it_is_called(http: Http) -> None:
    for kind in ("text/html; charset=utf-8", "application/json", ""):
        with serving(lambda asked, kind=kind: asked.say(200, page(), headers={"content-type": kind})) as server:  # type: ignore[misc]
            assert code_of(http, Request(url=server.url, max_bytes=ANY)) == "E289"

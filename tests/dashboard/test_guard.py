"""The page's server, as it runs: what does not come from its own page at its own address is refused."""

import asyncio
import re

import pytest
from click.testing import CliRunner
from served import Served

from coalsim.cli import cli
from coalsim.dashboard.guard import Guard, content_policy, shown

pytestmark = pytest.mark.slow
OTHER = "http://example.org"
INDEX = b'<div id="root"></div>'


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Served from a folder whose settings for Streamlit open what they can; they must not be followed."""
    folder = tmp_path_factory.mktemp("foreign")
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text(
        f"[server]\nenableCORS = false\nenableXsrfProtection = false\nenableStaticServing = true\nenableAgentApi = true\n"
        f'corsAllowedOrigins = ["{OTHER}"]\naddress = "0.0.0.0"\nbaseUrlPath = "x"\n'
        f'[client]\nallowedOrigins = ["{OTHER}"]\n[browser]\ngatherUsageStats = true\n'
    )
    found = Served(folder=folder)
    yield found
    found.end()
    assert "Traceback" not in found.said(), found.said()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_its_own_page_is_answered(server, name):
    own = f"{name}:{server.port}"
    status, _, body = server.ask("/", Host=own)
    assert status == 200
    assert INDEX in body
    assert server.handshake(Host=own, Origin=f"http://{own}") == 101


@pytest.mark.parametrize(
    "host", ["example.org", "example.org:{port}", "localhost", "localhost:1", "127.0.0.1", "localhost.example.org:{port}",
             "10.0.0.1:{port}", "localhost:{port}@example.org", "", None],
)  # fmt: skip
def test_another_host_is_refused(server, host):
    """Else a name of somebody's own could be made to lead here (DNS rebinding)."""
    named = host and host.format(port=server.port)
    assert server.ask("/", Host=named)[0] in (400, 403)
    assert server.ask("/_stcore/health", Host=named)[0] in (400, 403)
    assert server.handshake(Host=named, Origin=f"http://{named}") in (400, 403)


@pytest.mark.parametrize(
    "origin",
    [OTHER, "null", "http://localhost", "https://{own}", "http://{own}.example.org", "http://127.0.0.1:{port}", "", None],
)  # fmt: skip
def test_a_websocket_of_another_page_is_refused(server, origin):
    assert server.handshake(Origin=origin and origin.format(own=server.own, port=server.port)) == 403


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_nothing_is_written_for_another_page(server, method):
    upload = "/_stcore/upload_file/session/file"
    for origin in (None, OTHER, "null"):
        status, _, said = server.ask(upload, method, Origin=origin, Content_Length="0")
        assert (status, said[:8]) == (403, b"refused:")
    # Of its own page, Streamlit itself asks for its token.
    assert server.ask(upload, method, Origin=f"http://{server.own}", Content_Length="0")[0] in (400, 403, 405)


def test_another_page_may_not_even_read(server):
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/media/x.png"):
        status, headers, _ = server.ask(path, Origin=OTHER)
        assert status == 403
        assert "access-control-allow-origin" not in headers


def test_every_answer_tells_the_browser_to_load_nothing_from_elsewhere(server):
    for path, given in (("/", {}), ("/_stcore/health", {}), ("/static/none.js", {}), ("/", {"Host": "example.org"})):
        _, headers, _ = server.ask(path, **given)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
        assert not re.search(r"https?:|\*", policy)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-frame-options"] == "DENY"
    _, headers, _ = server.ask("/")
    assert f"connect-src 'self' ws://{server.own};" in headers["content-security-policy"]


def test_the_policy_lets_in_three_scripts_by_their_hash():
    """Of the map, of Streamlit's page, and of frames that tell their height; if Streamlit has others, look at them first."""
    assert content_policy().count("'sha256-") == 3


@pytest.mark.parametrize(
    "path",
    ["/static/../../__init__.py", "/static/..%2f..%2f__init__.py", "/static/%2e%2e/%2e%2e/__init__.py", "//etc/passwd",
     "/media/../../etc/passwd", "/component/../../../etc/passwd", "/app/static/app.py", "/static/..\\..\\__init__.py",
     "/_stcore/bidi-components/../../../../etc/passwd", "/etc/passwd", "/x/../../../../../../etc/passwd"],
)  # fmt: skip
def test_no_path_leads_out_of_the_page(server, path):
    status, _, body = server.ask(path)
    assert status in (400, 404) or INDEX in body
    assert b"root:" not in body
    assert b"Streamlit Inc. (2018" not in body or INDEX in body


def test_nothing_else_is_served(server):
    assert server.ask("/_stcore/metrics")[0] == 404
    assert server.ask("/_stcore/agent/openapi.json")[0] == 404
    own = {"Origin": f"http://{server.own}", "Content_Length": "2"}
    assert server.ask("/_stcore/agent/interact", "POST", **own)[0] == 404
    assert server.ask("/_stcore/upload_file/session/file", "PUT", **own)[0] in (400, 403)


def test_a_port_that_is_taken_is_told(server):
    found = CliRunner().invoke(cli, ["dashboard", "--no-browser", "--port", str(server.port)])
    assert found.exit_code == 2
    assert found.stderr == f"error: 127.0.0.1:{server.port}: Address already in use; give another --port\n"
    assert server.ask("/")[0] == 200


# Who may be let in besides


@pytest.fixture(scope="module")
def locked():
    found = Served("--token")
    yield found
    found.end()


def test_with_a_token_only_who_has_it_is_let_in(locked):
    token = re.search(r"\?token=(\S+):", locked.said())[1]
    assert len(token) >= 32
    for path in ("/", "/_stcore/health", "/?token=", f"/?token={token[:-1]}", "/static/x.js"):
        assert locked.ask(path)[0] == 403
    assert locked.handshake() == 403
    status, headers, _ = locked.ask(f"/?scenario=walsall&token={token}")
    assert (status, headers["location"]) == (303, "/?scenario=walsall")
    cookie, *flags = headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Lax"} <= set(flags)
    assert locked.ask("/", Cookie=cookie)[0] == 200
    assert locked.handshake(Cookie=f"a=b; {cookie}") == 101
    assert locked.handshake(Cookie=cookie, Origin=OTHER) == 403
    assert locked.ask(f"/?token={token}", "POST", Origin=f"http://{locked.own}", Content_Length="0")[0] == 403


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_other_machines_are_let_in_only_with_a_token(address):
    found = CliRunner().invoke(cli, ["dashboard", "--address", address, "--no-browser"])
    assert found.exit_code == 2
    assert "add --token" in found.stderr


@pytest.mark.parametrize(
    ("address", "host", "is_own"),
    [("0.0.0.0", "192.0.2.7:80", True), ("0.0.0.0", "[2001:db8::1]:80", True), ("0.0.0.0", "example.org:80", False),
     ("::", "10.1.2.3:80", True), ("192.0.2.1", "192.0.2.1:80", True), ("192.0.2.1", "localhost:80", False),
     ("2001:db8::1", "[2001:db8::1]:80", True), ("host.example", "HOST.example:80", True), ("host.example", "example:80", False),
     ("127.0.0.1", "192.0.2.1:80", False), ("127.0.0.2", "127.0.0.2:80", True)],
)  # fmt: skip
def test_a_host_is_known_by_the_address_that_was_given(address, host, is_own):
    assert Guard(None, address, 80, policy="").is_own(host) is is_own


def test_two_origins_or_hosts_are_none():
    async def answers(headers, kind="websocket"):
        said = []

        async def send(message):
            said.append(message)

        async def app(scope, receive, send):
            said.append("let in")

        await Guard(app, "localhost", 80, policy="")({"type": kind, "headers": headers, "path": "/"}, None, send)
        return said

    own = [(b"host", b"localhost:80"), (b"origin", b"http://localhost:80")]
    assert asyncio.run(answers(own)) == ["let in"]
    for twice in own:
        assert asyncio.run(answers([*own, twice]))[0]["type"] == "websocket.close"


@pytest.mark.parametrize(
    ("address", "said"),
    [("localhost", "localhost"), ("127.0.0.1", "localhost"), ("127.0.0.2", "127.0.0.2"), ("10.0.0.1", "10.0.0.1")],
)
def test_the_address_that_is_told_is_one_that_is_listened_at(address, said):
    assert shown(address) == said

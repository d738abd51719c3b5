"""The guard before the page: it lets in only what comes from the page itself, at its own address.

Any page in the user's browser can send requests here and open websockets, and a name of its own can be made to lead here;
so Host and Origin must be those of this server, and where a token is asked for, the browser must have shown it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, urlencode

EVERYWHERE = ("0.0.0.0", "::")
READS = ("GET", "HEAD", "OPTIONS")
CLOSED = ("/_stcore/metrics", "/_stcore/agent")  # what Streamlit offers besides and the page does not need
TOKEN = "token"  # the parameter of the first address
WITHOUT_TOKEN = "open the address that coalsim dashboard has printed, with its token"
INLINE = re.compile(r"<script>(.*?)<\\?/script>", re.DOTALL)


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def shown(address: str) -> str:
    """An address as it stands in a link."""
    if address in ("localhost", "127.0.0.1", "::1"):
        return "localhost"
    name = socket.gethostname().lower() if address in EVERYWHERE else address.lower()
    return f"[{name}]" if ":" in name else name


def content_policy() -> str:
    """What the page may load: itself. Scripts inside pages are those of Streamlit and of the map, by their hashes."""
    scripts = inline_scripts()
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    allowed = " ".join(f"'sha256-{one}'" for one in digests) if len(scripts) == 3 else "'unsafe-inline'"
    return (
        f"default-src 'none'; script-src 'self' {allowed}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self' {socket}; frame-src 'self'; worker-src 'self' blob:; manifest-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def inline_scripts() -> list[str]:
    """Of the map, of Streamlit's page, and the one that it adds to frames so that they tell their height; fewer with a version
    of Streamlit that writes them in another way."""
    static = files("streamlit") / "static"
    own = (files("coalsim.dashboard") / "player.html.jinja").read_text(encoding="utf-8")
    found = INLINE.findall(own) + INLINE.findall((static / "index.html").read_text(encoding="utf-8"))
    for part in (static / "static" / "js").iterdir():
        if part.name.startswith("IFrame."):
            code = part.read_text(encoding="utf-8")
            scripts = "\0".join(INLINE.findall(code))
            for name, value in re.findall(r"\b(\w+)=`([^`]*)`", code):
                scripts = scripts.replace(f"${{{name}}}", value)
            found += scripts.split("\0")
    return found


@dataclass(frozen=True)
class Guard:
    """Stands before an ASGI app that listens at an address and port; with a token, lets in only who has shown it."""

    app: Callable[..., Any]
    address: str
    port: int
    token: str = ""
    policy: str = field(default_factory=content_policy)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Refuse it, or pass it on; every answer says what a browser may do with it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = self.headers(_header(scope, "host") or "")
                kept = [(name, value) for name, value in message["headers"] if name.decode("latin-1") not in headers]
                message["headers"] = kept + [(name.encode(), value.encode()) for name, value in headers.items()]
            await send(message)

        if wrong := self.wrong(scope):
            await _answer(scope, send_with_headers, 403, f"refused: {wrong}\n")
        elif scope["type"] == "http" and scope["path"].startswith(CLOSED):
            await _answer(scope, send_with_headers, 404, "not found\n")
        elif self.token and (shows := self._shows_token(scope)) != "cookie":
            if shows == "link" and scope["type"] == "http" and scope["method"] == "GET":
                await _answer(scope, send_with_headers, 303, "", self._welcome(scope))
            else:
                await _answer(scope, send_with_headers, 403, f"refused: {WITHOUT_TOKEN}\n")
        else:
            await self.app(scope, receive, send_with_headers)

    def wrong(self, scope: dict[str, Any]) -> str:
        """Why a request cannot come from the page itself; "" if it can."""
        host, origin = _header(scope, "host"), _header(scope, "origin")
        if host is None or not self.is_own(host):
            return f"this server answers only at http://{shown(self.address)}:{self.port}"
        is_read = scope["type"] == "http" and scope["method"] in READS
        if (origin is None and not is_read) or (origin is not None and origin.lower() != f"http://{host.lower()}"):
            return "it does not come from this server's own page"
        return ""

    def is_own(self, host: str) -> bool:
        """Whether a Host is this server's: its port, and a name or number that leads nowhere else."""
        name, colon, port = host.lower().rpartition(":")
        if port != str(self.port) or not colon:
            return False
        if is_loopback(self.address) and name in ("localhost", "127.0.0.1", "[::1]"):
            return True
        if self.address not in EVERYWHERE:
            return name in (self.address.lower(), f"[{self.address.lower()}]")
        try:  # a number is not a name that somebody could make lead here
            ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
            return True
        except ValueError:
            return name in ("localhost", socket.gethostname().lower())

    def headers(self, host: str) -> dict[str, str]:
        """What a browser is told with every answer; `host` is its name for this server."""
        return {
            "content-security-policy": self.policy.format(socket=f"ws://{host}" if self.is_own(host) else "'none'"),
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }

    @property
    def _cookie(self) -> str:
        return f"coalsim_{self.port}"

    def _shows_token(self, scope: dict[str, Any]) -> str:
        """Where a request has the token: in its cookie, in its link, or nowhere."""
        cookies = dict(one.strip().partition("=")[::2] for one in (_header(scope, "cookie") or "").split(";"))
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        for where, given in (("cookie", cookies.get(self._cookie, "")), ("link", query.get(TOKEN, ""))):
            if hmac.compare_digest(given.encode(), self.token.encode()):
                return where
        return ""

    def _welcome(self, scope: dict[str, Any]) -> list[tuple[str, str]]:
        """Keep the token in a cookie, and go to the same page without it in the link."""
        query = [one for one in parse_qsl(scope["query_string"].decode("latin-1")) if one[0] != TOKEN]
        cookie = f"{self._cookie}={self.token}; Path=/; HttpOnly; SameSite=Lax"
        return [("location", f"/?{urlencode(query)}" if query else "/"), ("set-cookie", cookie)]


def _header(scope: dict[str, Any], name: str) -> str | None:
    """A header; None if it is not there, or more than once."""
    found = [value for key, value in scope["headers"] if key == name.encode()]
    return found[0].decode("latin-1") if len(found) == 1 else None


async def _answer(
    scope: dict[str, Any], send: Any, status: int, text: str, headers: list[tuple[str, str]] | None = None
) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})  # before it is accepted: 403
        return
    every = [("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store"), *(headers or [])]
    raw = [(name.encode(), value.encode()) for name, value in every]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": text.encode()})

"""Whose a run is: one owner on one's own machine; on a hosted lab, whoever holds the random cookie that the server set."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from hashlib import sha256
from typing import Any

from lab.settings import Settings

LOCAL_OWNER = "local"
COOKIE = "unrolled_owner"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 256 random bits, as `secrets.token_urlsafe(32)` writes them

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class NoOwnerError(ValueError):
    """A visitor whose browser brings no cookie; the message says what they can do."""


def owner_from_cookies(cookies: Mapping[str, str], settings: Settings) -> str:
    """The id under which everything of this visitor is kept.

    The database holds a hash of the cookie, never the cookie: who reads the database cannot become a visitor.

    Raises:
        NoOwnerError: a hosted lab, and no cookie of ours.
    """
    if not settings.hosted:
        return LOCAL_OWNER
    token = cookies.get(COOKIE, "")
    if not _TOKEN.fullmatch(token):
        raise NoOwnerError(
            "Your browser did not keep the cookie by which this lab knows your runs from other people's. "
            "Allow cookies for this site, or open it in a tab of its own, and load the page again."
        )
    return sha256(f"unrolled {token}".encode()).hexdigest()


class OwnerCookie:
    """ASGI middleware that gives every visitor of a hosted lab a cookie with the page, before the page's session begins.

    It is renewed with every page, so that it ends `cookie_days` after the last visit.
    """

    def __init__(self, app: Application, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, and adds the cookie to the answer if it is a page."""
        headers = {name.lower(): value for name, value in scope.get("headers", ())}
        is_page = scope["type"] == "http" and scope["method"] == "GET" and b"text/html" in headers.get(b"accept", b"")
        if not (self._settings.hosted and is_page):
            await self._app(scope, receive, send)
            return
        secure = scope.get("scheme") == "https" or headers.get(b"x-forwarded-proto", b"").split(b",")[0].strip() == b"https"
        cookie = self._cookie(headers.get(b"cookie", b""), secure)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, value) for name, value in message.get("headers", ()) if name.lower() != b"cache-control"]
                # a cache between server and browsers must not hand one visitor's cookie to the next
                message["headers"] = [*kept, (b"cache-control", b"no-store, private"), (b"set-cookie", cookie)]
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    def _cookie(self, sent: bytes, secure: bool) -> bytes:
        """The header's value. Over https it also works where the lab stands in another site's frame, as a Space does."""
        token = _token_in(sent) or secrets.token_urlsafe(32)
        age = int(self._settings.cookie_days * 86_400)
        site = "SameSite=None; Secure; Partitioned" if secure else "SameSite=Lax"
        return f"{COOKIE}={token}; Path=/; Max-Age={age}; HttpOnly; {site}".encode()


def _token_in(header: bytes) -> str | None:
    """Our cookie in a Cookie header; whatever else stands there, well formed or not, is left alone."""
    pairs = (pair.partition("=") for pair in header.decode("latin-1").split(";"))
    sent = {name.strip(): value.strip() for name, _, value in pairs}
    return sent[COOKIE] if _TOKEN.fullmatch(sent.get(COOKIE, "")) else None

"""Owners: a visitor is known by a cookie that only they and the server ever see."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from typing import Any

import pytest

from lab.owner import COOKIE, LOCAL_OWNER, NoOwnerError, OwnerCookie, owner_from_cookies
from lab.settings import Settings

HOSTED = Settings.from_environment({"LAB_MODE": "hosted"})
PAGE = [(b"accept", b"text/html,application/xhtml+xml")]


def answer(settings: Settings, headers: list[tuple[bytes, bytes]], **scope: Any) -> list[tuple[bytes, bytes]]:
    """The headers of the answer to one request through the middleware."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Cache-Control", b"public, max-age=600")]})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {}

    request = {"type": "http", "method": "GET", "scheme": "http", "headers": headers, **scope}
    # In a thread of its own: Playwright keeps an event loop running in that of the browser tests.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, OwnerCookie(app, settings)(request, receive, send)).result()
    return list(sent[0]["headers"])


def cookie(headers: list[tuple[bytes, bytes]]) -> Any:
    values = [value for name, value in headers if name == b"set-cookie"]
    assert len(values) == 1
    return SimpleCookie(values[0].decode())[COOKIE]


def test_ones_own_machine_has_one_owner_and_no_cookie() -> None:
    local = Settings.from_environment({})
    assert owner_from_cookies({}, local) == LOCAL_OWNER
    assert answer(local, PAGE) == [(b"Cache-Control", b"public, max-age=600")]


def test_a_first_visit_gets_a_cookie_that_no_script_reads() -> None:
    morsel = cookie(answer(HOSTED, PAGE))
    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"
    assert morsel["path"] == "/"
    assert int(morsel["max-age"]) == 30 * 86_400
    assert len(morsel.value) == 43  # 256 bits
    assert cookie(answer(HOSTED, PAGE)).value != morsel.value


def test_a_second_visit_keeps_the_cookie_among_others() -> None:
    token = cookie(answer(HOSTED, PAGE)).value
    sent = f'odd cookie; a="b; {COOKIE}={token}; theme={{"dark":1}}'.encode()
    assert cookie(answer(HOSTED, [*PAGE, (b"cookie", sent)])).value == token


def test_a_forged_cookie_is_replaced() -> None:
    assert cookie(answer(HOSTED, [*PAGE, (b"cookie", f"{COOKIE}=me".encode())])).value != "me"


@pytest.mark.parametrize("headers", [PAGE, [*PAGE, (b"x-forwarded-proto", b"https, http")]])
def test_over_https_it_works_inside_another_sites_frame(headers: list[tuple[bytes, bytes]]) -> None:
    scheme = "http" if len(headers) > 1 else "https"
    value = dict(answer(HOSTED, headers, scheme=scheme))[b"set-cookie"]
    assert b"SameSite=None; Secure; Partitioned" in value


def test_no_cache_keeps_a_page_that_carries_a_cookie() -> None:
    assert [value for name, value in answer(HOSTED, PAGE) if name.lower() == b"cache-control"] == [b"no-store, private"]


@pytest.mark.parametrize(
    ("headers", "scope"), [([], {}), ([(b"accept", b"*/*")], {}), (PAGE, {"method": "POST"}), (PAGE, {"type": "websocket"})]
)
def test_only_pages_carry_it(headers: list[tuple[bytes, bytes]], scope: dict[str, str]) -> None:
    assert b"set-cookie" not in dict(answer(HOSTED, headers, **scope))


def test_the_owner_is_not_the_cookie_and_is_the_same_each_time() -> None:
    token = "a" * 43
    owner = owner_from_cookies({COOKIE: token}, HOSTED)
    assert owner == owner_from_cookies({COOKIE: token}, HOSTED)
    assert token not in owner
    assert len(owner) == 64
    assert owner_from_cookies({COOKIE: "b" * 43}, HOSTED) != owner


@pytest.mark.parametrize("cookies", [{}, {COOKIE: ""}, {COOKIE: "local"}, {COOKIE: "a" * 42 + "/"}])
def test_without_a_cookie_a_visitor_is_told_what_to_do(cookies: dict[str, str]) -> None:
    with pytest.raises(NoOwnerError, match="Allow cookies"):
        owner_from_cookies(cookies, HOSTED)

"""What stands around the pages on the server: the worker that starts with it, and the cookie that tells visitors apart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.middleware import Middleware

from lab.owner import OwnerCookie
from lab.settings import Settings
from lab.worker_process import ensure_worker


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Starts the worker with the server, so that it is warm before the first visitor trains."""
    ensure_worker(Settings.from_environment())
    yield


def middleware() -> list[Middleware]:
    """The cookie by which a hosted lab knows its visitors; it does nothing on one's own machine."""
    return [Middleware(OwnerCookie, settings=Settings.from_environment())]

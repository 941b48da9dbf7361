"""What stands around the pages on the server: the worker that starts with it, and the cookie that tells visitors apart."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager

from lab.lab import open_lab
from lab.owner import OwnerCookie
from lab.settings import Settings
from lab.worker_process import ensure_worker
from rnn_core.data.samples import load_sample
from rnn_core.lenses.quiz import QUESTIONS


def settings() -> Settings:
    """The installation's settings, from the environment and from Streamlit's secrets, which a hosted Streamlit is set up by."""
    st.secrets.load_if_toml_exists()  # puts what stands at its top level into the environment
    return Settings.from_environment()


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Starts the worker with the server, so that it is warm before the first visitor trains."""
    # Streamlit takes a folder named pages for its older kind of navigation until a script has called st.navigation: on a fresh
    # server a deep link would find no page. The router is asked from the start.
    PagesManager.uses_pages_directory = False
    ensure_worker(settings())
    threading.Thread(target=_warm_up, args=(settings(),), name="warm up", daemon=True).start()
    yield


def _warm_up(installation: Settings) -> None:
    """Does once what the first visitor would otherwise wait for: the queue's engine, the fast reviews, the questions."""
    from ui.path import computed

    open_lab(installation).queue.warm_up()
    load_sample("quick_reviews", installation.home)
    for name in QUESTIONS:
        computed(name)


def middleware() -> list[Middleware]:
    """The cookie by which a hosted lab knows its visitors; it does nothing on one's own machine."""
    return [Middleware(OwnerCookie, settings=settings())]

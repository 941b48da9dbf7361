"""What stands around the pages on the server: the worker that starts with it, and the cookie that tells visitors apart."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager

from lab.lab import Lab, open_lab
from lab.owner import OwnerCookie
from lab.settings import Settings
from lab.worker_process import LONGEST_WAIT, ensure_worker
from rnn_core.data.samples import load_sample
from rnn_core.lenses.quiz import QUESTIONS

PAINT_SECONDS = 1.5  # that a browser is given to draw the first page in
_is_served = threading.Event()  # whether a page has been sent to anybody
_is_shown = threading.Event()  # whether it has been drawn as well, or nobody has come


def settings() -> Settings:
    """The installation's settings, from the environment and from Streamlit's secrets, which a hosted Streamlit is set up by."""
    st.secrets.load_if_toml_exists()  # puts what stands at its top level into the environment
    return Settings.from_environment()


def page_is_served() -> None:
    """Said at the end of every page; the first of a server's life lets begin what would have kept its visitor waiting."""
    _is_served.set()


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Starts the worker with the server, so that it is warm before the first visitor trains; but their first page comes first."""
    # Streamlit takes a folder named pages for its older kind of navigation until a script has called st.navigation: on a fresh
    # server a deep link would find no page. The router is asked from the start.
    PagesManager.uses_pages_directory = False
    lab = _ready_for_first_page(settings())
    ensure_worker(lab.settings, after=_is_shown)
    threading.Thread(target=_warm_up, args=(lab,), name="warm up", daemon=True).start()
    yield


def _ready_for_first_page(installation: Settings) -> Lab:
    """Makes the tables and imports what the start page takes half a second to import."""
    import pandas  # noqa: F401  # by Streamlit, when it first sends a component

    import ui.frame
    import ui.start_doors
    import ui.start_reading  # noqa: F401

    return open_lab(installation)


def _warm_up(lab: Lab) -> None:
    """Does once what a later page would otherwise wait for: the queue's engine, the fast reviews, the questions."""
    from ui.path import computed

    if _is_served.wait(LONGEST_WAIT):
        time.sleep(PAINT_SECONDS)
    _is_shown.set()
    lab.queue.warm_up()
    load_sample("quick_reviews", lab.settings.home)
    for name in QUESTIONS:
        computed(name)


def middleware() -> list[Middleware]:
    """The cookie by which a hosted lab knows its visitors; it does nothing on one's own machine."""
    return [Middleware(OwnerCookie, settings=settings())]

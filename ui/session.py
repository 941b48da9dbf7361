"""Who is here and where their things are kept."""

from __future__ import annotations

import streamlit as st
from lab.owner import owner_from_cookies

from lab.lab import Lab, open_lab
from lab.settings import Settings
from ui.server import start_worker


@st.cache_resource(show_spinner=False)
def lab() -> Lab:
    """This installation's settings, store, artifacts and queue; opened once for all visitors, its worker started."""
    settings = Settings.from_environment()
    start_worker(settings)
    return open_lab(settings)


def owner() -> str:
    """The id that everything of this visitor is kept under."""
    return owner_from_cookies(st.context.cookies, lab().settings)

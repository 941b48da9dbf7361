"""Who is here and where their things are kept."""

from __future__ import annotations

import streamlit as st

from lab import results
from lab.lab import Lab, open_lab
from lab.owner import NoOwnerError, owner_from_cookies
from lab.records import Run
from lab.worker_process import ensure_worker
from rnn_core.classifier import Classifier
from ui.server import settings


@st.cache_resource(show_spinner=False)
def lab() -> Lab:
    """This installation's settings, store, artifacts and queue; opened once for all visitors, its worker started."""
    installation = settings()
    ensure_worker(installation)
    return open_lab(installation)


def owner() -> str:
    """The id that everything of this visitor is kept under; a browser that refuses the cookie is told so."""
    try:
        return owner_from_cookies(st.context.cookies, lab().settings)
    except NoOwnerError as error:
        st.error(str(error))
        st.stop()


def classifier_of(run: Run) -> Classifier:
    """The model of a run with a result, kept in memory while it is in use."""
    return _classifier(run.owner, run.id, run.segment, run)


@st.cache_resource(show_spinner=False, max_entries=32)
def _classifier(owner_id: str, run_id: str, segment: int, _run: Run) -> Classifier:
    return results.classifier(lab().artifacts, _run)

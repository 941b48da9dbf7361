"""The Ten questions page: what stayed of the guided path, marked by the networks themselves."""

from __future__ import annotations

from ui import frame
from ui.path_questions import ten_questions

frame.open_page(
    "Ten questions",
    "Guess, and let the networks of this lab mark you: every right answer is computed while you look.",
)
ten_questions()

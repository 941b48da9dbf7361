"""The start page: a network reads the visitor's own sentence at once, and three doors lead on."""

from __future__ import annotations

from ui import frame
from ui.start_doors import last_run, three_doors
from ui.start_reading import start_reading

frame.open_page(
    "Unrolled",
    "A recurrent network reads a text one word at a time and carries a small memory along. Type, and watch its memory and its "
    "answer move.",
)
start_reading()
three_doors()
last_run()

"""Server time of one moved control on each page: what the page's script spends between the widget's event and the last element.

    python benchmarks/interactions.py [--moves 8]

Pages run under `streamlit.testing` in this process with the networks that come with the lab, so no browser and no network is in
the figures. The first run of a page, with its reading of texts and filling of caches, has a column of its own. Target: 100 ms.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from streamlit.testing.v1 import AppTest

from rnn_core.bundled import example_reviews

APP = Path(__file__).resolve().parents[1] / "app.py"
LONG = example_reviews()[2]  # 300 words
Move = Callable[[AppTest, int], object]


def moved(widgets: str, label: str, *values: object) -> Move:
    """Gives the widget with this label one value after another."""

    def move(app: AppTest, turn: int) -> None:
        widget = next(one for one in getattr(app, widgets) if one.label.startswith(label))
        widget.set_value(values[turn % len(values)])

    return move


UNIT_OFF = moved("multiselect", "Units held", ["1"], ["2"], ["3"], ["4"])
PAGES: dict[str, tuple[str, dict[str, str], Move]] = {
    "Build: units": ("model_builder", {}, moved("number_input", "Units", 32, 48, 64, 96)),
    "Build: a sentence": (
        "model_builder",
        {},
        moved("text_input", "A sentence", "a fine film", "a dull film"),
    ),
    **{
        f"Hidden states, 300 words, {kind}: unit": (
            "hidden_states",
            {"look": "Units", "text": LONG, "model": f"bundled-{kind}"},
            moved("number_input", "Unit", 2, 3, 4, 5),
        )
        for kind in ("simple_rnn", "gru", "lstm")
    },
    "Hidden states, 300 words: unit switched off": (
        "hidden_states",
        {"look": "Units", "text": LONG},
        UNIT_OFF,
    ),
    "Memory and gap: units of a grid": ("memory_gap", {}, moved("number_input", "Units", 16, 24, 48, 64)),
    "Backpropagation: the dial": ("backpropagation", {"part": "The dial"}, moved("slider", "Factor", 0.8, 1.2, 0.6, 1.6)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=int, default=8)
    options = parser.parse_args()
    os.environ["LAB_HOME"] = tempfile.mkdtemp()
    print(f"{'':52} {'first run':>10} {'a move':>10} {'slowest':>10}   (median of {options.moves}, wall clock)")
    for title, (page, query, move) in PAGES.items():
        app = AppTest.from_file(APP, default_timeout=120)
        app.query_params.update(query)
        app.switch_page(f"pages/{page}.py")
        first, *spent = (seconds(app, move, turn) for turn in itertools.islice(itertools.count(-1), options.moves + 1))
        assert not app.exception, app.exception
        told = f"{first * 1e3:7.0f} ms {statistics.median(spent) * 1e3:7.0f} ms {max(spent) * 1e3:7.0f} ms"
        print(f"{title:52} {told}", flush=True)


def seconds(app: AppTest, move: Move, turn: int) -> float:
    """Of one run of the page: the first as it opens, then one after each move."""
    if turn >= 0:
        move(app, turn)
    begun = time.perf_counter()
    app.run()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()

"""Components that show time steps, all with the same playback: step back, play, step forward, scrub, and the same keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from rnn_core.figures.signed import SIGNED_DARK, SIGNED_LIGHT
from ui.path_bar import look_again

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class At:
    """Where the visitor rests: the step, from 0, and the unit and layer that they pointed at, if they did."""

    step: int
    unit: int | None = None
    layer: int | None = None


def playback_component(name: str, *shared: str) -> ComponentRenderer:
    """The component whose picture is drawn by `ui/<name>.js` and `.css`; see playback.js for what such a script defines.

    shared: further files of `ui/` that are put before it, such as "columns".
    """
    parts = ("playback", *shared, name)
    return st.components.v2.component(f"unrolled_{name}", js=_source(parts, "js"), css=_source(parts, "css"))


def play(
    component: ComponentRenderer,
    key: str,
    label: str,
    names: Sequence[str],
    view: dict[str, Any],
    *,
    start: int | None = None,
    on_rest: Callable[[At], None] | None = None,
    group: str = "",
) -> At:
    """Shows the component and gives back where the visitor rests.

    Args:
        component: what `playback_component` made.
        key: of this one on the page.
        label: what it shows, for those who cannot see it.
        names: of the T steps, such as the words.
        view: what the view's script draws, as JSON knows it.
        start: the step that it opens at, and moves to when this changes; None for the last one.
        on_rest: called with the step when the visitor rests on another one; the page (or its fragment) runs again then.
            Without it the page does not hear of steps.
        group: components of one group move together, in the browser.
    """
    data = {
        "steps": len(names),
        "names": list(names),
        "label": label,
        "start": start,
        "report": on_rest is not None,
        "group": group,
        "colours": {"light": SIGNED_LIGHT, "dark": SIGNED_DARK},
        "view": view,
    }

    def rest() -> None:
        if on_rest is not None:
            on_rest(_checked(st.session_state[key].get("at"), len(names), start))

    result = component(key=key, data=data, on_at_change=rest)
    look_again()
    return _checked(result.get("at"), len(names), start)


def _source(parts: tuple[str, ...], suffix: str) -> str:
    files = [FOLDER / f"{part}.{suffix}" for part in parts]
    return "\n".join(file.read_text(encoding="utf-8") for file in files if file.exists())


def _checked(at: object, steps: int, start: int | None) -> At:
    """What the browser said, held to what there is: the text may have changed since, and a browser can say anything."""
    opening = steps - 1 if start is None else start
    found = at if isinstance(at, dict) else {}
    step = _whole(found.get("step"))
    return At(max(0, min(opening if step is None else step, steps - 1)), _whole(found.get("unit")), _whole(found.get("layer")))


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

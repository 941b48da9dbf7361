"""The one place where colours, frames and numbers in words come from: a colour means one thing on every page."""

from __future__ import annotations

import colorsys
import html

import plotly.graph_objects as go

from rnn_core.estimates import Estimate
from rnn_core.spec import Kind

# After Okabe and Ito (2008), "Color universal design", darkened where needed so that each stands out by at least 3 to 1
# (WCAG 2.2, 1.4.11) from the light and from the dark background of the site, and moved apart until they differ for eyes that lack
# a cone, too (tests/core/test_figures_colour_blind.py).
_BLUE, _VERMILLION, _GREEN, _PURPLE, _SKY, _OCHRE, _ROSE = (
    "#0b78b8",
    "#d55e00",
    "#059d5e",
    "#7e74eb",
    "#527fb6",
    "#a1622b",
    "#ae449d",
)
NEUTRAL = "#808080"  # chance lines, untrained controls, baselines, everything that is context

LABEL_COLOURS = (_VERMILLION, _BLUE)  # of label A and label B
KIND_COLOURS: dict[Kind, str] = {
    "simple_rnn": _GREEN,
    "gru": _PURPLE,
    "lstm": _ROSE,
    "bag_of_words": NEUTRAL,
    "dense": _OCHRE,
    "conv1d": _SKY,
    "transformer": "#e7595a",
}
KIND_TITLES: dict[Kind, str] = {
    "simple_rnn": "SimpleRNN",
    "gru": "GRU",
    "lstm": "LSTM",
    "bag_of_words": "Bag of words",
    "dense": "Dense",
    "conv1d": "Conv1D",
    "transformer": "Transformer",
}
MODEL = _GREEN  # the network that the page is about
OTHER_MODEL = _PURPLE  # a second one beside it
BASELINE = NEUTRAL
GRID = "rgba(128, 128, 128, 0.25)"
PALE = ((0.0, "rgba(11, 120, 184, 0.05)"), (1.0, "rgba(11, 120, 184, 0.45)"))  # under text, which is dark on light, light on dark
SEQUENTIAL = ((0.0, "rgba(11, 120, 184, 0.05)"), (1.0, "rgba(11, 120, 184, 0.95)"))  # transparent where there is nothing
_GOLDEN = 0.6180339887  # steps of the golden ratio keep neighbouring labels' hues far apart
_LUMINANCE = 0.2  # of generated colours: half-way, as contrast sees it, between the two backgrounds


def label_colours(count: int) -> tuple[str, ...]:
    """One colour a label: the two of label A and B, then as many hues as are needed. Beyond seven, names must help."""
    if count <= 2:
        return LABEL_COLOURS[:count]
    first = (*LABEL_COLOURS, _GREEN, _PURPLE, _OCHRE, _ROSE, NEUTRAL)
    if count <= len(first):
        return first[:count]
    return tuple(_hue(place * _GOLDEN % 1) for place in range(count))


def framed(figure: go.Figure, *, height: int = 360, x: str = "", y: str = "", legend: bool = True) -> go.Figure:
    """The figure on a transparent ground with quiet grid lines; text colours are left to the page's theme."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        hoverlabel={"namelength": -1},
        modebar={"bgcolor": "rgba(0, 0, 0, 0)", "color": NEUTRAL},
    )
    lines = {"gridcolor": GRID, "zeroline": False, "linecolor": GRID, "automargin": True}
    figure.update_xaxes(**lines)
    figure.update_yaxes(**lines)
    if x:
        figure.update_xaxes(title_text=x)
    if y:
        figure.update_yaxes(title_text=y)
    return figure


def percent(value: float, digits: int = 1) -> str:
    """A share as a reader sees it: 0.775 is '77.5 %'."""
    return f"{value * 100:.{digits}f} %"


def plain(text: str, longest: int = 40) -> str:
    """A text of a person's (a label, a run's name, a word) as Plotly shall show it: cut to length, no part of it read as HTML."""
    return html.escape(text if len(text) <= longest else text[: longest - 1] + "…", quote=False)


def error_bar(estimates: list[Estimate]) -> dict[str, object]:
    """Plotly's asymmetric error bars for values and their intervals."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [estimate.high - estimate.value for estimate in estimates],
        "arrayminus": [estimate.value - estimate.low for estimate in estimates],
    }


def translucent(colour: str, opacity: float) -> str:
    """A '#rrggbb' colour as rgba(), for bands and fills."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity:g})"


def luminance(colour: str) -> float:
    """Relative luminance of a '#rrggbb' colour, as WCAG 2.2 defines it."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _hue(hue: float) -> str:
    """The colour of this hue (0 to 1) at a luminance that reads on light and on dark."""
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        if luminance(_hex(hue, middle)) < _LUMINANCE:
            low = middle
        else:
            high = middle
    return _hex(hue, high)


def _hex(hue: float, lightness: float) -> str:
    channels = colorsys.hls_to_rgb(hue, lightness, 0.75)
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)

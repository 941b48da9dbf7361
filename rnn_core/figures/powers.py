"""An axis of powers of ten for numbers that are known by their logarithm and that no double may hold."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

_TICKS = 7
_FEW = 1.3  # powers of ten that leave room for ticks between them


def tens(natural_logarithms: NDArray[np.float64]) -> list[float | None]:
    """Exponents of ten; None, a gap in the line, where the number is zero."""
    return [float(value) / math.log(10) if math.isfinite(value) else None for value in natural_logarithms]


def power_axis(figure: go.Figure, exponents: Iterable[float | None], **place: Any) -> None:
    """Ticks of the y axis as powers of ten around these exponents; place: row= and col= of a subplot."""
    known = [value for value in exponents if value is not None]
    if known and max(known) - min(known) < _FEW:
        figure.update_yaxes(**_between_powers(min(known), max(known)), **place)
        return
    low, high = math.floor(min(known, default=-1.0)), math.ceil(max(known, default=0.0))
    step = max(1, -(-(high - low) // _TICKS))
    ticks = [value for value in range(low - low % step, high + step, step)]
    figure.update_yaxes(tickvals=ticks, ticktext=[power_of_ten(value) for value in ticks], **place)


def _between_powers(low: float, high: float) -> dict[str, Any]:
    """Ticks at 1, 2 and 5 times a power of ten, and a range in which at least two of them stand."""
    places = [power + math.log10(first) for power in range(math.floor(low) - 1, math.ceil(high) + 2) for first in (1, 2, 5)]
    first = max(place for place in places if place <= low + 1e-9)
    last = min(place for place in places if place >= high - 1e-9 and place > first)
    ticks = [place for place in places if first <= place <= last]
    names = [in_words(place * math.log(10)) for place in ticks]
    return {"tickvals": ticks, "ticktext": names, "range": [first - 0.03, last + 0.03]}


def power_of_ten(exponent: int) -> str:
    """An exponent as Plotly shows a power: 1, 10, 10⁻¹²."""
    return {0: "1", 1: "10"}.get(exponent, f"10<sup>{exponent}</sup>".replace("-", "−"))


def in_words(natural_logarithm: float) -> str:
    """A number known by its logarithm, as a sentence says it: 0.0123, 3.4e-12, 2.0e-400, or 0."""
    if natural_logarithm == -math.inf:
        return "0"
    exponent = math.floor(natural_logarithm / math.log(10) + 1e-12)
    if -3 <= exponent < 4:
        return f"{math.exp(natural_logarithm):.3g}"
    return f"{math.exp(natural_logarithm - exponent * math.log(10)):.1f}e{exponent}"

"""The picture of the Backpropagation page: the gradient on its way back through the words, with the one playback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rnn_core.figures.theme import KIND_COLOURS
from rnn_core.lenses.chain_rule import Floats
from rnn_core.lenses.gradients import ThroughTime
from rnn_core.spec import ModelSpec
from ui.playback import At, play, playback_component
from ui.states_views import SHOWN_UNITS, packed

_DIGITS = 6
_back = playback_component("gradients_back", "states_plane")


def back_view(
    found: ThroughTime,
    spec: ModelSpec,
    label: str,
    key: str,
    *,
    logarithmic: bool,
    start: int | None = None,
    on_rest: Callable[[At], None] | None = None,
) -> At:
    """One backward pass; step 0 is the loss, step k the k-th word from the end. Gives back where the visitor rests."""
    view: dict[str, Any] = {
        "words": found.tokens,
        "logs": _known(found.log_norms),
        "cell_logs": None if found.cell_log_norms is None else _known(found.cell_log_norms),
        "left": _known(found.whole_log_norms - found.whole_log_norms[-1]),
        "products": _known(found.running_log_products),
        "stretches": _known(found.stretches),
        "factors": [None, *_known(np.exp(np.minimum(found.factor_log_norms[1:], 700.0)))],
        "shares": _known(found.contribution_shares),
        "gradients": packed(_of_greatest(found.state_gradients[:, :SHOWN_UNITS])),
        "units": int(found.state_gradients.shape[1]),
        "shown_units": min(SHOWN_UNITS, int(found.state_gradients.shape[1])),
        "logarithmic": logarithmic,
        "colour": KIND_COLOURS[found.kind],
        "loss": found.loss,
        "label": label,
        "probability": float(found.probabilities[found.label]),
        "direct": spec.pooling not in ("last", "every") or (spec.layers > 1 and not found.layer.endswith("_2/")),
        "name": "backpropagation",
    }
    names = ["the loss", *(token or "padding" for token in reversed(found.tokens))]
    title = f"The gradient on its way back through {len(found.tokens)} words"
    return play(_back, key, title, names, view, start=start, on_rest=on_rest)


def _known(values: Floats) -> list[float | None]:
    """As JSON knows numbers: null for a logarithm of zero and for what there is not."""
    return [round(float(value), _DIGITS) if np.isfinite(value) else None for value in values]


def _of_greatest(gradients: Floats) -> Floats:
    """[T, W], every word's as a share of its own greatest: colours then tell directions, the line above tells sizes."""
    sizes = np.abs(gradients).max(axis=1, keepdims=True)
    return gradients / np.where(sizes > 0, sizes, 1.0)

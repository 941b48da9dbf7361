"""The unrolled picture of a network over a sentence, with playback; and its counterpart for networks without a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import LayerTrace
from rnn_core.figures.theme import KIND_TITLES, label_colours
from rnn_core.lenses.fixed_window import FixedWindow
from rnn_core.lenses.picture import LAYER_NAMES, Picture, gate_blocks, is_backward, states_in_reading_order
from rnn_core.models.weights import GATES
from ui.playback import At, play, playback_component

Asked = Literal["last", "every", "so far"]
SHOWN_WEIGHTS = 16  # rows and columns of a kernel: more could not be pointed at
DIGITS = 3
EVEN_LIMITS = tuple(first * 10.0**power for power in range(-1, 3) for first in (1, 2, 5))

_unrolled = playback_component("unrolled_view", "columns")
_window = playback_component("window_view", "columns")


def unrolled_view(
    drawn: Picture,
    key: str,
    *,
    asked: Asked | None = None,
    weights: bool = False,
    unit: int | None = None,
    start: int | None = None,
    on_rest: Callable[[At], None] | None = None,
    group: str = "",
) -> At:
    """The loop, and beside it one copy of the cell per word; gives back where the visitor rests.

    Args:
        drawn: what the lens `picture` computed.
        key: of this picture on the page.
        asked: when the output layer answers: after the last word, after every word, or ("so far") what it would say if the
            text ended there; by default as the network was built.
        weights: whether each copy shows its weights, to be pointed at.
        unit: marked in the state.
        start, on_rest, group: as in `ui.playback.play`.
    """
    spec, trace, names = drawn.classifier.spec, drawn.trace, drawn.classifier.label_names
    built: Asked = "every" if spec.pooling == "every" else "last"
    alone = len(trace.layers) == 1
    view = {
        "words": trace.tokens,
        "unknown": trace.unknown.tolist(),
        "lost": drawn.lost,
        "cell": KIND_TITLES[spec.kind],
        "inputs": _rounded(trace.inputs),
        "input_limit": _limit(trace.inputs),
        "state_limit": _even_limit(*(layer.states for layer in trace.layers)),
        "rows": [_row(layer, drawn, "" if alone else LAYER_NAMES[layer.prefix], weights) for layer in trace.layers],
        "answers": [_answer(row, names) for row in trace.probabilities],
        "asked": asked or built,
        "label_colours": label_colours(len(names)),
        "unit": unit,
    }
    label = f"A {view['cell']} network unrolled over {len(trace.tokens)} words"
    return play(_unrolled, key, label, trace.tokens, view, start=start, on_rest=on_rest, group=group)


def window_view(window: FixedWindow, key: str, group: str = "") -> At:
    """The places of a network without a loop, the words in them, and in red the words that have none."""
    dense = window.kind == "dense"
    lost = f"{len(window.lost)} words lost" if len(window.lost) != 1 else "1 word lost"
    head = (
        f"Dense({window.units}) reads all {len(window.places)} places at once, each through weights of its own"
        if dense
        else f"greatest value over all {len(window.places)} places, for each of {window.units} filters"
    )
    rows, columns = window.kernels.shape[1:]
    view = {
        "kind": window.kind,
        "places": window.places,
        "inputs": _rounded(window.inputs),
        "input_limit": _limit(window.inputs),
        "lost": window.lost,
        "head": head,
        "kernels": _rounded(window.kernels[:, :SHOWN_WEIGHTS, :SHOWN_WEIGHTS]),
        "weight_limit": _limit(window.kernels),
        "kernel_size": window.kernel_size,
        "cropped": _cropped(rows, columns),
    }
    names = [name or "padding" for name in window.places] + list(window.lost)
    label = f"A {window.kind} network with {len(window.places)} places, {lost}"
    return play(_window, key, label, names, view, start=0, group=group)


def _row(layer: LayerTrace, drawn: Picture, name: str, weights: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": name,
        "backward": is_backward(layer),
        "states": _rounded(states_in_reading_order(layer)),
        "weights": None,
    }
    if weights:
        spec, kernels = drawn.classifier.spec, drawn.classifier.layer_weights(layer.prefix)
        corner = np.s_[:, :SHOWN_WEIGHTS, :SHOWN_WEIGHTS]
        row["weights"] = {
            "gates": drawn.gates,
            "kernel": _rounded(gate_blocks(kernels["kernel"], GATES[spec.kind])[corner]),
            "recurrent": _rounded(gate_blocks(kernels["recurrent_kernel"], GATES[spec.kind])[corner]),
            "limit": _limit(kernels["kernel"], kernels["recurrent_kernel"]),
            "cropped": _cropped(max(layer.inputs.shape[1], spec.units), spec.units),
        }
    return row


def _answer(probabilities: NDArray[np.float32], names: tuple[str, ...]) -> dict[str, Any]:
    best = int(probabilities.argmax())
    return {"label": names[best], "index": best, "share": round(float(probabilities[best]), 4)}


def _cropped(rows: int, columns: int) -> str:
    if max(rows, columns) <= SHOWN_WEIGHTS:
        return ""
    return f"Of each kernel the first {min(rows, SHOWN_WEIGHTS)} by {min(columns, SHOWN_WEIGHTS)} weights are shown."


def _rounded(numbers: NDArray[np.float32]) -> list[Any]:
    rounded: list[Any] = np.round(numbers.astype(np.float64), DIGITS).tolist()
    return rounded


def _even_limit(*arrays: NDArray[np.float32]) -> float:
    """The next of 0.1, 0.2, 0.5, 1, 2, 5 …: the same for most sentences, so that their pictures can be compared."""
    greatest = max(float(np.abs(array).max()) for array in arrays)
    return next((limit for limit in EVEN_LIMITS if greatest <= limit), greatest)


def _limit(*arrays: NDArray[np.float32]) -> float:
    """The number that gets full colour: the greatest but for the wildest percent."""
    sizes = np.abs(np.concatenate([array.ravel() for array in arrays]))
    return float(f"{max(float(np.quantile(sizes, 0.99)), 1e-3):.2g}")

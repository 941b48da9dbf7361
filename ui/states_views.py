"""The pictures of the Hidden states page, all played by the one playback: path, heat map, epochs."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.figures.theme import MODEL, label_colours
from rnn_core.figures.trajectory import axis_titles, path_colour
from rnn_core.lenses.states_epochs import Development
from rnn_core.lenses.states_heat import HeatMap, even_limit
from rnn_core.lenses.states_source import STATE
from rnn_core.lenses.trajectory import Path, Plane, Trajectory
from ui.playback import At, play, playback_component

SHOWN_UNITS = 128  # of a state's strip: more could not be told apart
DIGITS = 4

_path = playback_component("states_path", "states_plane")
_epochs = playback_component("states_epochs", "states_plane")
_heat = playback_component("states_heat", "columns", "states_plane")


def path_view(
    found: Trajectory,
    key: str,
    *,
    titles: Sequence[str] = (),
    start: int | None = None,
    on_rest: Callable[[At], None] | None = None,
    group: str = "",
) -> At:
    """The states as paths through the plane; gives back where the visitor rests.

    titles: of the texts, by default their first words. start, on_rest, group: as in `ui.playback.play`.
    """
    quantity = "state" if found.source.quantity == STATE else found.source.quantity
    few = len(found.paths) <= 2
    names = titles or [" ".join(path.words.tokens[:8]) for path in found.paths]
    view = {
        "plane": _plane(found.plane, found.label_names),
        "cloud": _rounded(found.cloud),
        "cloud_labels": found.cloud_labels.tolist(),
        "name": "hidden-states",
        "quantity": quantity,
        "limit": even_limit(max(float(np.abs(path.words.states).max()) for path in found.paths)),
        "paths": [_one(path, number, name, few) for number, (path, name) in enumerate(zip(found.paths, names, strict=True))],
    }
    longest = max((path.words.tokens for path in found.paths), key=len)
    label = f"The {quantity} after every word as a path, {len(found.paths)} texts"
    return play(_path, key, label, longest, view, start=start, on_rest=on_rest, group=group)


def heat_view(
    found: HeatMap,
    key: str,
    *,
    unit: int | None = None,
    start: int | None = None,
    on_rest: Callable[[At], None] | None = None,
    group: str = "",
) -> At:
    """Units by words; gives back the word and unit at which the visitor rests."""
    words = found.words
    view = {
        "words": words.tokens,
        "unknown": words.unknown.tolist(),
        "units": found.units.tolist(),
        "values": packed(found.values),
        "shown": packed(found.shown),
        "limit": found.limit,
        "scale": found.scale,
        "quantity": words.source.quantity,
        "unit": unit,
        "name": "units-by-words",
    }
    label = f"{len(found.units)} units after each of {len(words.tokens)} words"
    return play(_heat, key, label, words.tokens, view, start=start, on_rest=on_rest, group=group)


def epochs_view(found: Development, label_names: tuple[str, ...], texts: int, key: str) -> At:
    """One text's path at every stage of the training; the steps of the playback are the stages."""
    planes = [stage.plane for stage in found.stages]
    names = ["untrained" if stage.epoch == 0 else f"epoch {stage.epoch}" for stage in found.stages]
    view = {
        "plane": _plane(planes[-1], label_names),
        "logits": [None if plane.logits is None else _rounded(plane.logits) for plane in planes],
        "words": found.words.tokens,
        "starts": _rounded(found.starts),
        "points": _rounded(found.points),
        "shares": _rounded(found.probabilities[:, -1]),
        "clouds": [_rounded(stage.cloud) for stage in found.stages],
        "cloud_labels": found.cloud_labels.tolist(),
        "names": names,
        "accuracies": [stage.accuracy.to_dict() for stage in found.stages],
        "texts": texts,
        "colour": MODEL,
        "name": "training",
    }
    return play(_epochs, key, "The same text through the network after each epoch", names, view, start=len(names) - 1)


def packed(numbers: NDArray[np.floating]) -> dict[str, Any]:
    """A table of numbers as text for `unpack` in states_plane.js: 16 bits each, as shares of the greatest."""
    limit = max(float(np.abs(numbers).max(initial=0)), 1e-9)
    shares = np.round(numbers / limit * 32767).astype("<i2")
    return {"data": base64.b64encode(shares.tobytes()).decode(), "columns": int(numbers.shape[1]), "limit": limit}


def _one(path: Path, number: int, title: str, few: bool) -> dict[str, Any]:
    words = path.words
    units = words.states.shape[1]
    return {
        "title": title,
        "words": words.tokens,
        "unknown": words.unknown.tolist(),
        "start": _rounded(path.start),
        "points": _rounded(path.points),
        "moved": _rounded(words.moved),
        "shares": None if words.probabilities is None else _rounded(words.probabilities),
        "states": packed(words.states[:, :SHOWN_UNITS]) if few else None,
        "units": units,
        "shown_units": min(units, SHOWN_UNITS),
        "colour": path_colour(number),
    }


def _plane(plane: Plane, label_names: tuple[str, ...]) -> dict[str, Any]:
    return {
        "titles": axis_titles(plane),
        "logits": None if plane.logits is None else _rounded(plane.logits),
        "labels": label_names,
        "label_colours": label_colours(len(label_names)),
        "show_chance": plane.axes == "answer" and plane.exact and len(label_names) == 2,
    }


def _rounded(numbers: NDArray[np.floating]) -> list[Any]:
    rounded: list[Any] = np.round(numbers.astype(np.float64), DIGITS).tolist()
    return rounded

"""Colours that stand for different things on one figure stay apart for eyes that lack a cone, by simulation.

Severe protanopia, deuteranopia and tritanopia after Machado, Oliveira and Fernandes (2009), "A physiologically-based model for
simulation of color vision deficiency", IEEE TVCG 15(6), on linear RGB; distances are CIE 1976 Delta E, about 2.3 is just seen.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from rnn_core.figures import theme
from rnn_core.figures.signed import SIGNED_DARK, SIGNED_LIGHT

EYES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
LEAST = 12.0  # five times what is just seen
TOGETHER = {
    "labels": theme.LABEL_COLOURS,
    "five labels": theme.label_colours(5),
    "a model and another": (theme.MODEL, theme.OTHER_MODEL, theme.BASELINE),
    "recurrent kinds and the control": tuple(theme.KIND_COLOURS[kind] for kind in ("simple_rnn", "gru", "lstm", "bag_of_words")),
    "all kinds": tuple(theme.KIND_COLOURS.values()),
    "the ends of a signed scale, light": SIGNED_LIGHT,
    "the ends of a signed scale, dark": SIGNED_DARK,
}


def seen(colour: str, eye: str) -> np.ndarray:
    """CIE L*a*b* of a '#rrggbb' colour as this eye sees it."""
    channels = np.array([int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    if eye != "trichromacy":
        linear = np.clip(np.array(EYES[eye]) @ linear, 0, 1)
    ratio = (TO_XYZ @ linear) / (TO_XYZ @ np.ones(3))
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_simulation_knows_what_is_known():
    assert seen("#ffffff", "trichromacy") == pytest.approx([100, 0, 0], abs=1e-3)
    for eye in EYES:
        assert seen("#808080", eye) == pytest.approx(seen("#808080", "trichromacy"), abs=0.1)  # greys stay grey
    red, green = (seen(colour, "deuteranopia") for colour in ("#d04040", "#6f7f20"))
    plain = np.linalg.norm(seen("#d04040", "trichromacy") - seen("#6f7f20", "trichromacy"))
    assert np.linalg.norm(red - green) < plain / 2  # a red and a green that a deuteranope confuses


@pytest.mark.parametrize("eye", ["trichromacy", *EYES])
@pytest.mark.parametrize("name", TOGETHER)
def test_colours_that_stand_together_stay_apart(name: str, eye: str) -> None:
    places = {colour: seen(colour, eye) for colour in TOGETHER[name]}
    distances = {pair: float(np.linalg.norm(places[pair[0]] - places[pair[1]])) for pair in combinations(places, 2)}
    closest = min(distances, key=distances.__getitem__)
    assert distances[closest] >= LEAST, (closest, distances[closest])

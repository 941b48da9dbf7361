"""Colours that can be read on both backgrounds of the site, and names that stay text."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from rnn_core.figures import theme

CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())["theme"]
GROUNDS = [CONFIG[mode][name] for mode in ("light", "dark") for name in ("backgroundColor", "secondaryBackgroundColor")]


def contrast(first: str, second: str) -> float:
    darker, lighter = sorted((theme.luminance(first), theme.luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def test_luminance_and_contrast_are_those_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the well-known grey that just fails 4.5


@pytest.mark.parametrize("ground", GROUNDS)
def test_every_colour_stands_out_from_light_and_dark(ground: str) -> None:
    """WCAG 2.2, 1.4.11: graphics need 3 to 1."""
    colours = {*theme.KIND_COLOURS.values(), theme.MODEL, theme.OTHER_MODEL, theme.BASELINE, theme.NEUTRAL}
    for count in (2, 7, 50):
        colours.update(theme.label_colours(count))
    assert min(contrast(colour, ground) for colour in colours) >= 3.0


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 50])
def test_each_label_has_a_colour_of_its_own(count: int) -> None:
    colours = theme.label_colours(count)
    assert len(set(colours)) == len(colours) == count
    assert len(set(theme.KIND_COLOURS.values())) == len(theme.KIND_COLOURS)


def test_a_persons_text_is_never_markup() -> None:
    assert theme.plain("<a href='x'>&") == "&lt;a href='x'&gt;&amp;"
    assert len(theme.plain("x" * 200)) == 40

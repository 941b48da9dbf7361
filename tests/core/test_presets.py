"""Each set of texts gets settings that fit it."""

from __future__ import annotations

import numpy as np
import pytest

from rnn_core.data.roles import role_sentences
from rnn_core.data.samples import SAMPLES
from rnn_core.data.texts import LabelledTexts
from rnn_core.presets import MOST_STEPS, PRESETS, ROLES, SAMPLE_PRESETS, TEXTBOOK, preset_for
from rnn_core.spec import ModelSpec, TrainSpec


def texts_of(count: int, words: int) -> LabelledTexts:
    return LabelledTexts(tuple(["word " * words] * count), np.arange(count) % 2, ("a", "b"))


def test_every_sample_has_a_preset() -> None:
    assert set(SAMPLE_PRESETS) == set(SAMPLES)
    assert set(SAMPLE_PRESETS.values()) < set(PRESETS.values())


def test_a_sample_is_known_by_its_report() -> None:
    assert preset_for(role_sentences().for_fit()) is ROLES


def test_the_textbook_model_is_left_as_the_books_have_it() -> None:
    assert TEXTBOOK.model.replace(vocabulary=0) == ModelSpec()
    assert TEXTBOOK.train == TrainSpec()


@pytest.mark.parametrize("count", [0, 1, 500, 5_000])
@pytest.mark.parametrize("words", [0, 1, 20, 90, 500, 5_000])
def test_a_file_of_ones_own_is_read_whole_up_to_400_words(count: int, words: int) -> None:
    if count * words > 500_000:
        count = 500_000 // words
    preset = preset_for(texts_of(count, words))
    assert preset.model.time_steps == min(max(words if count else 0, 10), MOST_STEPS)
    assert f"{count:,}" in preset.title


def test_few_texts_get_more_passes_than_many() -> None:
    passes = [preset_for(texts_of(count, 5)).train.epochs for count in (500, 10_000, 100_000)]
    assert passes == sorted(passes, reverse=True)
    assert len(set(passes)) == 3

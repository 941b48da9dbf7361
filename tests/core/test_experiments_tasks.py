"""The tasks ask what they say, and their baselines are what no memory can beat."""

import math

import numpy as np
import pytest

from rnn_core.data.samples import load_sample
from rnn_core.experiments import tasks
from rnn_core.experiments.task_examples import example
from rnn_core.experiments.tasks import COPIED, NEGATIVE, POSITIVE, SYMBOLS, TASK
from rnn_core.spec import FIRST_WORD_ID


@pytest.fixture(scope="module", autouse=True)
def few_reviews(tmp_path_factory):
    """Real words from a thousand short reviews: reading the long ones takes seconds."""
    folder = tmp_path_factory.mktemp("samples")
    original = tasks.load_sample
    tasks.load_sample = lambda name: load_sample("quick_reviews", folder)
    tasks.real_words.cache_clear()
    yield
    tasks.load_sample = original
    tasks.real_words.cache_clear()


def draw(name, count=2_000, gap=6, filler="random", curriculum=False, seed=0):
    return TASK[name].sequences(np.random.default_rng(seed), count, gap, filler, curriculum)


def test_recall_asks_for_the_first_symbol_and_order_alone_tells_which_that_is():
    drawn = draw("recall")
    assert drawn.inputs.shape == (2_000, 8)
    assert (drawn.inputs[:, 0] - FIRST_WORD_ID == drawn.targets).all()
    assert len(np.unique(drawn.inputs[:, -1])) == 1
    assert set(np.unique(drawn.inputs[:, 1:-1])) == set(range(FIRST_WORD_ID, FIRST_WORD_ID + SYMBOLS))
    assert len(np.unique(draw("recall", filler="blank").inputs[:, 1:-1])) == 1
    assert TASK["recall"].baseline(6) == np.mean(np.bincount(drawn.targets) > 0) / SYMBOLS == 1 / 8


def test_adding_is_the_sum_of_one_marked_number_in_each_half():
    drawn = draw("adding", count=20_000, gap=11)
    numbers, marks = drawn.inputs[..., 0], drawn.inputs[..., 1]
    assert (marks.sum(axis=1) == 2).all()
    assert (marks[:, :6].sum(axis=1) == 1).all()
    np.testing.assert_allclose((numbers * marks).sum(axis=1), drawn.targets, rtol=1e-6)
    assert (marks[np.arange(20_000), drawn.remembered] == 1).all()
    assert TASK["adding"].baseline(11) == pytest.approx(drawn.targets.var(), rel=0.03)
    assert TASK["adding"].baseline(11) == pytest.approx(0.167, abs=1e-3)


def test_copy_says_the_ten_symbols_again():
    drawn = draw("copy", gap=5)
    assert drawn.inputs.shape == drawn.targets.shape == (2_000, 25)
    assert (drawn.targets[:, -COPIED:] == drawn.inputs[:, :COPIED] - FIRST_WORD_ID).all()
    assert (drawn.targets[:, :-COPIED] == SYMBOLS).all()
    assert TASK["copy"].baseline(100) == pytest.approx(10 * math.log(8) / 120)


def test_first_word_is_praise_or_blame_before_real_words():
    drawn = draw("first_word", gap=4)
    vocabulary, words = tasks.real_words()
    praise = set(vocabulary.ids(POSITIVE).tolist())
    assert [word in praise for word in drawn.inputs[:, 0]] == drawn.targets.astype(bool).tolist()
    assert not praise & set(vocabulary.ids(NEGATIVE).tolist())
    assert len(praise) == 10  # none of them is unknown
    joined = "".join(map(chr, words))
    assert all("".join(map(chr, row)) in joined for row in drawn.inputs[:20, 1:])


@pytest.mark.parametrize("name", TASK)
def test_a_curriculum_pads_shorter_sequences_before_their_start(name):
    drawn, plain = draw(name, count=200, gap=7, curriculum=True), draw(name, count=200, gap=7)
    assert drawn.inputs.shape == plain.inputs.shape
    assert drawn.targets.shape == plain.targets.shape
    starts = (~drawn.present).sum(axis=1)
    assert (np.sort(drawn.present, axis=1) == drawn.present).all()  # padding first
    assert not drawn.inputs[~drawn.present].any()
    assert 60 < (starts == 0).sum() < 160
    assert starts.max() == 6
    assert (drawn.remembered >= starts).all()
    if name == "recall":
        assert (drawn.inputs[np.arange(200), drawn.remembered] - FIRST_WORD_ID == drawn.targets).all()


@pytest.mark.parametrize("name", TASK)
def test_an_example_is_a_sequence_of_its_task(name):
    found = example(name, gap=4, seed=3)
    assert len(found.steps) == TASK[name].steps(4)
    told = [found.steps[place] for place in sorted(found.remembered)]
    if name == "adding":
        assert sum(map(float, told)) == pytest.approx(float(found.answer), abs=0.011)
    elif name == "first_word":
        assert (told[0] in POSITIVE, found.answer) == (True, "praise")
    else:
        assert " ".join(told) == found.answer
        assert "?" in found.steps


@pytest.mark.parametrize("name", TASK)
@pytest.mark.parametrize("gap", [1, 2, 500])
def test_every_gap_from_the_shortest_to_the_longest_has_its_steps(name, gap):
    drawn = draw(name, count=3, gap=gap)
    assert drawn.inputs.shape[1] == TASK[name].steps(gap)
    assert np.array_equal(drawn.inputs, draw(name, count=3, gap=gap).inputs)  # the stream decides

"""Specifications refuse what does not exist with the limit in the sentence, and survive JSON and a URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.spec import KINDS, LIMITS, RECURRENT_KINDS, ModelSpec, SpecError, TrainSpec


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"units": 0}, "units must be between 1 and 512, not 0."),
        ({"time_steps": 10_000}, "time_steps must be between 1 and 2,000, not 10,000."),
        ({"vocabulary": 1}, "vocabulary must be between 3 and 200,000, not 1."),
        ({"units": 10**400}, "units must be between 1 and 512"),
        ({"units": 3.5}, "units must be a whole number, not 3.5."),
        ({"units": True}, "units must be a whole number, not True."),
        ({"dropout": float("nan")}, "dropout must be a number, not nan."),
        ({"kind": "perceptron"}, "kind must be one of simple_rnn, gru,"),
        ({"kind": "dense", "layers": 2}, "goes with simple_rnn, gru and lstm, not with dense"),
        ({"bidirectional": True, "pooling": "every"}, "cannot be bidirectional"),
        ({"kind": "transformer", "features": 30}, "30 features do not split into 4 heads"),
    ],
)
def test_what_does_not_exist_is_refused_with_a_sentence(settings, words):
    with pytest.raises(SpecError) as error:
        ModelSpec(**settings)
    assert words in str(error.value)


@pytest.mark.parametrize("text", ["9" * 400, "1e999", "nan", "", "0x10", "٣٠٠٠٠"])
def test_a_url_cannot_smuggle_a_number_in(text):
    with pytest.raises(SpecError):
        ModelSpec.from_params({"units": text})


@given(
    kind=st.sampled_from(KINDS),
    units=st.integers(*map(int, LIMITS["units"])),
    bidirectional=st.booleans(),
    dropout=st.floats(0.0, 0.9),
    rate=st.floats(1e-6, 1.0),
    seed=st.integers(0, 2**31 - 1),
)
def test_json_and_url_give_the_same_specification_again(kind, units, bidirectional, dropout, rate, seed):
    both = bidirectional and kind in RECURRENT_KINDS
    model, train = (
        ModelSpec(kind=kind, units=units, bidirectional=both, dropout=dropout),
        TrainSpec(learning_rate=rate, seed=seed),
    )
    for spec in (model, train):
        assert type(spec).from_json(spec.to_json()) == spec
        assert type(spec).from_params({**spec.to_params(), "page": "other"}) == spec


@pytest.mark.parametrize("text", ["", "[]", "{", '{"units": 0}', '{"nonsense": 1}', '{"units": "64"}'])
def test_json_of_something_else_is_refused(text):
    with pytest.raises(SpecError):
        ModelSpec.from_json(text)


def test_the_default_is_the_textbook_model():
    assert ModelSpec() == ModelSpec(kind="simple_rnn", units=64, time_steps=100, features=32, labels=2)
    assert ModelSpec().to_params() == {}

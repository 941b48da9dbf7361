"""The bundled role networks and the recorded order meter are what they say they are."""

import numpy as np
import pytest

from rnn_core.bundled import WITHOUT_POSITIONS, bundled, bundled_untrained, network_name, record
from rnn_core.bundled.order import recorded_parts, recorded_rules, recorded_scores
from rnn_core.data.roles import LABEL_NAMES, role_sentences
from rnn_core.lenses.order import order_meter
from rnn_core.lenses.order_pair import pair_answers
from rnn_core.lenses.order_roles import PartAccuracy, accuracy_by_part
from rnn_core.spec import KINDS, RECURRENT_KINDS

NETWORKS = (*KINDS, WITHOUT_POSITIONS)
ORDER_BLIND = ("bag_of_words", WITHOUT_POSITIONS)
ORDERS = ("shuffled", "reversed", "neighbours_swapped")


@pytest.fixture(scope="module")
def sentences():
    return role_sentences()


def test_every_kind_is_there_under_its_name():
    assert set(record("roles")["models"]) == set(NETWORKS)
    for name in NETWORKS:
        model = bundled(name, "roles")
        assert network_name(model.spec) == name
        assert model.label_names == LABEL_NAMES


@pytest.mark.parametrize("name", NETWORKS)
def test_the_recorded_numbers_are_those_of_the_bundled_network(name, sentences):
    part = sentences.unseen_pairs
    right = float((bundled(name, "roles").predict_proba(part.texts).argmax(axis=1) == part.labels).mean())
    recorded = recorded_scores("unseen_pairs")[name]
    assert recorded.as_written.value == pytest.approx(right, abs=2e-3)
    assert record("roles")["models"][name]["accuracy"]["value"] == pytest.approx(right, abs=2e-3)
    assert recorded.shuffles >= 20
    assert recorded.texts == recorded_rules()["unseen_pairs"] == len(part)


def test_the_recorded_meter_can_be_measured_again(sentences):
    part, recorded = sentences.unseen_pairs, recorded_scores("unseen_pairs")["simple_rnn"]
    pairs = np.arange(len(part)) // 2
    again = order_meter(bundled("simple_rnn", "roles"), part.texts, part.labels, recorded.shuffles, recorded.seed, groups=pairs)
    for order in ("as_written", *ORDERS):
        for bound in ("value", "low", "high"):
            assert getattr(getattr(again, order), bound) == pytest.approx(getattr(getattr(recorded, order), bound), abs=2e-3)


@pytest.mark.parametrize("texts", ["unseen_pairs", "unseen_lengths", "reviews"])
def test_order_is_worth_exactly_nothing_to_the_order_blind(texts):
    scores = recorded_scores(texts)
    assert set(scores) == set(NETWORKS)
    for name in ORDER_BLIND:
        assert scores[name].largest_move == 0
        assert {getattr(scores[name].lost, order).value for order in ORDERS} == {0}
    for name in set(NETWORKS) - set(ORDER_BLIND):
        assert scores[name].largest_move > 0


def test_counting_words_is_worth_half_and_reading_order_nearly_all():
    scores = recorded_scores("unseen_pairs")
    assert {scores[name].as_written.value for name in ORDER_BLIND} == {0.5}
    assert all(scores[name].as_written.low > 0.95 for name in RECURRENT_KINDS)


def test_the_first_pair_is_told_apart_by_what_reads_order_and_by_nothing_else():
    first, second = "the dog bit the man", "the man bit the dog"
    for name in RECURRENT_KINDS:
        answers = pair_answers(bundled(name, "roles"), first, second)
        assert [LABEL_NAMES[answer.argmax()] for answer in (answers.first, answers.second)] == ["person", "animal"]
    for name in ORDER_BLIND:
        assert pair_answers(bundled(name, "roles"), first, second).difference == 0
    control = pair_answers(bundled_untrained("simple_rnn", "roles"), first, second)
    assert control.difference > 0


def test_the_parts_add_up_and_are_as_recorded(sentences):
    found = accuracy_by_part(bundled("dense", "roles"), sentences)
    lengths = [part for part in found if part.name.isdigit()]
    assert sum(part.sentences for part in lengths if part.in_training) == len(sentences.unseen_pairs)
    assert sum(part.sentences for part in lengths if not part.in_training) == len(sentences.unseen_lengths)
    assert {int(part.name) for part in lengths if part.in_training} == set(sentences.rules.lengths_seen)
    for part, recorded in zip(found, recorded_parts("dense"), strict=True):
        assert (part.name, part.in_training, part.sentences) == (recorded.name, recorded.in_training, recorded.sentences)
        assert part.accuracy.value == pytest.approx(recorded.accuracy.value, abs=0.02)
    assert PartAccuracy.from_dict(found[0].to_dict()) == found[0]

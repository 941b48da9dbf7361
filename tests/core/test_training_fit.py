"""Training as a whole: the same twice, the same after a restore, stopped early, stopped at once, and its batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnn_core.data.texts import DataError, LabelledTexts
from rnn_core.data.tokens import tokenize
from rnn_core.spec import ModelSpec, TrainSpec
from rnn_core.training.batches import TextBatches
from rnn_core.training.checkpoint import CheckpointError
from rnn_core.training.fit import BatchProgress, Training, TrainingStopped, fit

MODEL = ModelSpec(units=5, features=4, time_steps=10, dropout=0.2, embedding_dropout=0.2)
TRAIN = TrainSpec(epochs=3, batch_size=8, learning_rate=0.02, averaging=0.9, weight_decay=0.01, patience=2, seed=3)


def texts(count: int = 60) -> LabelledTexts:
    """Sentences of 2 to 12 words, half of which hold the word that decides."""
    rng = np.random.default_rng(0)
    fill = [f"word{number}" for number in range(30)]
    rows = [[*rng.choice(fill, rng.integers(1, 12)), ("good", "bad")[place % 2]] for place in range(count)]
    return LabelledTexts(tuple(" ".join(rng.permutation(row)) for row in rows), np.arange(count) % 2, ("yes", "no"))


def numbers(training: Training) -> list[tuple[float, ...]]:
    return [(m.loss, m.accuracy, m.held_out_loss, m.held_out_accuracy) for m in training.history]


def test_the_same_twice_and_the_same_after_a_restore(tmp_path: Path) -> None:
    undisturbed = Training(MODEL, TRAIN, texts())
    for epoch in range(TRAIN.epochs):
        undisturbed.run_epoch()
        if epoch == 0:
            undisturbed.save_checkpoint(tmp_path / "one" / "checkpoint.npz")
    restored = Training.restore(MODEL, TRAIN, texts(), tmp_path / "one" / "checkpoint.npz")
    assert restored.epochs_done == 1
    while restored.epochs_done < TRAIN.epochs:
        restored.run_epoch()
    assert numbers(restored) == numbers(undisturbed)
    first, second = undisturbed.finish(), restored.finish()
    for name, weights in first.weights.items():
        np.testing.assert_array_equal(second.weights[name], weights)
    np.testing.assert_array_equal(first.held_out_probabilities, second.held_out_probabilities)
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["checkpoint.npz"]
    with pytest.raises(CheckpointError, match="another model or to other texts"):
        Training.restore(MODEL, TRAIN, texts(58), tmp_path / "one" / "checkpoint.npz")
    whole = (tmp_path / "one" / "checkpoint.npz").read_bytes()
    (tmp_path / "half.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="not a whole checkpoint"):
        Training.restore(MODEL, TRAIN, texts(), tmp_path / "half.npz")


def test_fit_learns_and_its_three_forms_give_the_same_answers(tmp_path: Path) -> None:
    seen = []
    spec = MODEL.replace(dropout=0.0, embedding_dropout=0.0)
    trained = fit(spec, TrainSpec(epochs=8, batch_size=8, learning_rate=0.03), texts(160), on_epoch=seen.append)
    assert [metrics.epoch for metrics in seen] == list(range(1, 9))
    assert seen == list(trained.history)
    assert trained.evaluation.accuracy.value >= 0.9
    assert trained.spec.vocabulary == trained.vocabulary.size
    assert len(trained.held_out_rows) == 32
    some = [texts(160).texts[row] for row in trained.held_out_rows]
    classifier = trained.classifier()
    np.testing.assert_allclose(classifier.predict_proba(some), trained.held_out_probabilities, atol=1e-6)
    trained.save(tmp_path / "model")
    np.testing.assert_array_equal(type(classifier).load(tmp_path / "model").predict_proba(some), classifier.predict_proba(some))
    ids = np.zeros((len(some), spec.time_steps), np.int32)
    for row, text in enumerate(some):
        known = trained.vocabulary.ids(text.split()[: spec.time_steps])
        ids[row, spec.time_steps - len(known) :] = known
    np.testing.assert_allclose(np.asarray(trained.keras_model()(ids))[:, 0], trained.held_out_probabilities[:, 1], atol=1e-5)


def test_patience_keeps_the_best_weights() -> None:
    rng = np.random.default_rng(1)
    noise = LabelledTexts(texts().texts, rng.integers(0, 2, 60), ("yes", "no"))
    train_spec = TrainSpec(epochs=60, batch_size=8, learning_rate=0.05, patience=2)
    trained = fit(MODEL.replace(dropout=0.0), train_spec, noise)
    losses = [metrics.held_out_loss for metrics in trained.history]
    assert len(losses) < 60
    assert int(np.argmin(losses)) == len(losses) - 3
    assert trained.evaluation.log_loss == pytest.approx(min(losses), rel=1e-5)


def test_progress_can_stop_an_epoch_in_its_middle() -> None:
    heard: list[BatchProgress] = []

    def on_progress(progress: BatchProgress) -> None:
        heard.append(progress)
        if progress.batch:
            raise TrainingStopped

    training = Training(MODEL, TRAIN, texts())
    with pytest.raises(TrainingStopped):
        training.run_epoch(on_progress)
    assert training.epochs_done == 0
    assert heard[0].batch == 0
    assert heard[-1].batches == 6


def test_rows_that_the_texts_hold_out_are_held_out_and_the_vocabulary_never_sees_them() -> None:
    rows = np.array([0, 1, 7])
    own = LabelledTexts(("secret x", *texts().texts[1:]), texts().labels, ("yes", "no"), held_out=rows)
    training = Training(MODEL, TRAIN, own)
    np.testing.assert_array_equal(training.held_out_rows, rows)
    assert "secret" not in training.vocabulary
    training.run_epoch()
    words = [word for row in rows for word in tokenize(own.texts[row])[: MODEL.time_steps]]
    unknown = np.mean(training.vocabulary.unknown(words))
    assert 0 < unknown < 1
    assert training.finish().classifier().notes["held_out_unknown"] == pytest.approx(unknown)


def test_texts_without_words_are_refused() -> None:
    with pytest.raises(DataError, match="hold no word"):
        Training(MODEL, TRAIN, LabelledTexts(("", " ") * 5, np.arange(10) % 2, ("yes", "no")))


@pytest.mark.parametrize("count", [1, 7, 8, 50])
@pytest.mark.parametrize("size", [5, 8, 9])
def test_an_epoch_reads_each_text_once_padded_as_the_specification_says(count: int, size: int) -> None:
    rng = np.random.default_rng(0)
    words = [rng.integers(1, 40, length).astype(np.int32) for length in rng.integers(0, 30, count)]
    spec = ModelSpec(vocabulary=40, time_steps=30, padding="right")
    batches = TextBatches.lay_out(spec, TrainSpec(batch_size=size), words, np.arange(count) % 2)
    batches = TextBatches(**{**vars(batches), "widths": (8, 16, 30)})
    seen = []
    for chunk in batches.epoch(2):
        arrays = batches.arrays(chunk)
        for k, b in zip(*np.nonzero(chunk.rows >= 0), strict=True):
            row = chunk.rows[k, b]
            seen.append(row)
            part, place = divmod(b, arrays.labels.shape[2])
            words_read = arrays.words[k, part, :, place]
            ids = words_read if arrays.rows is None else arrays.rows[k][words_read]
            np.testing.assert_array_equal(ids, np.pad(words[row], (0, chunk.width - len(words[row]))))
            assert arrays.labels[k, part, place] == row % 2
        assert arrays.weights.sum() == (chunk.rows >= 0).sum()
    assert sorted(seen) == list(range(count))
    assert [c.rows.tolist() for c in batches.epoch(2)] == [c.rows.tolist() for c in batches.epoch(2)]
    if count == 50:
        assert [c.rows.tolist() for c in batches.epoch(2)] != [c.rows.tolist() for c in batches.epoch(3)]

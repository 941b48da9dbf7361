"""The order meter as a job: on a run's held-out texts, on an upload, and what it says where it cannot measure."""

from __future__ import annotations

import numpy as np
import pytest

from lab import order_job, results
from lab.records import Run
from lab.store import StoreError
from rnn_core.data.texts import LabelledTexts
from rnn_core.lenses.order import order_meter
from tests.lab.dashboards import OWNER, Workshop
from tests.lab.small import small_texts


@pytest.fixture(scope="module")
def network(workshop: Workshop) -> Run:
    """A small trained run."""
    return workshop.wait_for(workshop.submit(epochs=1, batch_size=64), lambda run: not run.is_active)


def measured(workshop: Workshop, network: Run, texts: LabelledTexts | None = None) -> Run:
    lab = workshop.lab
    upload = None if texts is None else lab.add_upload(OWNER, "mine.csv", texts)
    run = order_job.submit(lab, OWNER, network, upload)
    return workshop.wait_for(run, lambda run: not run.is_active)


def test_the_job_gives_what_the_meter_gives_on_the_held_out_texts(workshop: Workshop, network: Run) -> None:
    artifacts = workshop.lab.artifacts
    run = measured(workshop, network)
    assert (run.state, run.has_result) == ("done", False), run.reason
    held_out = results.held_out(artifacts, network)
    found = order_job.result(artifacts, run)
    assert found.score == order_meter(results.classifier(artifacts, network), held_out.texts, held_out.labels)
    assert (found.left_out, found.drawn_from, found.network) == (0, len(held_out.texts), network.name)


def test_an_upload_is_measured_by_its_label_names_whatever_their_order(workshop: Workshop, network: Run) -> None:
    texts = small_texts(60)
    turned = LabelledTexts((*texts.texts, "odd one"), np.append(1 - texts.labels, 2), ("positive", "negative", "unheard of"))
    run = measured(workshop, network, turned)
    found = order_job.result(workshop.lab.artifacts, run)
    classifier = results.classifier(workshop.lab.artifacts, network)
    assert found.score == order_meter(classifier, texts.texts, texts.labels)
    assert (found.left_out, found.drawn_from) == (1, 60)


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (small_texts(3), "3 texts are too few"),
        (LabelledTexts(("fine", "dull") * 6, np.arange(12) % 2, ("positive", "negative")), "no order that could be changed"),
        (LabelledTexts(("a b",) * 12, np.arange(12) % 2, ("cat", "dog")), "No label in mine.csv is one that this network knows"),
    ],
)
def test_what_cannot_be_measured_gets_a_sentence(workshop: Workshop, network: Run, texts: LabelledTexts, sentence: str) -> None:
    run = measured(workshop, network, texts)
    assert run.state == "failed"
    assert sentence in run.reason


def test_only_a_run_with_a_result_can_be_measured(workshop: Workshop) -> None:
    waiting = workshop.submit()
    workshop.lab.queue.stop(OWNER, waiting.id)
    with pytest.raises(StoreError, match="with a result"):
        order_job.submit(workshop.lab, OWNER, waiting)

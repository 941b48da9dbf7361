"""The command line as a person types it: train, classify without TensorFlow, samples, and one clear line for bad input."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rnn_core.__main__ import main

CLASSIFY_WITHOUT_TENSORFLOW = (
    "import sys; from rnn_core.__main__ import main; status = main(sys.argv[1:]); "
    "assert not {'tensorflow', 'keras'} & set(sys.modules); sys.exit(status)"
)


def write_reviews(path: Path) -> None:
    rng = np.random.default_rng(0)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["review", "stars"])
        for place in range(60):
            words = [*rng.choice(["film", "the", "a", "plot"], 4), ("good", "bad")[place % 2]]
            out.writerow([" ".join(words), ("5", "1")[place % 2]])


def test_train_then_classify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reviews, model, answers = tmp_path / "reviews.csv", tmp_path / "model", tmp_path / "predictions.csv"
    write_reviews(reviews)
    small = ["--units", "4", "--features", "4", "--epochs", "6", "--learning-rate", "0.05", "--batch-size", "8"]
    columns = ["--text-column", "review", "--label-column", "stars"]
    assert main(["train", str(reviews), "--out", str(model), *columns, *small]) == 0
    told = capsys.readouterr()
    result = json.loads(told.out)
    assert {"held_out_accuracy", "majority", "baselines", "rows", "epochs", "seconds"} <= set(result)
    assert result["rows"] == 60
    assert result["epochs"] == 6
    assert result["held_out_accuracy"] > 0.8
    assert "epoch 6 of 6" in told.err
    command = [sys.executable, "-c", CLASSIFY_WITHOUT_TENSORFLOW, "classify", str(model), str(reviews), "--out", str(answers)]
    done = subprocess.run([*command, *columns], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == 60
    with answers.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["text", "prediction", "probability", "label"]
    right = np.mean([row["prediction"] == row["label"] for row in rows])
    assert right == pytest.approx(json.loads(done.stdout)["accuracy"])


@pytest.mark.parametrize(
    ("content", "arguments", "sentence"),
    [
        (None, [], "No such file"),
        (b"", [], "empty"),
        (b"text,label\na,x\nb,y\na,x\nb,y\n", ["--units", "0"], "units must be between"),
        (b"text,label\na,x\nb,x\n", [], "label"),
    ],
)
def test_bad_input_ends_with_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, arguments: list[str], sentence: str
) -> None:
    file = tmp_path / "texts.csv"
    if content is not None:
        file.write_bytes(content)
    assert main(["train", str(file), "--out", str(tmp_path / "model"), *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert sentence in told.err
    assert len(told.err.strip().splitlines()) == 1
    assert not (tmp_path / "model").exists()


def test_a_file_that_is_no_model_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "texts.csv"
    file.write_text("text\nhello\n")
    assert main(["classify", str(file), str(file), "--out", str(tmp_path / "out.csv")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1

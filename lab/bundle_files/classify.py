"""Classifies texts with the model in this folder: plain Keras, nothing of the lab that trained it.

pip install -r requirements.txt
python classify.py "a text" "another text"
python classify.py --file texts.txt --out predictions.csv     (one text a line, UTF-8)
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from words import Vocabulary, tokenize  # type: ignore[import-not-found]  # lies beside this file in the bundle

HERE = Path(__file__).resolve().parent
PADDING_ID = 0
DANGEROUS_FIRST = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # a spreadsheet would run a cell that begins so


def main() -> None:
    """Reads texts from the command line or a file, and writes one row a text: the prediction and its probability."""
    parser = argparse.ArgumentParser(description="Classify texts with the model in this folder.")
    parser.add_argument("texts", nargs="*", help="texts to classify")
    parser.add_argument("--file", type=Path, help="a UTF-8 text file with one text a line")
    parser.add_argument("--out", type=Path, help="where to write the CSV; the screen if left out")
    arguments = parser.parse_args()
    texts = list(arguments.texts)
    if arguments.file:
        texts += arguments.file.read_text(encoding="utf-8-sig").splitlines()
    if not texts:
        parser.error("give texts or --file")
    settings = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))
    probabilities = predict_proba(texts, settings)
    with arguments.out.open("w", newline="", encoding="utf-8") if arguments.out else sys.stdout as out:
        writer = csv.writer(out)
        writer.writerow(["text", "prediction", "probability"])
        for text, row in zip(texts, probabilities, strict=True):
            best = int(row.argmax())
            writer.writerow([harmless(text), harmless(settings["label_names"][best]), f"{row[best]:.6f}"])


def predict_proba(texts: Sequence[str], settings: dict[str, Any]) -> Any:
    """Probabilities [N, K], one column a label in the order of `label_names`."""
    model = keras.models.load_model(HERE / "model.keras")
    vocabulary = Vocabulary.from_list(json.loads((HERE / "vocabulary.json").read_text(encoding="utf-8")))
    spec = settings["model"]
    ids = np.stack([padded(vocabulary.ids(tokenize(text)), spec["time_steps"], spec["padding"]) for text in texts])
    answers = np.asarray(model.predict(ids, batch_size=256, verbose=0))
    if answers.ndim == 3:  # an answer at every step: the one after the last word counts
        is_word = ids != PADDING_ID
        last = np.where(is_word.any(axis=1), ids.shape[1] - 1 - is_word[:, ::-1].argmax(axis=1), ids.shape[1] - 1)
        answers = answers[np.arange(len(ids)), last]
    return np.hstack([1 - answers, answers]) if answers.shape[1] == 1 else answers


def padded(ids: Any, time_steps: int, side: str) -> Any:
    """The first `time_steps` word ids of a text, with zeros on one side of a shorter one."""
    row = np.full(time_steps, PADDING_ID, dtype=np.int32)
    ids = ids[:time_steps]
    start = time_steps - len(ids) if side == "left" else 0
    row[start : start + len(ids)] = ids
    return row


def harmless(cell: str) -> str:
    """The cell with an apostrophe before it where a spreadsheet would read a formula."""
    return "'" + cell if cell.startswith(DANGEROUS_FIRST) else cell


if __name__ == "__main__":
    main()

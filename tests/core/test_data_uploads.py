"""Files that people bring: every row is kept or named, labels stay as they are, and bad input gets one sentence."""

import csv
import io
import itertools
import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_core.data.texts import DroppedRow
from rnn_core.data.uploads import NO_LABELS, UploadError, preview_file, read_labelled_texts, read_pair, read_texts

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LABELS = ["pos", "neg", "1", "1.0", "01", " 1", "très bon", "a,b", 'say "x"']
SEPARATORS = [",", ";", "\t", "|"]


def table(rows, separator=",", quoting=csv.QUOTE_MINIMAL, end="\r\n", header=("text", "label")):
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, quoting=quoting, lineterminator=end)
    writer.writerows(([header] if header else []) + list(rows))
    return file.getvalue()


def labels_of(texts):
    return [texts.label_names[label] for label in texts.labels]


def counted(texts):
    report = texts.report
    assert report.rows_read == report.rows_kept + len(report.dropped)
    assert report.rows_kept == len(texts)
    return report


# Round trips

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=255, blacklist_categories=("Cc",))
WORDS = st.lists(st.text(PRINTABLE, min_size=1, max_size=6), min_size=1, max_size=6).map(" ".join)
ANY_TEXT = st.one_of(
    WORDS, st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=30), st.just("a\nb\r\n\nc")
)
VISIBLE = ANY_TEXT.filter(lambda text: bool(text.strip()))


@QUICK
@given(
    texts=st.lists(VISIBLE, min_size=4, max_size=10),
    separator=st.sampled_from(SEPARATORS),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    end=st.sampled_from(["\n", "\r\n"]),
    labels=st.lists(st.sampled_from(LABELS), min_size=2, max_size=2, unique=True),
)
def test_any_texts_come_back_when_the_layout_is_chosen(texts, separator, quoting, encoding, end, labels):
    rows = list(zip(texts, itertools.cycle(labels), strict=False))
    data = table(rows, separator, quoting, end).encode(encoding)
    chosen = "utf-16" if encoding.startswith("utf-16") else "utf-8"
    read = read_labelled_texts(data, "a.csv", "text", "label", separator, quoting=True, encoding=chosen, header=True)
    assert list(zip(read.texts, labels_of(read), strict=True)) == rows
    assert counted(read).dropped == ()


PROSE = st.lists(
    st.sampled_from(["good", "film,", "it's", "“fine”", "don't;", '"wow"', "naïve", "1,5", "café.", "a|b", "übel\nund", "so!"]),
    min_size=2,
    max_size=12,
).map(" ".join)


@QUICK
@given(
    texts=st.lists(PROSE, min_size=6, max_size=30),
    separator=st.sampled_from(SEPARATORS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_prose_comes_back_with_everything_found(texts, separator, encoding, end):
    rows = [(text, ("pos", "neg")[number % 2]) for number, text in enumerate(texts)]
    read = read_labelled_texts(table(rows, separator, csv.QUOTE_ALL, end).encode(encoding), "a.csv")
    assert list(zip(read.texts, labels_of(read), strict=True)) == rows


@QUICK
@given(
    sentences=st.lists(st.text("ab \"',.!", min_size=1, max_size=12).filter(lambda text: "a" in text), min_size=4, max_size=40),
    first=st.booleans(),
)
def test_lone_quote_marks_between_tabs_lose_no_row(sentences, first):
    """The layout of UCI's sentiment sentences; also with the label in front."""
    labels = ["01"[number % 2] for number in range(len(sentences))]
    pairs = [(label, text) if first else (text, label) for text, label in zip(sentences, labels, strict=True)]
    data = "".join("\t".join(pair) + "\n" for pair in pairs).encode()
    text_column, label_column = ("column 2", "column 1") if first else ("column 1", "column 2")
    read = read_labelled_texts(data, "yelp_labelled.txt", text_column, label_column)
    assert counted(read).rows_kept == len(sentences)
    assert labels_of(read) == labels


def test_lone_quote_marks_are_kept_as_they_are():
    data = b'"Wow... Loved this place.\t1\nCrust is not good.\t0\nIt is 5" big\t1\nNot "tasty" at all\t0\n'
    read = read_labelled_texts(data, "yelp_labelled.txt")
    assert read.texts == ('"Wow... Loved this place.', "Crust is not good.", 'It is 5" big', 'Not "tasty" at all')
    assert labels_of(read) == ["1", "0", "1", "0"]


@QUICK
@given(
    text=st.text(st.sampled_from('ab",;\t|\n\r \\{}:[]é'), max_size=120),
    name=st.sampled_from(["a.csv", "a.txt", "a.jsonl", "a"]),
    header=st.sampled_from([None, True, False]),
    quoting=st.sampled_from([None, True, False]),
)
def test_any_text_is_read_or_refused_and_no_row_goes_missing(text, name, header, quoting):
    for read in (read_texts, read_labelled_texts):
        try:
            found = read(text.encode(), name, header=header, quoting=quoting)
        except UploadError:
            continue
        counted(found)


@QUICK
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    for read in (read_texts, read_labelled_texts, preview_file):
        with suppress(UploadError):
            read(data, "a.csv")


@QUICK
@given(
    parts=st.lists(
        st.sampled_from(["good,pos", '"two\nlines",neg', '"a ""b""\n\n\nc",pos', "x,neg", ",pos", "y,", "broken", "a,b,c", ""]),
        min_size=12,
        max_size=30,
    )
)
def test_dropped_rows_are_named_by_the_line_they_start_on(parts):
    parts = ["good,pos", "bad,neg", "fine,pos", "so,neg"] * 8 + parts
    wrong = {",pos": "empty text", "y,": "empty label", "broken": "broken row", "a,b,c": "broken row"}
    expected, line = [], 2
    for part in parts:
        if part in wrong:
            expected.append((line, wrong[part]))
        line += 1 + part.count("\n")
    read = read_labelled_texts(("text,label\n" + "\n".join(parts)).encode(), "a.csv")
    assert [(row.line, row.reason) for row in counted(read).dropped] == expected


# Formats


def test_windows_1252_with_semicolons_and_columns_to_choose():
    data = "id;Urteil;Meinung\n" + "".join(
        f'{n};{u};"{m}"\n'
        for n, (u, m) in enumerate(
            [("gut", "schön; ja"), ("schlecht", "übel – “naja”"), ("gut", "très bien"), ("schlecht", "5 €")] * 3
        )
    )
    preview = preview_file(data.encode("cp1252"), "a.csv")
    assert (preview.encoding, preview.separator, preview.quoting, preview.header) == ("windows-1252", ";", True, True)
    assert preview.columns == ("id", "Urteil", "Meinung")
    assert (preview.text_column, preview.label_column) == ("Meinung", "Urteil")
    assert preview.rows[0] == ("0", "gut", "schön; ja")
    assert preview.row_count == 12
    read = read_labelled_texts(data.encode("cp1252"), "a.csv", text_column="Meinung", label_column="Urteil")
    assert read.texts[1] == "übel – “naja”"
    assert read.label_names == ("gut", "schlecht")
    assert counted(read).encoding == "windows-1252"


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("Un café très cher", "latin-1", "windows-1252"),
        ("It’s a film", "cp1252", "windows-1252"),
        ("Größe, Übermut, Ärger", "cp1252", "windows-1252"),
        ("Фильм очень понравился", "cp1251", "windows-1251"),
        ("この映画はとても面白かったです", "shift_jis", "shift_jis"),
        ("这部电影非常好看，演员很棒", "gb18030", "gb18030"),
        ("naïve 😀 über", "utf-8", "utf-8"),
        ("naïve 😀 über", "utf-16", "utf-16"),
        ("plain", "ascii", "utf-8"),
    ],
)
def test_encodings_are_found(text, encoding, shown):
    data = "".join(f"{text} {n}\t{'ab'[n % 2]}\n" for n in range(4)).encode(encoding)
    read = read_labelled_texts(data, "a.txt")
    assert read.texts[0] == f"{text} 0"
    assert counted(read).encoding == shown


def test_an_encoding_can_be_chosen_and_must_fit():
    data = "żółć\t1\nzły\t0\n".encode("cp1250") * 2
    assert read_texts(data, "a.txt", encoding="windows-1250").texts[0] == "żółć"
    assert read_texts(data, "a.txt", encoding="cp1250").texts[0] == "żółć"
    with pytest.raises(UploadError, match=r"Line 1 of a.txt is not in the encoding utf-8"):
        read_texts(data, "a.txt", encoding="utf-8")
    for codec in ("unicode_escape", "idna", "hex", "nonsense", "utf-7"):
        with pytest.raises(UploadError, match="the encodings are utf-8, "):
            read_texts(data, "a.txt", encoding=codec)


def test_one_bad_byte_in_utf_8_costs_its_row_only():
    rows = ["größer 😀\ta", "schön\tb", "übel\ta", "Käse\tb", "Öl\ta"] * 4
    data = "\n".join(rows).encode() + b"\nbad \xff byte\tb\n"
    read = read_labelled_texts(data, "a.tsv")
    assert counted(read).dropped == (DroppedRow(21, "broken row", "bytes or characters that are no text"),)


def test_json_lines_keep_numbers_as_they_are_written():
    lines = [
        '{"stars": 1, "id": 7, "review": "a film"}',
        '{"stars": 1.0, "review": "b film"}',
        '{"stars": "01", "review": "c film"}',
        '{"stars": true, "review": "d film"}',
        '{"stars": 1e5, "review": "e film"}',
    ]
    wrong = [
        '{"review": "no label"}',
        '{"stars": 1, "review": null}',
        '{"stars": [1], "review": "x"}',
        '{"stars": 1, "review": "\\ud800"}',
        "[1]",
        "{",
    ]
    read = read_labelled_texts("\n".join([*lines, "", *lines, *wrong]).encode(), "a.jsonl")
    assert set(read.label_names) == {"1", "1.0", "01", "true", "1e5"}
    report = counted(read)
    assert [(row.line, row.reason) for row in report.dropped] == [
        (12, "empty label"),
        (13, "empty text"),
        (14, "broken row"),
        (15, "broken row"),
        (16, "broken row"),
        (17, "broken row"),
    ]


def test_a_pair_of_files_is_labelled_by_their_names():
    read = read_pair((b"\xef\xbb\xbfgood, film\n\nfine\n  \n", "pos.txt"), ("übel\r\nbad".encode("cp1252"), "dir/neg.txt"))
    assert list(zip(read.texts, labels_of(read), strict=True)) == [
        ("good, film", "pos"),
        ("fine", "pos"),
        ("übel", "neg"),
        ("bad", "neg"),
    ]
    assert counted(read).encoding == "utf-8 and windows-1252"
    polarity = read_pair((b"a\nb\n", "rt-polarity.pos"), (b"c\nd\n", "rt-polarity.neg"))
    assert polarity.label_names == ("rt-polarity.neg", "rt-polarity.pos")
    with pytest.raises(UploadError, match="must differ"):
        read_pair((b"a\nb\n", "a.txt"), (b"c\nd\n", "x/a.txt"))
    with pytest.raises(UploadError, match=r"'b' of a.txt and b.txt is on only 1 row"):
        read_pair((b"a\nb\n", "a.txt"), (b"c\n", "b.txt"))


def test_labels_are_never_altered():
    names = ["1", "1.0", "01", " 1", "1 ", "ONE", "one", "nan", "None"]
    read = read_labelled_texts(table([(f"text {n}", name) for n, name in enumerate(names * 2)]).encode(), "a.csv")
    assert labels_of(read) == names * 2
    numbers = read_labelled_texts(table([(f"text {n}", str(n % 11)) for n in range(44)]).encode(), "a.csv")
    assert numbers.label_names == tuple(map(str, range(11)))  # by value, so 10 stands last


def test_quotes_with_backslashes_and_a_column_without_a_name():
    data = b',text,label\n0,"He said \\"wow, yes\\"",pos\n1,"no",neg\n2,"so, \\"so\\"",pos\n3,"x",neg\n'
    read = read_labelled_texts(data, "a.csv")
    assert read.texts[0] == 'He said "wow, yes"'
    assert preview_file(data, "a.csv").columns == ("column 1", "text", "label")
    twice = preview_file(b"text,text,label\na b,c d e,1\nf g,h i j,2\n", "a.csv")
    assert twice.columns == ("text", "text (2)", "label")


def test_choices_of_a_person_come_first():
    data = b"a;b,x\nc;d,y\ne;f,x\ng;h,y\n"
    assert preview_file(data, "a.csv", separator=",").rows[0] == ("a;b", "x")
    assert preview_file(data, "a.csv", separator=";").rows[0] == ("a", "b,x")
    assert preview_file(data, "a.csv", header=True).columns == ("a", "b,x")
    quoted = b'"a"\tx\n"b"\ty\n"c"\tx\n"d"\ty\n'
    assert preview_file(quoted, "a.tsv", quoting=False).rows[0][0] == '"a"'
    assert preview_file(quoted, "a.tsv", quoting=True).rows[0][0] == "a"
    swapped = read_labelled_texts(b"a,x\nb,x\na,y\nb,y\n", "a.csv", "column 2", "column 1")
    assert swapped.texts == ("x", "x", "y", "y")
    for wrong in (
        {"text_column": "nope"},
        {"text_column": "column 1", "label_column": "column 1"},
        {"separator": ",,"},
        {"separator": "|"},
    ):
        with pytest.raises(UploadError):
            read_labelled_texts(data, "a.csv", **wrong)


# Texts without labels


def test_texts_without_labels():
    prose = read_texts(b"Yes, I like it.\n\nNo.\nWell, well, well.\n", "a.txt")
    assert prose.texts == ("Yes, I like it.", "No.", "Well, well, well.")
    assert prose.labels is None
    column = read_texts(b'text\n"good, film"\n"two\nlines"\n', "a.csv")
    assert column.texts == ("good, film", "two\nlines")
    numbered = read_texts(b"id,text\n1,a good film\n2,a bad film\n", "a.csv")
    assert numbered.labels is None
    assert numbered.texts == ("a good film", "a bad film")


def test_texts_with_labels_keep_the_order_and_the_gaps():
    data = b"text,label\nb film,x\na film,\n,y\nc film,y\n"
    read = read_texts(data, "a.csv")
    assert read.texts == ("b film", "a film", "c film")
    assert read.labels == ("x", "", "y")
    assert read.label_names == ("x", "y")
    assert counted(read).dropped == (DroppedRow(4, "empty text"),)
    assert read_texts(data, "a.csv", label_column=NO_LABELS).labels is None


# The report


def test_the_report_in_numbers():
    rows = [("a b c", "x"), ("a b c", "x"), ("a b c", "y"), ("d", "x"), ("", "x"), ("e", ""), ("d", "x"), ("f g", "y")]
    report = counted(read_labelled_texts(table(rows).encode(), "reviews.csv"))
    assert (report.rows_read, report.rows_kept) == (8, 6)
    assert report.exact_duplicates == 2
    assert report.conflicting_texts == 1
    assert report.label_counts == {"x": 4, "y": 2}
    assert report.majority_share == 4 / 6
    assert (report.length_median, report.length_max) == (2.5, 3)
    assert report.source == "reviews.csv"
    assert report.layout == "comma-separated, quoted, with a header, text column 'text', label column 'label'"


# Bad input

GOOD = "a film,pos\nb film,neg\nc film,pos\nd film,neg\n"
LONG = f"text,label\n{'x' * 100_001},pos\n{GOOD}"
MB = 2**20


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n\n", "is empty"),
        (b"text,label\n", "no rows of texts under its header"),
        (b"text,label\na,pos\nb,pos\n", "same label 'pos'"),
        (b"text,label\na,pos\nb,pos\nc,neg\n", "'neg' of a.csv is on only 1 row"),
        (b"just a text\nand another\n", "texts and no labels"),
        (b"PK\x03\x04" + b"x" * 100, "archive"),
        (b"\x1f\x8b\x08" + b"x" * 100, "gzip"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "picture"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"PAR1" + b"x" * 100, "Parquet"),
        (bytes(range(256)) * 20, "binary"),
        (b"text,label\na\0b,pos\n" + GOOD.encode() * 50, "NUL"),
        (("text,label\n" + GOOD).encode("utf-32"), "UTF-32"),
        (b"x" * (20 * MB + 1), "over 20 MB"),
        (("text,label\n" + "t,a\nt,b\n" * 100_001).encode(), "has 200,002 rows; at most 200,000"),
        (LONG.encode(), "Line 2 of a.csv has a cell of 100,001 characters"),
        (b"text,label\na,pos,x\nb\nc,neg,1,2\nd,pos\n", "unequal: line 1 has 2 and line 2 has 3"),
        (b"text,label\na,pos,x\nb,neg,y\nc,pos,z\n", "header has 2 and most rows have 3"),
        (b"text,label\n" + b"".join(b"t%d,l%d\n" % (n, n % 51) for n in range(102)), "51 different labels"),
        (b'{"text": "a"}\n{"text": "b"}\n', "texts and no labels"),
    ],
)
def test_bad_input_gets_one_sentence(data, sentence):
    with pytest.raises(UploadError, match=sentence) as caught:
        read_labelled_texts(data, "some/folder/a.csv")
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 300


def test_json_that_is_not_one_object_a_line():
    with pytest.raises(UploadError, match="JSON Lines"):
        read_labelled_texts(b'[\n{"text": "a", "label": "b"}\n]', "a.json")
    with pytest.raises(UploadError, match=r"Most rows .* broken"):
        read_labelled_texts(b'{"text":\n"a"}\n', "a.jsonl")


def test_a_text_that_is_too_long_can_be_left_out():
    assert preview_file(LONG.encode(), "a.csv").too_long == 1
    read = read_labelled_texts(LONG.encode(), "a.csv", drop_too_long=True)
    assert counted(read).dropped == (DroppedRow(2, "too long", "100,001 characters"),)
    assert read_texts(LONG.encode(), "a.csv", drop_too_long=True).texts[0] == "a film"


def test_a_hostile_name_stays_in_one_short_line():
    with pytest.raises(UploadError) as caught:
        read_labelled_texts(b"", "../../etc/" + "x" * 500 + "\n<script>.csv")
    assert len(str(caught.value)) < 80
    assert "\n" not in str(caught.value)


SIZE = 2 * MB  # enough for anything quadratic to take minutes
HOSTILE = {
    "quotes": '"' * SIZE,
    "quotes and commas": '",' * (SIZE // 2),
    "a quote a line": '"\n' * 100_000,
    "one line": "a" * SIZE,
    "many lines": "a\n" * (SIZE // 2),
    "commas": "," * SIZE,
    "many columns": (";" * 99_999 + "\n") * (SIZE // 100_000),
    "quotes that never close": "text,label\n" + '"abc,x\n' * 60_000,
    "quotes that open again and again": "text,label\n" + 'a",b,"c\n' * 60_000,
    "backslashes": "text,label\n" + '"a\\",b\n' * 60_000,
    "brackets": '{"a":' * 100_000 + "\n",
    "keys": "".join(f'{{"k{n}": 1, "j{n}": 2}}\n' for n in range(20_000)),
    "high bytes": bytes(range(160, 256)).decode("latin-1") * (SIZE // 96),
    "one cell over many lines": 'text,label\n"' + "a\n" * 200_000 + '",pos\n' + GOOD,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files_are_answered_soon(text):
    data = text.encode("latin-1")
    start = time.process_time()
    with pytest.raises(UploadError):
        read_labelled_texts(data, "a.csv")
    assert time.process_time() - start < 5

"""Bytes that somebody uploaded to text: what is no text is refused with one sentence, and the encoding is found."""

from __future__ import annotations

import codecs
import re
from pathlib import PurePath

from charset_normalizer import from_bytes

from rnn_core.data.texts import DataError

MAX_BYTES = 20 * 1024 * 1024

# What a person may choose, by the names of the WHATWG encoding standard, and Python's name for each.
ENCODINGS: dict[str, str] = {
    "utf-8": "utf-8",
    "utf-16": "utf-16",
    "windows-1252": "cp1252",
    "latin-1": "latin-1",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1253": "cp1253",
    "windows-1254": "cp1254",
    "koi8-r": "koi8-r",
    "shift_jis": "cp932",
    "euc-jp": "euc-jp",
    "gb18030": "gb18030",
    "big5": "cp950",
    "euc-kr": "cp949",
}
_NON_LATIN = {  # charset-normalizer's names for the code pages that it tells apart well
    "cp1251": "windows-1251",
    "cp1253": "windows-1253",
    "koi8_r": "koi8-r",
    "shift_jis": "shift_jis",
    "euc_jp": "euc-jp",
    "gb18030": "gb18030",
    "big5": "big5",
    "euc_kr": "euc-kr",
}

# What a file starts with, what that is, and what to do instead.
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "an archive (ZIP, or an Excel, Word or Keras file)", "unpack it, or save it as CSV"),
    (b"PK\x05\x06", "an empty ZIP archive", "upload the file of texts itself"),
    (b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (b"BZh", "a bzip2 archive", "unpack it first"),
    (b"\xfd7zXZ\x00", "an xz archive", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "unpack it first"),
    (b"%PDF-", "a PDF", "save its texts as CSV or plain text"),
    (b"\x89PNG\r\n", "a picture (PNG)", "upload a file of texts"),
    (b"\xff\xd8\xff", "a picture (JPEG)", "upload a file of texts"),
    (b"GIF8", "a picture (GIF)", "upload a file of texts"),
    (b"\x89HDF\r\n", "an HDF5 file", "save its texts as CSV"),
    (b"PAR1", "a Parquet file", "save it as CSV"),
    (b"SQLite format 3\x00", "an SQLite database", "save its table as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", "save it as CSV"),
    (b"{\\rtf", "a rich text file", "save it as plain text"),
)
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1b")
_SAMPLE = 65_536  # bytes that are enough to tell an encoding
_ASCII = re.compile(r"[\x00-\x7f]+")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


class UploadError(DataError):
    """A file that cannot be read as texts; the message is one sentence for the person who brought it."""


def decode(data: bytes, name: str, encoding: str | None = None) -> tuple[str, str]:
    """The text of a file, without a byte order mark, and the name of its encoding (a key of `ENCODINGS`).

    Bytes that are not UTF-8 in a file that is UTF-8 otherwise come back as lone surrogates, for their rows to be dropped.

    Raises:
        UploadError: empty, over 20 MB, an archive or another binary file, NUL bytes, or not in the `encoding` asked for.
    """
    shown = shown_name(name)
    _refuse_what_is_no_text(data, shown)
    found = _asked_for(encoding, shown) if encoding else _found(data)
    if found != "utf-16" and len(data) - len(data.translate(None, _CONTROLS)) > len(data) / 100:
        raise UploadError(f"{shown} is a binary file, not a file of texts{', for it holds NUL bytes' if 0 in data else ''}.")
    codec = _utf_16_codec(data) or "utf-16-le" if found == "utf-16" else ENCODINGS[found]
    try:
        text = data.decode(codec, "strict" if encoding or found != "utf-8" else "surrogateescape").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UploadError(f"Line {line:,} of {shown} is not in the encoding {found}; choose another encoding.") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UploadError(f"{shown} holds NUL bytes, the first in line {line:,}, so it is a binary or a damaged file.")
    if not text.strip():
        raise UploadError(f"{shown} is empty.")
    return text, found


def shown_name(name: str) -> str:
    """A file's name as a message shows it: short, in one line, without a folder."""
    visible = "".join(character if character.isprintable() else "?" for character in PurePath(name.replace("\\", "/")).name)
    return (visible if len(visible) <= 60 else f"{visible[:28]}…{visible[-28:]}") or "The file"


def _refuse_what_is_no_text(data: bytes, shown: str) -> None:
    if not data:
        raise UploadError(f"{shown} is empty.")
    if len(data) > MAX_BYTES:
        raise UploadError(f"{shown} is over {MAX_BYTES // 2**20} MB, the most that can be read.")
    for start, kind, instead in _SIGNATURES:
        if data.startswith(start):
            raise UploadError(f"{shown} is {kind}, not a file of texts: {instead}.")
    if data[257:262] == b"ustar":
        raise UploadError(f"{shown} is a tar archive, not a file of texts: unpack it first.")
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise UploadError(f"{shown} is in UTF-32: save it as UTF-8.")


def _asked_for(encoding: str, shown: str) -> str:
    try:
        wanted = codecs.lookup(encoding).name
    except LookupError:
        wanted = encoding.lower()
    for name, codec in ENCODINGS.items():
        if encoding.lower() == name or wanted == codecs.lookup(codec).name:
            return name
    raise UploadError(f"{shown} cannot be read as {encoding!r}; the encodings are {', '.join(ENCODINGS)}.")


def _found(data: bytes) -> str:
    if _utf_16_codec(data):
        return "utf-16"
    valid = data.decode("utf-8", "ignore")
    if len(valid) == len(data):
        return "utf-8"
    broken_bytes = len(data) - len(valid.encode())
    return "utf-8" if broken_bytes * 10 <= len(_ASCII.sub("", valid)) or not broken_bytes else _code_page(data)


def _utf_16_codec(data: bytes) -> str:
    """The UTF-16 codec that the byte order mark, or the zero byte of almost every Latin letter, speaks for; else ""."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = data[:_SAMPLE]
    first, second = sample[::2].count(0), sample[1::2].count(0)
    if len(data) % 2 == 0 and max(first, second) > len(sample) / 6 and min(first, second) <= max(first, second) / 10:
        return "utf-16-be" if first > second else "utf-16-le"
    return ""


def _code_page(data: bytes) -> str:
    """The code page of bytes that are no UTF-8.

    In Western European text, letters beyond ASCII stand alone between ASCII letters; charset-normalizer takes short texts of
    that kind for any of ten code pages, so it is asked only where such bytes stand beside each other, as in other scripts.
    Windows-1252 is read for Latin-1 too (as browsers do: they differ in invisible control characters alone), unless a byte
    says that it is Latin-1.
    """
    beginning = data[: 16 * _SAMPLE]
    runs = _HIGH_RUN.findall(beginning)
    high = sum(map(len, runs))
    if sum(len(run) for run in runs if len(run) > 1) > high / 2:
        lines = b"\n".join(line for line in beginning.splitlines() if not line.isascii())
        sample = lines if len(lines) <= _SAMPLE else lines[: lines.rfind(b"\n", 0, _SAMPLE) + 1] or lines[:_SAMPLE]
        best = from_bytes(sample, cp_isolation=list(_NON_LATIN)).best()
        if best is not None and _decodes(data, ENCODINGS[_NON_LATIN[best.encoding]]):
            return _NON_LATIN[best.encoding]
    return "windows-1252" if _decodes(data, "cp1252") else "latin-1"


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True

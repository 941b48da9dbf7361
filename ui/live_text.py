"""A text box that answers while one types; Streamlit's own text area waits until it is left."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import cast

import streamlit as st

_FOLDER = Path(__file__).parent
_HTML = '<label for="text"> </label><textarea id="text" dir="auto" spellcheck="false"></textarea><output for="text"></output>'
_box = st.components.v2.component(
    "unrolled_live_text",
    html=_HTML,
    css=(_FOLDER / "live_text.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "live_text.js").read_text(encoding="utf-8"),
)


def live_text(label: str, text: str, key: str, *, rows: int = 4, placeholder: str = "") -> str:
    """The text in the box, at first `text`; another `text` from the server replaces what stands there."""
    version = sha256(text.encode()).hexdigest()[:16]
    result = _box(
        key=f"{key}-{version}",
        data={"label": label, "text": text, "version": version, "rows": rows, "placeholder": placeholder},
        default={"text": text},
        on_text_change=lambda: None,
    )
    return cast(str, result["text"])

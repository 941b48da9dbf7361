"""The Glossary page: every technical term of the lab with its formula."""

from __future__ import annotations

from ui import frame
from ui.glossary_view import all_terms

frame.open_page(
    "Glossary",
    "The technical terms that the pages use, each in a sentence or two.",
)
all_terms()

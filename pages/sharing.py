"""The Share page: a link to any page, for a class, with what its visitors shall not touch."""

from __future__ import annotations

from ui import frame
from ui.share_form import share_form

frame.open_page(
    "Share",
    "Make a link that opens a page as you want your class to see it. Settings and typed sentences travel in it, uploaded files "
    "never do.",
)
share_form()

"""The builder of a link: a page as it stands, with controls fixed or hidden, and a question to be guessed first."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import streamlit as st

from rnn_core.lenses.quiz import QUESTIONS
from ui.linked import linked_choice
from ui.path import computed
from ui.share import PAGES, SharedPage, address, link

SEED = "seed"


def share_form() -> None:
    """Page, controls, question and seed in; the link out."""
    titles = {page.path or "start": page.title if page.path else "Start" for page in PAGES}
    chosen = linked_choice(st.selectbox, "Page", titles, "page", "start")
    page = next(page for page in PAGES if (page.path or "start") == chosen)
    values = _values(page)
    names = [control.name for control in page.controls]
    left, right = st.columns(2)
    fixed = left.multiselect(
        "Fixed: shown, but not to be changed",
        names,
        format_func=lambda name: _title(page, name),
        key=f"fixed_{chosen}",
        placeholder="None",
    )
    hidden = right.multiselect(
        "Hidden",
        [name for name in names if name not in fixed],
        format_func=lambda name: _title(page, name),
        key=f"hidden_{chosen}",
        placeholder="None",
    )
    question = st.selectbox(
        "A question to guess first",
        list(QUESTIONS),
        index=None,
        format_func=lambda name: computed(name).text,
        key="share_question",
        placeholder="None",
        help="The networks of the lab compute the right answer.",
    )
    if page.control(SEED) is not None:
        seed = st.number_input(
            "Seed",
            0,
            value=None,
            key="share_seed",
            placeholder="The visitor’s own",
            help="The same seed gives everybody the same run.",
        )
        if seed is not None:
            values[SEED] = str(int(seed))
    _show(page, link(page, values, fixed, hidden, question or ""))


def _values(page: SharedPage) -> dict[str, str]:
    """What the controls of the page shall hold: as the visitor left it, or as an address says that they paste."""
    path, kept = st.session_state.get("share_values", ("", {}))
    pasted = st.text_input(
        "Address of the page as you have set it up",
        key="share_address",
        placeholder="Leave empty, or paste it here",
        help="Not needed where you came here by “Share”; else copy it from the browser.",
    )
    if pasted:
        said = dict(parse_qsl(urlsplit(pasted).query))
        values = {name: value for name, value in said.items() if page.control(name)}
        if not values:
            st.info(f"This address says nothing about the controls of “{page.title}”.")
    else:
        values = dict(kept) if path == page.path else {}
    if values:
        st.caption(
            "The link sets " + " · ".join(f"{_title(page, name)}: `{value.replace('`', '')}`" for name, value in values.items())
        )
    return values


def _title(page: SharedPage, name: str) -> str:
    control = page.control(name)
    return control.title if control else name


def _show(page: SharedPage, params: dict[str, str]) -> None:
    base = (st.context.url or "").split("?")[0].removesuffix("/share")
    st.code(address(base, page, params), language=None, wrap_lines=True)
    st.page_link(page.script, label="Open it as your class will see it", icon=":material/open_in_new:", query_params=params)
    st.caption(
        "Of a fixed control the page shows only the value, of a hidden one nothing; neither can be used, by the keyboard either. "
        "A link is no lock: who edits the address gets them back."
    )

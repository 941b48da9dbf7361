"""What a teacher's link does to the page that it opens: fixed and hidden controls, a question, and what was ignored."""

from __future__ import annotations

import streamlit as st

from rnn_core.figures.theme import plain
from ui.guess import guess
from ui.path import computed
from ui.share import Control, Lock, SharedPage, not_taken, page_titled, read_link

_OPEN = "link_open"  # the page on which the visitor is, and the address with which they came there
_IGNORED = "link_ignored"


def open_link(title: str) -> None:
    """At the head of a page: follows its address, and says in one line what of it was ignored."""
    page = page_titled(title)
    came = st.session_state.get(_OPEN)
    if came is None or came[0] != title:
        st.session_state[_OPEN] = (title, st.query_params.to_dict())
        st.session_state[_IGNORED] = ()
    if page is None:
        return
    lock = read_link(page, st.query_params.to_dict())
    _say(lock.ignored + tuple(st.session_state[_IGNORED]))
    _hide((*lock.fixed, *lock.hidden))
    _fixed(lock)
    if lock.question:
        question = computed(lock.question)
        guess(question.text, question.options, question.right or 0, question.explanation, f"asked_{lock.question}")


def close_link() -> None:
    """At the foot of the site: which values of the link the page did not take."""
    title, asked = st.session_state.get(_OPEN, ("", {}))
    page = page_titled(title)
    if page is None or not asked:
        return
    controls = [control.key for control in page.controls]
    held = {key: st.session_state[key] for key in controls if key in st.session_state}
    pieces = tuple(not_taken(page, asked, st.query_params.to_dict(), held))
    st.session_state[_OPEN] = (title, {})
    if pieces:
        st.session_state[_IGNORED] = pieces
        st.rerun()


def share_button(title: str) -> None:
    """The way from a page, as it stands, to the builder of links."""
    page = page_titled(title)
    if page is not None:
        st.fragment(_share)(page)


def _share(page: SharedPage) -> None:
    if st.button("Share", icon=":material/share:", type="tertiary", key="share_page", help="A link to this page as it stands."):
        values = {name: value for name, value in st.query_params.to_dict().items() if page.control(name)}
        st.session_state["share_values"] = (page.path, values)
        st.switch_page("pages/sharing.py", query_params={"page": page.path or "start"})


def _say(ignored: tuple[str, ...]) -> None:
    if ignored:
        named = ", ".join(plain(piece).replace("`", "") for piece in dict.fromkeys(ignored))
        st.caption(f":material/link_off: The link also asks for {named}. This page does not have that, so it was ignored.")


def _hide(controls: tuple[Control, ...]) -> None:
    if controls:
        selectors = ", ".join(f".st-key-{control.key}" for control in controls)
        st.html(f"<style>{selectors} {{ display: none !important; }}</style>")


def _fixed(lock: Lock) -> None:
    if not lock.fixed:
        return
    said = []
    for control in lock.fixed:
        value = st.query_params.get(control.name, st.session_state.get(control.key))
        shown = "as it comes" if value is None else f"`{plain(str(value), 80).replace('`', '')}`"
        said.append(f"{control.title}: {shown}")
    st.caption(":material/lock: Set by the link. " + " · ".join(said))

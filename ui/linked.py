"""A choice whose value stands in the URL; Streamlit's own binding would put the title there that a person reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st


def linked_choice(
    widget: Callable[..., Any], label: str, titles: Mapping[str, str], key: str, default: str, **options: Any
) -> str:
    """One of `titles` as `widget` (`st.selectbox` or `st.segmented_control`) shows it, kept in the URL under `key`.

    A link, or an edit of the address, that names a value comes first, then what the visitor chose; a value that is not on offer
    is left aside. The default leaves the URL clean.
    """
    asked, written = st.query_params.get(key), f"{key}_written"
    if asked in titles and asked != st.session_state.get(written):
        st.session_state[key] = asked
    elif st.session_state.get(key) not in titles:
        st.session_state[key] = default
    value = widget(label, list(titles), format_func=lambda name: titles[name], key=key, persist_state="session", **options)
    chosen = str(value)
    if chosen != default:
        st.query_params[key] = chosen
    elif asked is not None:
        del st.query_params[key]
    st.session_state[written] = chosen
    return chosen

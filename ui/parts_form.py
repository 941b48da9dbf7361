"""The parts of a network as a form that refuses in words what cannot be built, and whose whole state is in the URL."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, get_args, get_type_hints

import streamlit as st

from rnn_core.spec import ModelSpec, SpecError
from ui.spec_form import CHOICES, MODEL_SETTINGS

FIELDS = tuple(ModelSpec().to_dict())
HINTS = get_type_hints(ModelSpec)
FIRST_ROWS = (("kind", "units", "time_steps", "features"), ("vocabulary", "layers", "bidirectional", "pooling"))
MORE = tuple(name for name in FIELDS if not any(name in row for row in FIRST_ROWS))
TITLES = {"vocabulary": "Vocabulary (0: numbers come in)", "labels": "Labels"}
HELP = {
    "vocabulary": "Rows of the embedding that turns words into features; 0 means that each step brings its features as numbers.",
    "labels": "Two labels need one answer, a sigmoid; more need one each, a softmax.",
}
WRITTEN = "parts_in_url"  # the settings that this form last wrote there
KEPT = "parts_kept"  # what the form held when another page was opened
GREATEST = 10**9  # a larger number in a URL is as wrong as this one, and a widget can show this one


def parts_form() -> ModelSpec | None:
    """The form. None, with the reason shown, where its parts do not make a network."""
    _follow_url()
    values: dict[str, Any] = {}
    for row in FIRST_ROWS:
        for name, column in zip(row, st.columns(len(row), vertical_alignment="bottom"), strict=True):
            with column:
                values[name] = _widget(name)
    with st.expander("More parts: activation, initializer, dropout, labels, padding …"):
        for start in range(0, len(MORE), 4):
            for name, column in zip(MORE[start : start + 4], st.columns(4, vertical_alignment="bottom"), strict=False):
                with column:
                    values[name] = _widget(name)
    st.session_state[KEPT] = values
    try:
        spec = ModelSpec(**values)
    except SpecError as error:
        st.error(str(error), icon=":material/block:")
        _offer_defaults(values)
        return None
    _write_url(spec)
    return spec


def fill_parts(spec: ModelSpec) -> None:
    """Puts a specification into the form: for callbacks, which run before it is drawn."""
    for name, value in spec.to_dict().items():
        st.session_state[_key(name)] = value


def _key(name: str) -> str:
    return f"part_{name}"


def _follow_url() -> None:
    """Takes over the URL when it says something that this form did not write: a shared link, or the visitor's own edit."""
    params = {name: st.query_params[name] for name in FIELDS if name in st.query_params}
    is_new = params != st.session_state.get(WRITTEN, {}) and bool(params)
    if is_new:
        values, refused = _values(params)
        st.session_state["parts_refused"] = refused
        for name, value in values.items():
            st.session_state[_key(name)] = value
        st.session_state[WRITTEN] = params
    elif _key("kind") not in st.session_state:  # the first visit, or back from another page
        for name, value in (st.session_state.get(KEPT) or ModelSpec().to_dict()).items():
            st.session_state[_key(name)] = value
    for sentence in st.session_state.get("parts_refused", ()):
        st.error(f"The link could not be followed in full. {sentence}", icon=":material/link_off:")


def _values(params: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """What the URL says, as the form's widgets can show it, and a sentence for each value that none of them could."""
    values, refused = ModelSpec().to_dict(), []
    for name, text in params.items():
        try:
            values[name] = _number(text, HINTS[name]) if HINTS[name] in (int, float) else _option(name, text)
        except ValueError:
            refused.append(_sentence(name, text))
    return values, refused


def _number(text: str, hint: Any) -> Any:
    """Inside its limits or not: the form shows it, and the specification says what is wrong with it."""
    number = hint(text)
    if not math.isfinite(min(abs(number), GREATEST)):
        raise ValueError(text)
    return max(-GREATEST, min(number, GREATEST))


def _option(name: str, text: str) -> Any:
    return getattr(ModelSpec.from_params({name: text}), name)


def _sentence(name: str, text: str) -> str:
    """Why this one value is refused."""
    try:
        ModelSpec.from_params({name: text})
    except SpecError as error:
        return str(error)
    return f"{name} cannot be {text!r} on its own."  # it takes another setting to say so


def _write_url(spec: ModelSpec) -> None:
    params = spec.to_params()
    for name in FIELDS:
        if name in params:
            st.query_params[name] = params[name]
        elif name in st.query_params:
            del st.query_params[name]
    st.session_state[WRITTEN] = params


def _widget(name: str) -> Any:
    setting = MODEL_SETTINGS.get(name)
    title = TITLES.get(name) or (setting.title if setting else name)
    help_line = HELP.get(name) or (setting.help if setting else "")
    options, key, hint = get_args(HINTS[name]), _key(name), HINTS[name]
    if options:
        return st.selectbox(title, options, format_func=lambda value: CHOICES.get(value, value), key=key, help=help_line)
    if hint is bool:
        return st.toggle(title, key=key, help=help_line)
    # No limits here: the specification refuses what cannot be, and its sentence names the limits.
    step = hint(setting.step) if setting else 1
    return st.number_input(title, step=step, key=key, help=help_line, format="%.2f" if hint is float else "%d")


def _offer_defaults(values: dict[str, Any]) -> None:
    """A button that takes back the settings which the chosen kind does not have."""
    defaults = ModelSpec().to_dict()
    theirs = {name for name, setting in MODEL_SETTINGS.items() if setting.kinds and values["kind"] not in setting.kinds}
    foreign = [name for name in theirs if values[name] != defaults[name]]
    if foreign:
        st.button(
            f"Take back what {CHOICES[values['kind']]} does not have",
            on_click=lambda: st.session_state.update({_key(name): defaults[name] for name in foreign}),
        )

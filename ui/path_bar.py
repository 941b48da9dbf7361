"""The bar of the guided path at the head of a page: what to guess, what to touch, what is done, and the way on."""

from __future__ import annotations

import time

import streamlit as st

from rnn_core.lenses.quiz import Question
from ui.guess import guess
from ui.path import STEPS, Step
from ui.path_place import Place
from ui.path_state import PathState, fresh, keep, path_state

QUESTIONS_PAGE = "pages/questions.py"
_SHOWN = "path_shown"  # the heading of the page whose bar stands there
DONE, OPEN = ":material/check_circle:", ":material/radio_button_unchecked:"
HIGHLIGHT = "outline: 2px dashed color-mix(in srgb, currentColor 65%, transparent); outline-offset: 5px; border-radius: 0.4rem;"


def path_bar(page_title: str) -> None:
    """The open step, if the visitor is on the path; one line where they have wandered to another page."""
    state = path_state()
    st.session_state[_SHOWN] = page_title
    if not state.active or page_title in ("Unrolled", "Ten questions"):
        return
    if state.step >= len(STEPS):
        _elsewhere("the ten questions", state)
    elif STEPS[state.step].page_title != page_title:
        _elsewhere(f"step {state.step + 1}, “{STEPS[state.step].title}”", state)
    else:
        _bar(state.step)


def look_again() -> None:
    """From a part of a page that runs by itself: runs the page where something was done that the bar has not seen yet."""
    state = path_state()
    if not state.active or state.step >= len(STEPS) or STEPS[state.step].page_title != st.session_state.get(_SHOWN):
        return
    before = len(state.touched.get(state.step, []))
    if len(_look(STEPS[state.step], state, state.step)) > before:
        st.rerun(scope="app")


def begin() -> None:
    """Opens the first step with nothing done yet."""
    for name in list(st.session_state):
        if str(name).startswith("guide_"):
            del st.session_state[name]
    keep(fresh())
    open_step(0)


def open_step(number: int) -> None:
    """Goes to the page of a step, or to the questions after the last."""
    state = path_state()
    state.active, state.step, state.since = True, number, time.time()
    keep(state)
    if number >= len(STEPS):
        st.switch_page(QUESTIONS_PAGE, query_params={})  # without them Streamlit refuses to leave a page with bound controls
    st.switch_page(STEPS[number].page, query_params=dict(STEPS[number].query))


def ask(name: str, question: Question, state: PathState) -> bool:
    """The question with the guess that was kept; True once it is marked."""
    key = f"guide_{name}"
    if key not in st.session_state and state.guesses.get(name, len(question.options)) < len(question.options):
        st.session_state[key] = state.guesses[name]
    if question.right is None:
        chosen = st.radio(
            question.text, range(len(question.options)), format_func=question.options.__getitem__, index=None, key=key
        )
        if chosen is not None:
            st.caption(question.explanation)
    else:
        guess(question.text, question.options, question.right, question.explanation, key)
    chosen = st.session_state.get(key)
    if chosen is not None and state.guesses.get(name) != chosen:
        state.guesses[name] = chosen
        keep(state)
    return chosen is not None


def _bar(number: int) -> None:
    state, step = path_state(), STEPS[number]
    done = _look(step, state, number)
    with st.container(border=True, key="guide"):
        st.markdown(f"**Step {number + 1} of {len(STEPS)}: {step.title}**  \n{step.say}")
        guessed = step.ask is None or ask(step.ask[0], step.ask[1](Place(state.since)), state)
        st.markdown("  \n".join(f"{DONE if place in done else OPEN} {touch.words}" for place, touch in enumerate(step.touches)))
        _highlight(next((touch.selector for place, touch in enumerate(step.touches) if guessed and place not in done), ""))
        _ways_on(state, guessed and len(done) == len(step.touches))


def _look(step: Step, state: PathState, number: int) -> list[int]:
    """Which touches are done; one that was done once stays so."""
    place, done = Place(state.since), state.touched.get(number, [])
    new = [at for at, touch in enumerate(step.touches) if at not in done and touch.done(place)]
    if new:
        state.touched[number] = done = sorted([*done, *new])
        keep(state)
    return done


def _highlight(selector: str) -> None:
    if selector:
        st.html(f"<style>{selector} {{ {HIGHLIGHT} }}</style>")


def _ways_on(state: PathState, finished: bool) -> None:
    last = state.step + 1 == len(STEPS)
    with st.container(horizontal=True, vertical_alignment="center"):
        following = "To the ten questions" if last else f"Next: {STEPS[state.step + 1].title}"
        if finished:
            forward = st.button(following, type="primary", icon=":material/arrow_forward:", key="guide-next")
        else:
            forward = st.button("Skip this step", icon=":material/skip_next:", key="guide-skip")
        if forward:
            open_step(state.step + 1)
        if state.step and st.button("Back", icon=":material/arrow_back:", key="guide-back"):
            open_step(state.step - 1)
        if st.button("Leave the path", type="tertiary", key="guide-leave"):
            _leave(state)
        if st.button("Start again", type="tertiary", key="guide-again"):
            begin()


def _elsewhere(where: str, state: PathState) -> None:
    with st.container(border=True, key="guide", horizontal=True, vertical_alignment="center"):
        st.markdown(f"The guided path waits at {where}.", width="content")
        if st.button("Go there", icon=":material/route:", key="guide-return"):
            open_step(state.step)
        if st.button("Leave the path", type="tertiary", key="guide-leave"):
            _leave(state)


def _leave(state: PathState) -> None:
    state.active = False
    keep(state)
    st.rerun()

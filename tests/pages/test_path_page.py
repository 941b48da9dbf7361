"""The guided path: guesses are marked by the networks, touches are noticed, and it is resumed where it was left."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lab.lab import open_lab
from lab.settings import Settings
from rnn_core.lenses.quiz import question
from tests.pages.doors import buttons, named, words
from ui.path import LAST, STEPS


@pytest.fixture
def open_page(tmp_path, monkeypatch):
    """A lab of its own without a worker: nothing is trained here, and each test starts on no path."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr("ui.session.ensure_worker", lambda _: None)
    st.cache_resource.clear()

    def open_(name: str, **params: str) -> AppTest:
        app = AppTest.from_file("../../app.py", default_timeout=60)
        app.query_params.update(params)
        app.switch_page(f"pages/{name}.py")
        app.run()
        assert not app.exception, [(error.value, error.stack_trace) for error in app.exception]
        return app

    yield open_
    st.cache_resource.clear()


def press(app, label):
    named(app.button, label).click().run()
    assert not app.exception, [(error.value, error.stack_trace) for error in app.exception]
    return app


def open_at(open_page, tmp_path, number):
    """The page of a step, for a visitor who had come so far on an earlier visit."""
    lab = open_lab(Settings.from_environment({"LAB_HOME": str(tmp_path)}))
    lab.notes.write("local", "path", {"active": True, "begun": True, "step": number, "since": 0.0})
    step = STEPS[number]
    return open_page(step.page.removeprefix("pages/").removesuffix(".py"), **dict(step.query))


def test_the_path_is_begun_left_resumed_and_restarted(open_page):
    app = press(open_page("start"), "Start the guided path")
    assert any("Step 1 of 8" in text for text in words(app))
    press(app.switch_page("pages/word_order.py").run(), "Skip this step")
    app.switch_page("pages/model_builder.py").run()
    assert any("Step 2 of 8: Any length" in text for text in words(app))
    press(app, "Leave the path")
    assert not any("Step 2 of 8" in text for text in words(app))

    later = open_page("start")  # another visit: only the store remembers
    press(later, "Go on: 2. Any length")
    assert any("Step 2 of 8" in text for text in words(later))
    again = open_page("model_builder")  # a reload
    assert any("Step 2 of 8" in text for text in words(again))
    press(again, "Start again")
    assert any("Step 1 of 8" in text for text in words(again))


def test_another_page_says_where_the_path_waits(open_page, tmp_path):
    open_at(open_page, tmp_path, 2)
    app = open_page("classifying")
    assert any("waits at step 3" in text for text in words(app))
    press(app, "Go there")
    assert any("Step 3 of 8" in text for text in words(app))


def test_a_step_knows_when_it_was_done(open_page, tmp_path):
    app = open_at(open_page, tmp_path, 1)
    assert "Skip this step" in buttons(app)
    app.radio(key="guess_parameters").set_value(1).run()
    app.number_input(key="part_time_steps").set_value(500).run()
    assert any(":material/check_circle: Change “Time steps”" in text for text in words(app))
    assert "Next: The loop and its memory" in buttons(app)
    app.number_input(key="part_time_steps").set_value(100).run()
    assert "Next: The loop and its memory" in buttons(app)  # what was done stays done


def test_the_network_marks_the_guess_and_it_is_kept(open_page, tmp_path):
    app = open_at(open_page, tmp_path, 3)
    asked = question("copies")
    app.radio(key="guide_copies").set_value(asked.right).run()
    assert any(note.value.startswith("Yes.") and asked.explanation in note.value for note in app.success)
    app.toggle(key="weights").set_value(True).run()
    assert any(":material/check_circle: Under “The loop, unrolled”" in text for text in words(app))
    later = open_page("model_builder")
    assert later.radio(key="guide_copies").value == asked.right


def test_a_guess_about_ones_own_training_waits_for_it(open_page, tmp_path):
    app = open_at(open_page, tmp_path, 4)
    app.radio(key="guide_own_training").set_value(2).run()
    assert any("Your own network will mark this" in text for text in words(app))


def test_ten_questions_are_counted_by_what_the_networks_say(open_page):
    app = open_page("questions")
    wrong_first = True
    for number, last in enumerate(LAST):
        asked = question(last.name)
        choice = (asked.right + 1) % len(asked.options) if wrong_first else asked.right
        wrong_first = False
        app.radio(key=f"guide_{last.name}").set_value(choice).run()
        if number + 1 < len(LAST):
            press(app, "Next question")
    assert any(text == "9 of 10 right" for text in words(app))
    press(app, "Walk the path again")
    assert any("Step 1 of 8" in text for text in words(app))


@pytest.mark.parametrize("note", [{"step": 99, "active": True, "begun": True}, {"unknown": 1}, {"guesses": {"copies": 17}}])
def test_a_note_of_another_version_does_no_harm(open_page, tmp_path, note):
    lab = open_lab(Settings.from_environment({"LAB_HOME": str(tmp_path)}))
    lab.notes.write("local", "path", note)
    open_page("start")
    open_page("model_builder")

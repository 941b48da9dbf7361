"""The Train page: the form, what a link may ask for, and a run from click to result."""

import time

import pytest

from rnn_core.spec import ModelSpec


def named(elements, label):
    return next(element for element in elements if element.label == label)


def test_link_fills_the_form(open_page):
    app = open_page("training", kind="gru", units="24", epochs="3")
    assert named(app.selectbox, "Kind").value == "gru"
    assert named(app.number_input, "Units").value == 24
    assert named(app.number_input, "Epochs").value == 3


def test_link_with_a_bad_value_says_what_is_wrong(open_page):
    app = open_page("training", units="9000")
    assert any("units must be between 1 and 512" in warning.value for warning in app.warning)
    assert named(app.number_input, "Units").value == ModelSpec().units


def test_settings_that_do_not_go_together_are_said(open_page):
    app = open_page("training", bidirectional="true", pooling="every")
    assert any("cannot be bidirectional" in error.value for error in app.error)
    assert not [button for button in app.button if button.label == "Train"]


def test_own_texts_without_a_file_ask_for_one(open_page):
    app = open_page("training", data="own")
    assert not [button for button in app.button if button.label == "Train"]


def test_a_row_too_long_to_read_can_be_left_out(open_page):
    rows = [f"a fine film number {number},good\na dull film number {number},bad" for number in range(40)]
    rows.insert(3, "word " * 20_001 + ",good")
    app = open_page("training", data="own", min_count="1")
    app.file_uploader[0].set_value([("films.csv", "\n".join(["text,label", *rows]).encode(), "text/csv")]).run()
    assert [error.value for error in app.error] == [
        "Line 8 of films.csv has a cell of 100,005 characters; at most 100,000 can be read, so shorten it or leave its row out."
    ]
    named(app.toggle, "Leave out 1 row with more than 100,000 characters in a cell").set_value(True).run()
    assert not app.error
    assert "What was read: 80 texts with 2 labels" in {expander.label for expander in app.expander}
    assert "Dropped: 1 too long." in {text.value for text in app.markdown}
    dropped = next(table.value for table in app.dataframe if list(table.value) == ["Line", "Why", "More"])
    assert dropped.to_numpy().tolist() == [[8, "too long", "100,005 characters"]]
    assert [button for button in app.button if button.label == "Train"]


@pytest.mark.parametrize("run", ["0" * 32, "../../etc/passwd", "'; drop table runs; --"])
def test_unknown_run_gets_a_sentence(open_page, run):
    app = open_page("training", run=run)
    assert app.error


def test_run_from_click_to_result(open_page):
    app = open_page("training", units="8", epochs="2", embedding_dropout="0.0")
    named(app.button, "Train").click().run()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not any("held-out texts" in text.value for text in app.markdown):
        time.sleep(1)
        app.run()
    assert not app.exception
    assert any("held-out texts" in text.value for text in app.markdown), [text.value for text in app.markdown]
    assert {"Confusion", "Curves", "Worst mistakes"} <= {tab.label for tab in app.tabs}

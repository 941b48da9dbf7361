"""The Hidden states page: every section opens by its link, and each network offers what it has."""

import pytest

from rnn_core.figures.theme import KIND_TITLES
from rnn_core.spec import RECURRENT_KINDS

SECTIONS = ("Path", "Heat map", "Verdict", "Units", "Training", "Take away")


def named(elements, label):
    return next(element for element in elements if element.label.startswith(label))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens_by_its_link(open_page, section):
    app = open_page("hidden_states", look=section, text="a dull , zorblax film that ends well")
    assert not app.error
    assert any("zorblax" in caption.value for caption in app.caption)
    assert app.radio[0].options[0].startswith("“")


@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_networks_offer_what_they_have(open_page, kind):
    app = open_page("hidden_states", look="Heat map")
    app.selectbox(key="model").set_value(f"bundled-{kind}").run()
    assert not app.exception
    shown = [box.options for box in app.selectbox if box.label == "Show"]
    gates = {"simple_rnn": [], "gru": 4 * ["x"], "lstm": 6 * ["x"]}[kind]
    assert [len(options) for options in shown] == ([len(gates)] if gates else [])
    for quantity in shown[0] if shown else ():
        app.selectbox(key="show").set_value({"hidden state": "state"}.get(quantity, quantity)).run()
        assert not app.exception, KIND_TITLES[kind]


def test_units_are_held_and_ranked(open_page):
    app = open_page("hidden_states", look="Units")
    app.multiselect(key="off").set_value(["1", "3"]).run()
    assert {metric.label for metric in app.metric} >= {"95 % interval of the change"}
    app.slider(key="held_at").set_value(0.5).run()
    named(app.button, "Find how much each unit").click().run()
    assert not app.exception
    assert any("switched off alone" in caption.value for caption in app.caption)


def test_an_empty_text_is_said(open_page):
    app = open_page("hidden_states", text=" ")
    assert any("no word to read" in info.value for info in app.info)


def test_eleven_texts_are_ten(open_page):
    app = open_page("hidden_states", text="good", also="\n".join(["a film"] * 12))
    assert not app.exception
    assert any("The first 9 texts" in caption.value for caption in app.caption)

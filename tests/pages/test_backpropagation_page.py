"""The Backpropagation page: every part opens by its link, its numbers are the lens's own, and a turned dial answers quickly."""

import pytest

from rnn_core.bundled import bundled, record
from rnn_core.lenses.dial import DialSetting, turned
from rnn_core.lenses.gradients import through_time
from rnn_core.lenses.spectrum import spectrum
from ui.gradients_take_away import table

PAGE = "backpropagation"
TEXT = "a dull film that ends well"
PARTS = ("Backwards", "The dial", "Forgetting the opening")


def said(app):
    return "\n".join(element.value for element in [*app.markdown, *app.caption, *app.info, *app.success])


@pytest.mark.parametrize("kind", list(record()["models"]))
@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens_by_its_link(open_page, part, kind):
    app = open_page(PAGE, part=part, model=f"bundled-{kind}", text=TEXT)
    assert app.title[0].value == "Backpropagation"
    assert not app.error
    assert not app.warning


def test_the_shared_weights_are_the_lens_s(open_page):
    app = open_page(PAGE, text=TEXT, label="1")
    found = through_time(bundled(), TEXT, 1)
    assert f"{found.share_of_last_words * 100:.0f} %" in said(app)
    columns = table(found)
    assert columns["word"] == TEXT.split()
    assert columns["natural logarithm of the gradient's norm"] == found.log_norms.tolist()
    assert len(columns["gradient at unit 8"]) == 6


def test_the_guess_brings_the_headline_over_real_texts(open_page):
    app = open_page(PAGE, text=TEXT)
    assert "interval of the mean over texts" not in said(app)
    app.radio[0].set_value(3).run()
    assert "of the gradient of the loss is left" in said(app) or "Nothing of the gradient" in said(app)
    assert "over 200 texts" in said(app)
    app.segmented_control(key="fades").set_value("state").run()
    assert not app.exception
    assert "of the last state's dependence on earlier ones" in said(app)


@pytest.mark.parametrize("kind", ["simple_rnn", "lstm"])
def test_a_unit_s_numbers_are_opened(open_page, kind):
    app = open_page(PAGE, text=TEXT, model=f"bundled-{kind}", back="3", unit="2")
    gradient = through_time(bundled(kind), TEXT, 0).state_gradients[3, 1]
    shown = f"{gradient:.3g}".replace("-", "−")
    assert f"The gradient at unit 2 after “that” is **{shown}**" in said(app)
    assert app.dataframe[0].value["= part"].abs().is_monotonic_decreasing
    app.number_input(key="unit").set_value(3).run()
    assert "The gradient at unit 3" in said(app)


def test_a_held_out_text_brings_its_label(open_page):
    app = open_page(PAGE, **{"from": "real", "number": "7"})
    assert any("Label: " in caption.value for caption in app.caption)
    assert "text" not in app.query_params
    app = open_page(PAGE, **{"from": "real", "number": "9999"})
    assert not app.exception


def test_the_dial_shows_what_the_setting_does(open_page):
    app = open_page(PAGE, part="The dial", factor="2", kernel="orthogonal", clip="0.01", text=TEXT)
    radius = spectrum(turned(bundled(), DialSetting(factor=2.0, start="orthogonal"))).state.radius
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Greatest eigenvalue"] == f"{radius:.2f}" == "2.00"
    assert metrics["Right of 300 real texts"].endswith("%")
    assert "Clipping multiplies every gradient by" in said(app)
    assert "An orthogonal kernel keeps × 0." in said(app)
    assert "orthogonal" in app.query_params["kernel"]


def test_a_state_that_explodes_is_said(open_page):
    app = open_page(PAGE, part="The dial", factor="2.5", activation="linear", kernel="orthogonal", **{"from": "real"})
    assert not app.exception
    app.slider(key="factor").set_value(1.0).run()
    assert not app.exception


def test_own_openings_are_measured(open_page):
    app = open_page(PAGE, part="Forgetting the opening", one="a brilliant film", other="a boring mess")
    assert not app.info
    lines = next(element.value for element in app.markdown if element.value.startswith("- **SimpleRNN**"))
    assert len(lines.splitlines()) == len(record()["models"]) + 1
    assert "after 200 real words" in lines
    app.segmented_control(key="measure").set_value("flips").run()
    assert "it decides" in said(app)
    app.text_input(key="other").set_value("").run()
    assert "at least one word" in said(app)
    app.text_input(key="other").set_value("a " * 41).run()
    assert "at most 40 words" in said(app)


def test_nothing_to_go_back_through_is_said(open_page):
    app = open_page(PAGE, text=" ")
    assert "type a text" in said(app)

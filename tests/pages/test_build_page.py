"""The Build page: what a link opens, what is refused and in which words, and that its numbers are those of the core."""

import pytest

from rnn_core.bundled import bundled
from rnn_core.lenses.picture import inside_step
from rnn_core.models.summary import keras_source, layer_table
from rnn_core.spec import ModelSpec

SENTENCE = "a smart , funny film"


def named(elements, label):
    return next(element for element in elements if element.label == label)


def parameters(app):
    return int(named(app.metric, "Parameters").value.replace(",", ""))


def link(app):
    """The URL's parameters as a visitor would share them."""
    return {name: value if isinstance(value, str) else value[0] for name, value in app.query_params.items()}


def counted(spec):
    return sum(row.parameters for row in layer_table(spec))


def test_it_opens_with_the_textbook_model(open_page):
    app = open_page("model_builder")
    assert parameters(app) == 6_273
    assert not app.error
    assert app.code[-1].value == keras_source(ModelSpec()).rstrip()
    assert not any(name in app.query_params for name in ModelSpec().to_dict())


@pytest.mark.parametrize(
    "spec",
    [
        ModelSpec(kind="lstm", units=24, features=16, vocabulary=500, layers=2, bidirectional=True, pooling="mean", labels=5),
        ModelSpec(kind="transformer", heads=2, features=8, units=16, positions=False, vocabulary=99, dropout=0.3),
        ModelSpec(kind="conv1d", kernel_size=3, time_steps=40, padding="right", mask=False, vocabulary=77),
    ],
    ids=lambda spec: spec.kind,
)
def test_a_link_opens_exactly_its_model_and_stays_in_the_url(open_page, spec):
    app = open_page("model_builder", **spec.to_params())
    assert not app.error
    assert parameters(app) == counted(spec)
    assert app.code[-1].value == keras_source(spec).rstrip()
    assert ModelSpec.from_params(link(app)) == spec


@pytest.mark.parametrize(
    ("name", "value", "label", "sentence"),
    [
        ("units", 0, "Units", "units must be between 1 and 512, not 0."),
        ("time_steps", 10_000, "Time steps", "time_steps must be between 1 and 2,000, not 10,000."),
        ("vocabulary", 1, "Vocabulary (0: numbers come in)", "vocabulary must be between 3 and 200,000, not 1."),
    ],
)
def test_bad_values_are_refused_with_the_limit_from_the_page_and_from_a_link_alike(open_page, name, value, label, sentence):
    linked = open_page("model_builder", **{name: str(value)})
    assert [error.value for error in linked.error] == [sentence]
    typed = open_page("model_builder")
    named(typed.number_input, label).set_value(value).run()
    assert [error.value for error in typed.error] == [sentence]
    assert not [button for button in typed.button if button.label == "Train this"]
    named(typed.number_input, label).set_value(getattr(ModelSpec(), name)).run()
    assert not typed.error
    assert parameters(typed) == 6_273


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"units": "many"}, "units must be a whole number, not 'many'."),
        ({"kind": "perceptron"}, "kind must be one of"),
        ({"units": "9" * 400}, "units must be between 1 and 512"),
        ({"dropout": "nan"}, "dropout must be a number"),
        ({"dropout": "-inf"}, "dropout must be between 0"),
        ({"mask": "perhaps"}, "mask must be true or false"),
    ],
)
def test_what_a_link_cannot_mean_is_said_and_the_rest_is_kept(open_page, params, sentence):
    app = open_page("model_builder", features="16", **params)
    assert any(sentence in error.value for error in app.error)
    assert named(app.number_input, "Features").value == 16


def test_parts_that_do_not_go_together_are_said_and_taken_back_on_request(open_page):
    app = open_page("model_builder", kind="gru", layers="2")
    named(app.selectbox, "Kind").set_value("dense").run()
    assert [error.value for error in app.error] == ["layers = 2 goes with simple_rnn, gru and lstm, not with dense."]
    assert named(app.number_input, "Layers").value == 2  # not changed behind the visitor's back
    named(app.button, "Take back what Dense does not have").click().run()
    assert not app.error
    assert parameters(app) == counted(ModelSpec(kind="dense"))


def test_a_change_moves_the_count_and_the_link(open_page):
    app = open_page("model_builder")
    named(app.number_input, "Units").set_value(32).run()
    assert parameters(app) == counted(ModelSpec(units=32))
    assert link(app)["units"] == "32"
    named(app.button, "Textbook").click().run()
    assert parameters(app) == 6_273
    assert "units" not in link(app)


@pytest.mark.parametrize("kind", ["simple_rnn", "gru", "lstm"])
def test_inside_one_step_shows_the_numbers_of_the_lens(open_page, kind):
    titles = {"simple_rnn": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}
    app = open_page("model_builder", step="4", unit="3", sentence=SENTENCE)
    network = named(app.selectbox, "Trained network")
    network.set_value(next(option for option in network.options if titles[kind] in option)).run()
    found = inside_step(bundled(kind), SENTENCE, step=3, unit=2)
    text = " ".join(element.value for element in app.markdown)
    assert f"Unit **3** at step **4**, while the network reads `funny`: its state goes from **{found.state_before:.3f}**" in text
    assert f"to **{found.state_after:.3f}**" in text
    shown = app.code[0].value
    assert f"= {found.gates[0].value:.3f}" in shown
    assert all(line in shown for line in found.equations) or kind == "simple_rnn"


def test_the_parts_above_can_be_looked_at_before_any_training(open_page):
    app = open_page("model_builder", numbers="untrained", kind="lstm", units="12", layers="2", bidirectional="true")
    assert any("LSTM with the parts above before any training" in caption.value for caption in app.caption)
    named(app.number_input, "Unit").set_value(12).run()
    assert not app.exception


@pytest.mark.parametrize("params", [{"view": "Dense"}, {"view": "Conv1D", "places": "3"}, {"sentence": "!"}, {"sentence": " "}])
def test_every_view_opens_by_its_link(open_page, params):
    app = open_page("model_builder", **params)
    assert not app.error


@pytest.mark.parametrize("sentence", ["<img src=x onerror=alert(1)>", "`a` **b** $c$", "\u202e\x00 ﷽ 👩‍👩‍👧", "x" * 400])
def test_no_sentence_breaks_the_page(open_page, sentence):
    assert not open_page("model_builder", sentence=sentence).exception


def test_a_guess_is_marked_by_the_table(open_page):
    app = open_page("model_builder")
    question = next(radio for radio in app.radio if "1,000 steps" in radio.label)
    question.set_value(0).run()
    assert "6,273, the same" in app.info[0].value
    question = next(radio for radio in app.radio if "1,000 steps" in radio.label)
    question.set_value(1).run()
    assert app.success[0].value.startswith("Yes. It has 6,273")

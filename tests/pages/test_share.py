"""Links for a class: what is fixed or hidden is gone from the page, and what a link asks in vain is said in one line."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.doors import named, words
from ui.share import PAGES, address, link, not_taken, page_titled, read_link

SHARED = {page.title: page for page in PAGES}


@pytest.fixture
def follow(open_page):
    """Opens a page through the router, which sees what a page made of its link; `open_page` runs the page's script alone."""

    def follow_(name: str, **params: str) -> AppTest:
        app = AppTest.from_file("../../app.py", default_timeout=60).run()
        app.query_params.update(params)
        app.switch_page(f"pages/{name}.py").run()
        assert not app.exception, [(error.value, error.stack_trace) for error in app.exception]
        return app

    open_page("word_list")  # sets the environment of this test
    return follow_


def ignored(app):
    return [text for text in words(app) if "so it was ignored" in text]


@pytest.mark.parametrize("title", SHARED)
def test_every_control_of_a_shared_page_is_there(open_page, title):
    """A link that names a control which the page lost would promise something in vain."""
    page = SHARED[title]
    looks = [{"look": look} for look in ("Path", "Heat map", "Verdict", "Units")] if title == "Hidden states" else [{}]
    if title == "Build":
        looks = [{}, {"view": "Dense"}]
    if title == "Unrolled":
        looks = [{}, {"asks": "reviews"}]
    if title == "Backpropagation":
        looks = [{}, {"from": "real"}, {"part": "The dial"}, {"part": "Forgetting the opening"}]
    seen = set()
    for params in looks:
        app = open_page(page.script.removeprefix("pages/").removesuffix(".py"), **params)
        seen |= {control.key for control in page.controls if control.key in app.session_state}
    conditional = {
        "layer",
        "show",
        "off",
        "layer_number",
        "words_from",
        "fades",
    }  # of some networks, of the open section, after a guess
    if title == "Train":
        conditional |= {control.key for control in page.controls}  # which settings are there depends on the kind
        assert {"kind", "units", "seed", "data"} <= seen
    assert {control.key for control in page.controls} - seen <= conditional


def test_fixed_and_hidden_controls_are_taken_off_and_the_question_is_asked(open_page):
    app = open_page("model_builder", units="16", fix="units", hide="kind.features", guess="copies")
    styles = " ".join(element.proto.body for element in app.get("html"))
    for key in ("part_units", "part_kind", "part_features"):
        assert f".st-key-{key}" in styles
    assert any(text.startswith(":material/lock: Set by the link.") and "Units: `16`" in text for text in words(app))
    assert app.radio(key="asked_copies").label
    assert not ignored(app)


@pytest.mark.parametrize(
    ("page", "params", "piece"),
    [
        ("model_builder", {"colour": "blue"}, "“colour”"),
        ("model_builder", {"fix": "wings"}, "“wings” to fix"),
        ("word_order", {"guess": "meaning_of_life"}, "“meaning_of_life”"),
        ("hidden_states", {"model": "a-run-that-is-gone"}, "“a-run-that-is-gone” for “Network”"),
        ("word_order", {"through": "an abacus"}, "“an abacus” for “Through the states of”"),
        ("word_order", {"<b>`$x$": "1"}, "$x$"),
    ],
)
def test_a_wrong_or_old_link_opens_with_one_line_on_what_was_ignored(follow, page, params, piece):
    app = follow(page, **params)
    assert len(ignored(app)) == 1
    assert piece in ignored(app)[0]


def test_a_link_that_the_page_takes_whole_is_silent(follow):
    pairs = {"first": "the cat saw the boy", "second": "the boy saw the cat", "through": "LSTM"}
    assert not ignored(follow("word_order", **pairs))
    assert not ignored(follow("model_builder", kind="lstm", units="8", weights="true"))


def test_the_builder_makes_a_link_from_the_address_of_a_page(open_page):
    app = open_page("sharing", page="train")
    named(app.text_input, "Address of the page").set_value("http://here/train?units=8&foo=1").run()
    app.multiselect(key="fixed_train").set_value(["units"]).run()
    app.multiselect(key="hidden_train").set_value(["dropout"]).run()
    app.number_input(key="share_seed").set_value(7).run()
    made = app.code[0].value
    assert made.split("/")[-1] == "train?units=8&seed=7&fix=units&hide=dropout"


def test_what_is_built_is_what_is_read():
    page = page_titled("Build")
    assert page is not None
    params = link(page, {"units": "8"}, ["units"], ["kind"], "copies")
    lock = read_link(page, params)
    assert ([c.name for c in lock.fixed], [c.name for c in lock.hidden], lock.question, lock.ignored) == (
        ["units"],
        ["kind"],
        "copies",
        (),
    )
    assert address("http://here/", page, {"sentence": "a & b"}) == "http://here/build?sentence=a+%26+b"


def test_a_value_counts_as_taken_where_the_control_holds_it():
    page = page_titled("Build")
    assert page is not None
    held = {"weights": True, "places": 5, "sentence": "a"}
    assert not not_taken(page, {"weights": "true", "places": "5", "sentence": "a"}, {}, held)
    assert not_taken(page, {"places": "500"}, {}, held) == ["“500” for “Places”"]
    assert not not_taken(page, {"places": "500"}, {"places": "500"}, held)  # it still stands in the address: taken

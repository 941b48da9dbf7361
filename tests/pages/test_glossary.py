"""The glossary: no page uses one of its terms without a way to look it up there."""

from pathlib import Path

import pytest

from tests.pages.doors import words
from ui.glossary import TERMS, entries, terms_in
from ui.glossary_pages import ON_PAGE

PAGES = sorted(file.stem for file in (Path(__file__).parents[2] / "pages").glob("*.py") if file.stem != "word_list")
SHOW = "I cannot tell, show me"
OPENED = {  # what lets a page show all that it has
    "hidden_states": [{"look": look} for look in ("Path", "Heat map", "Verdict", "Units", "Training", "Take away")],
    "backpropagation": [{"part": part} for part in ("Backwards", "The dial", "Forgetting the opening")],
    "model_builder": [{}, {"kind": "transformer"}, {"kind": "lstm", "pooling": "mean"}],
}


def test_terms_are_found_as_a_reader_finds_them():
    assert terms_in(["The hidden states, unrolled."]) == {"hidden state", "unrolled"}
    assert terms_in(["A RECURRENT KERNEL of a SimpleRNN"]) == {"recurrent kernel", "SimpleRNN"}
    assert terms_in(["delegates and cellars", "United"]) == set()
    assert {"LSTM", "GRU"} <= terms_in(["LSTMs or GRUs"])


@pytest.mark.parametrize("name", TERMS)
def test_every_term_is_short_and_finds_itself(name):
    term = TERMS[name]
    assert term.stands_in(name)
    assert len(term.text) <= 160
    assert term.formula.count("{") == term.formula.count("}")


@pytest.mark.parametrize("page", PAGES)
def test_no_page_uses_a_term_that_it_does_not_explain(open_page, page):
    used = set()
    for params in OPENED.get(page, [{}]):
        app = open_page(page, **params)
        for shown in [button for button in app.button if button.label == SHOW]:
            shown.click().run()
        title = app.title[0].value
        explained = entries(ON_PAGE[title]) if title in ON_PAGE else ""
        assert not explained or explained in words(app)
        used |= terms_in([sentence for sentence in words(app) if sentence != explained])
    listed = set(ON_PAGE.get(title, ()))
    assert used <= listed, f'"{title}": {tuple(sorted(used, key=str.lower))}'.replace("'", '"')


def test_only_terms_of_the_glossary_are_listed():
    assert {name for names in ON_PAGE.values() for name in names} <= set(TERMS)

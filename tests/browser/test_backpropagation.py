"""The Backpropagation page in a real browser: play backwards through a sentence, open a unit, turn the dial."""

import os
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.steps import PATIENCE, rests, visit

PICTURES = os.environ.get("README_PICTURES")  # a folder: then a picture of each scene is kept there
TEXT = "a+smart+and+funny+film+with+a+dull+end"


def keep(page, name):
    if PICTURES:
        page.wait_for_timeout(500)
        page.screenshot(path=Path(PICTURES) / f"gradients-{name}.png", full_page=False)


def open_gradients(dashboard, page, query=""):
    visit(page, f"{dashboard.url}/gradients?{query}")
    expect(page.get_by_role("tab", name="Backwards")).to_be_visible(timeout=PATIENCE)
    rests(page)


KEEP_WORDS = """node => {
    const root = node.getRootNode();
    window.wordsShown = [];
    new MutationObserver(() => window.wordsShown.push(root.querySelector(".now-word").textContent))
        .observe(root, {subtree: true, childList: true, characterData: true});
}"""


def test_play_backwards_through_a_sentence(dashboard, page):
    open_gradients(dashboard, page, f"text={TEXT}&back=0")
    place, word = page.locator(".place"), page.locator(".now-word")
    expect(place).to_have_text("1 / 10", timeout=PATIENCE)
    expect(word).to_have_text("the loss")
    page.locator("svg.back").evaluate("node => { node.dataset.same = 'yes' }")
    word.evaluate(KEEP_WORDS)  # the page itself keeps them: a slow machine that only asks now and then would miss some
    page.get_by_role("button", name="Play (space)").click()
    expect(place).to_have_text("10 / 10", timeout=50_000)
    expect(word).to_have_text("a")
    words = list(dict.fromkeys(word for word in page.evaluate("() => window.wordsShown") if word != "the loss"))
    assert words[:2] == ["end", "dull"]  # the last word first
    expect(page.get_by_role("heading", name=re.compile("to the state after “a”"))).to_be_visible(timeout=20_000)
    assert page.locator("svg.back").evaluate("node => node.dataset.same") == "yes"
    assert "back=9" in page.url

    page.get_by_role("slider", name="Time step").fill("3")
    expect(word).to_have_text("a")
    page.keyboard.press("ArrowLeft")
    expect(word).to_have_text("dull")
    expect(page.get_by_role("heading", name=re.compile("to the state after “dull”"))).to_be_visible(timeout=20_000)
    before = page.locator("svg.back circle").last.get_attribute("cy")
    page.get_by_text("linear", exact=True).click()
    expect(page.locator("svg.back")).to_contain_text("share of the last word")
    rests(page)
    assert page.locator("svg.back circle").last.get_attribute("cy") != before
    assert "axis=linear" in page.url
    keep(page, "backwards")
    with page.expect_download() as picture:
        page.get_by_role("button", name="Save the picture as SVG").click()
    assert "dull" in Path(picture.value.path()).read_text()


def test_turn_the_dial(dashboard, page):
    open_gradients(dashboard, page, f"part=The+dial&text={TEXT}")
    shown = page.get_by_test_id("stMetricValue")
    expect(shown).to_have_count(3, timeout=PATIENCE)
    rests(page)
    before = shown.nth(1).inner_text()
    page.get_by_role("button", name="Up to 2.2").click()
    expect(shown.nth(1)).not_to_have_text(before, timeout=20_000)
    rests(page)
    assert "factor=2.2" in page.url
    assert abs(float(shown.nth(1).inner_text()) - 2.2 * float(before)) < 0.02  # both are rounded
    thumb = page.get_by_role("slider", name="Factor")
    thumb.focus()
    thumb.press("ArrowRight")
    expect(shown.nth(1)).not_to_have_text(before, timeout=20_000)
    rests(page)
    assert "factor=2.25" in page.url
    keep(page, "dial")


def test_the_opening_is_forgotten_on_real_reviews(dashboard, page):
    open_gradients(dashboard, page, "part=Forgetting+the+opening")
    expect(page.get_by_text(re.compile("right after the opening the two answers are")).first).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".js-plotly-plot")).to_have_count(1, timeout=20_000)
    keep(page, "opening")

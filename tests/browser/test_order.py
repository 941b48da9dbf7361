"""The Word order page in a real browser: guess, edit the pair, train live, step through the states, share the link."""

import re
from urllib.parse import quote

from playwright.sync_api import expect

from tests.browser.steps import PATIENCE, rests, visit

SOON = 60_000  # milliseconds, on a machine that has other things to do


def show_answers(page):
    page.get_by_role("button", name="I cannot tell, show me").click()
    expect(page.get_by_role("button", name="These answers as CSV")).to_be_visible(timeout=SOON)
    rests(page)


def test_guess_then_edit_the_pair_and_share_the_link(dashboard, browser, page):
    visit(page, f"{dashboard.url}/order")
    expect(page.get_by_role("button", name="These answers as CSV")).to_have_count(0)
    for name in ("SimpleRNN", "Bag of words"):
        page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("button", name="That is my guess").click()
    expect(page.get_by_text(re.compile(r"You were right about \d of 8 networks"))).to_be_visible(timeout=SOON)
    expect(page.get_by_text("a mean is the same in any order")).to_be_visible(timeout=SOON)

    page.get_by_label("First sentence", exact=True).fill("the fox chased the zorblax")
    expect(page.get_by_text("the answers rest on the other words")).to_be_visible(timeout=SOON)
    page.get_by_label("Second sentence", exact=True).fill("the zorblax chased the fox")
    rests(page)
    expect(page).to_have_url(re.compile("first=the.+fox.+chased.+the.+zorblax"), timeout=SOON)
    expect(page).to_have_url(re.compile("second=the.+zorblax.+chased"), timeout=SOON)

    other = browser.new_context()
    try:
        shared = other.new_page()
        visit(shared, page.url)
        expect(shared.get_by_label("First sentence", exact=True)).to_have_value("the fox chased the zorblax", timeout=SOON)
        expect(shared.get_by_label("Second sentence", exact=True)).to_have_value("the zorblax chased the fox")
        show_answers(shared)
    finally:
        other.close()


def test_the_two_states_are_stepped_through_with_the_keys(dashboard, page):
    pair = f"first={quote('the dog bit the man')}&second={quote('the man bit the dog')}"
    visit(page, f"{dashboard.url}/order?{pair}")
    player = page.get_by_role("region", name="Two sentences through the SimpleRNN")
    expect(player.get_by_text("5 / 5")).to_be_visible(timeout=SOON)
    player.get_by_role("slider", name="Time step").press("Home")
    expect(player.get_by_text("the two states are the same, to the last bit")).to_be_visible(timeout=SOON)
    player.get_by_role("slider", name="Time step").press("ArrowRight")
    expect(player.get_by_text(re.compile(r"After “dog” and “man” the states are \d\.\d+ apart"))).to_be_visible(timeout=SOON)
    rests(page)


def test_train_live_then_put_it_on_the_meter(dashboard, page):
    visit(page, f"{dashboard.url}/order")
    show_answers(page)
    page.get_by_role("button", name="Train both now").click()
    done = page.get_by_text(re.compile(r"SimpleRNN: \d epochs, .* of work, right on (9[5-9]|100)\.\d % of the held-out"))
    expect(done).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(re.compile(r"Bag of words: \d epochs, .* right on 50\.0 %"))).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("SimpleRNN, trained by you").first).to_be_visible(timeout=SOON)
    rests(page)

    page.get_by_role("button", name="Measure", exact=True).click()
    expect(page.get_by_text(re.compile(r"2,000 texts, 20 shuffles each"))).to_be_visible(timeout=PATIENCE)
    rests(page)

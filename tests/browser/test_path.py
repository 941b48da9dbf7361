"""The guided path in a real browser: walked from the first step to the last question, by keyboard, wide and narrow."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.steps import rests, visit
from tests.conftest import DESK, PHONE, start_dashboard
from ui.path import LAST, STEPS

SOON = 60_000
TRAINED = 180_000  # the training that the path asks for, behind a worker's start
SIZES = {"a desk": DESK, "a phone": PHONE}


@pytest.fixture(scope="module")
def fresh(dashboard, tmp_path_factory):
    """A lab in which nobody has walked the path yet; its own worker."""
    running = start_dashboard(tmp_path_factory.mktemp("path"), LAB_MODE="hosted")
    yield running
    running.kill()


def settles(page):
    """Waits until the page has run to its end: a key that is pressed while it is drawn anew goes nowhere."""
    still = page.locator("[data-testid=stApp][data-test-script-state=notRunning]")
    for _ in range(2):
        expect(still).to_be_attached(timeout=SOON)
        page.wait_for_timeout(250)
    rests(page)


def press(page, name):
    """A button by the keyboard alone."""
    settles(page)
    button = page.get_by_role("button", name=re.compile(name)).first
    expect(button).to_be_enabled(timeout=SOON)
    button.focus()
    page.keyboard.press("Enter")
    rests(page)


def choose(page, key, option=0):
    """An option of a question, by the keyboard alone."""
    settles(page)
    box = page.locator(f'[class*="st-key-{key}"]').get_by_role("radio").nth(option)
    expect(box).to_be_attached(timeout=SOON)
    box.focus()
    page.keyboard.press("Space")
    rests(page)


def is_done(page, number, within=SOON):
    """Waits until the bar has seen everything that the step asks for."""
    guide = page.locator(".st-key-guide")
    expect(guide.get_by_text(f"Step {number} of 8")).to_be_visible(timeout=SOON)
    expect(guide.get_by_role("button", name=re.compile("Next: |To the ten questions"))).to_be_visible(timeout=within)


def step_back(page, key):
    """The player takes one step back, by its key."""
    slider = page.locator(f'[class*="st-key-{key}"]').get_by_role("slider", name="Time step")
    expect(slider).to_be_visible(timeout=SOON)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    settles(page)


def switch(page, label):
    """A toggle, by the keyboard."""
    box = page.get_by_role("checkbox", name=re.compile(label)).or_(page.get_by_role("switch", name=re.compile(label))).first
    box.focus()
    page.keyboard.press("Space")
    rests(page)


def pick(page, label, option):
    """An option of a select box, by typing."""
    settles(page)
    box = page.get_by_role("combobox", name=re.compile(label)).first
    box.focus()
    box.fill(option)
    expect(page.get_by_role("option", name=option).first).to_be_visible(timeout=SOON)
    page.keyboard.press("Enter")
    rests(page)


def type_number(page, label, value):
    box = page.get_by_role("spinbutton", name=re.compile(f"^{label}")).first
    box.fill(value)
    page.keyboard.press("Enter")
    rests(page)


def walk_order(page):
    press(page, "^I cannot tell, show me")
    expect(page.get_by_role("button", name="These answers as CSV")).to_be_visible(timeout=SOON)
    press(page, "A random pair")


def walk_length(page):
    choose(page, "guess_parameters")
    type_number(page, "Time steps", "400")


def walk_memory(page):
    choose(page, "guess_moved_")
    step_back(page, "path_")


def walk_weights(page):
    choose(page, "guide_copies")
    switch(page, "Same weights")
    step_back(page, "unrolled")


def walk_training(page):
    choose(page, "guide_own_training", 2)
    press(page, "^(.* )?Train$")


def walk_gradients(page):
    choose(page, "guess_left_")
    step_back(page, "back")


def walk_gap(page):
    press(page, "^I cannot tell, show me")
    expect(page.get_by_role("heading", name="A recorded grid")).to_be_visible(timeout=SOON)
    rests(page)
    adding = page.get_by_role("radio", name="Adding")
    adding.focus()
    page.keyboard.press("Space")
    rests(page)


def walk_after(page):
    choose(page, "guide_growing_work")
    pick(page, "Kind", "LSTM")
    expect(page.locator(".st-key-guide").get_by_role("img", name="check_circle icon")).to_have_count(1, timeout=SOON)
    pick(page, "Kind", "Transformer")


WALKS = (walk_order, walk_length, walk_memory, walk_weights, walk_training, walk_gradients, walk_gap, walk_after)


def test_the_first_minute(dashboard, page):
    """The network answers while one types, and the order of the words turns its answer."""
    visit(page, dashboard.url)
    answer = page.get_by_text("The network’s answer:")
    expect(answer).to_contain_text("a person was acted upon", timeout=SOON)
    box = page.get_by_role("textbox", name="Type a sentence")
    box.fill("")
    box.press_sequentially("the cat chased the boy", delay=20)
    player = page.get_by_role("region", name="network unrolled over 5 words")
    expect(player).to_be_visible(timeout=SOON)
    expect(player.get_by_text("“boy”")).to_be_visible(timeout=SOON)
    box.fill("the boy chased the cat")
    expect(answer).to_contain_text("an animal was acted upon", timeout=SOON)
    page.get_by_role("button", name="the man bit the dog").click()
    expect(box).to_have_value("the man bit the dog", timeout=SOON)
    rests(page)


@pytest.mark.parametrize("size", SIZES)
def test_the_whole_path_by_keyboard(fresh, browser, size):
    context = browser.new_context(viewport=SIZES[size])
    context.set_default_timeout(30_000)
    try:
        page = context.new_page()
        visit(page, fresh.url)
        press(page, "Start the guided path")
        for number, walk in enumerate(WALKS, start=1):
            expect(page.locator(".st-key-guide").get_by_text(f"Step {number} of 8")).to_be_visible(timeout=SOON)
            settles(page)
            walk(page)
            if walk is walk_training and size == "a phone":  # the run goes on without the visitor, who need not wait for it
                done = page.locator(".st-key-guide").get_by_role("img", name="check_circle icon")
                expect(done).to_have_count(1, timeout=SOON)
                press(page, "Skip this step")
                continue
            is_done(page, number, within=TRAINED if walk is walk_training else SOON)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 2"), STEPS[number - 1].title
            if number == 3:
                page.reload()  # what was done is still done
                expect(page.locator(".st-key-guide").get_by_text("Step 3 of 8")).to_be_visible(timeout=SOON)
            press(page, "Next: |To the ten questions")
        for number in range(1, len(LAST) + 1):
            expect(page.get_by_text(f"Question {number} of 10")).to_be_visible(timeout=SOON)
            choose(page, "guide_")
            if number < len(LAST):
                press(page, "Next question")
        expect(page.get_by_role("heading", name=re.compile(r"\d+ of 10 right"))).to_be_visible(timeout=SOON)
    finally:
        context.close()

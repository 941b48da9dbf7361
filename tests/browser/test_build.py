"""The Build page in a real Chromium: parts and their count, the unrolled sentence by mouse and keys, links and downloads."""

import re

import pytest
from playwright.sync_api import Page, expect

from rnn_core.bundled import bundled
from rnn_core.lenses.picture import inside_step
from rnn_core.models.summary import keras_source, layer_table
from rnn_core.spec import ModelSpec
from tests.browser.steps import rests, visit
from tests.conftest import PHONE, start_dashboard

expect.set_options(timeout=90_000)  # two cores may be busy with another test's training

SENTENCE = "the dog bit the man , and then it ran away very fast"  # 13 words
FIRST = "not a good film , but a very funny one"  # the one that the page opens with, 10 words


def counted(spec: ModelSpec) -> str:
    return f"{sum(row.parameters for row in layer_table(spec)):,}"


def metric(page: Page, label: str):
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def place(page: Page):
    return page.locator(".place")


def set_number(page: Page, label: str, value: int) -> None:
    box = page.get_by_role("spinbutton", name=label, exact=True)
    box.fill(str(value))
    box.press("Enter")
    rests(page)


def no_sideways_scroll(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.fixture
def build(dashboard, page):
    visit(page, f"{dashboard.url}/build")
    expect(place(page)).to_have_text("10 / 10")
    return page


def test_units_move_the_count_the_link_and_the_script(build):
    expect(metric(build, "Parameters")).to_have_text("6,273")
    set_number(build, "Units", 0)
    expect(build.get_by_text("units must be between 1 and 512, not 0.")).to_be_visible()
    set_number(build, "Units", 24)
    expect(metric(build, "Parameters")).to_have_text(counted(ModelSpec(units=24)))
    expect(build).to_have_url(re.compile(r"[?&]units=24\b"))
    with build.expect_download() as download:
        build.get_by_role("button", name="Script").click()
    assert download.value.suggested_filename == "simple_rnn.py"
    assert download.value.path().read_text(encoding="utf-8") == keras_source(ModelSpec(units=24))
    with build.expect_download() as download:
        build.get_by_role("button", name="Notebook").click()
    assert download.value.suggested_filename == "simple_rnn.ipynb"
    assert '"nbformat": 4' in download.value.path().read_text(encoding="utf-8")


def test_stepping_through_the_sentence(build):
    slider = build.get_by_role("slider", name="Time step", exact=True)
    words = build.locator(".words")
    expect(build.get_by_role("button", name="Step forward")).to_be_disabled()
    build.get_by_role("button", name="Step back").click()
    expect(place(build)).to_have_text("9 / 10")
    expect(words).to_contain_text("the cell reads “funny” and the state after “very”")
    slider.press("Home")
    expect(place(build)).to_have_text("1 / 10")
    expect(words).to_contain_text("reads “not” and the start state, all zeros")
    expect(build.locator(".copies .col.now .word")).to_have_text("not")
    expect(build.locator(".copies .layer.future")).to_have_count(9)
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    expect(place(build)).to_have_text("3 / 10")
    expect(build.locator(".copies .state.read .name")).to_have_text("h₂")
    expect(build.locator(".copies .layer.now .state .name")).to_have_text("h₃")
    build.locator(".copies .col").nth(6).click()  # the start state is the first column
    expect(place(build)).to_have_text("6 / 10")
    slider.press("End")
    expect(words).to_contain_text("Answer: ")


def test_resting_on_a_step_shows_its_arithmetic_and_pointing_at_a_unit_chooses_it(build):
    build.get_by_role("slider", name="Time step", exact=True).press("Home")
    found = inside_step(bundled(), FIRST, step=0, unit=0)
    expect(
        build.get_by_text(f"Unit 1 at step 1, while the network reads not: its state goes from 0.000 to {found.state_after:.3f}")
    ).to_be_visible()
    frame = build.locator(".copies .layer .frame").nth(5)  # the start state is the first
    box = frame.bounding_box()
    frame.click(position={"x": box["width"] / 2, "y": box["height"] * 6.5 / 8})
    found = inside_step(bundled(), FIRST, step=4, unit=6)
    expect(
        build.get_by_text(f"Unit 7 at step 5, while the network reads ,: its state goes from {found.state_before:.3f}")
    ).to_be_visible()
    expect(build.get_by_role("spinbutton", name="Unit", exact=True)).to_have_value("7")
    expect(build).to_have_url(re.compile(r"step=5"))


def test_playing_stays_in_the_browser(build):
    """While it plays nothing is sent to the server; when it ends the arithmetic follows once."""
    sent = []
    build.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    build.reload()
    expect(place(build)).to_have_text("10 / 10")
    rests(build)
    before = len(sent)
    build.get_by_role("button", name="Play").click()
    expect(place(build)).to_have_text("3 / 10")
    expect(build.get_by_role("button", name="Pause")).to_be_visible()
    assert len(sent) == before
    build.get_by_role("slider", name="Time step", exact=True).press(" ")
    expect(build.get_by_role("button", name="Play")).to_be_visible()
    expect(build.get_by_text(re.compile(r"at step [34], while the network reads"))).to_be_visible()


def test_one_weight_lights_up_in_every_copy(build):
    build.get_by_text("Same weights: show them in every copy").click()
    matrix = build.locator(".copies .matrix.of-recurrent-0").nth(3)
    matrix.hover(position={"x": 10, "y": 24})  # seven pixels a weight: row 4, column 2
    expect(build.locator(".matrix.of-recurrent-0.lit")).to_have_count(12)  # ten copies, the loop, and the hidden one at the start
    expect(build.locator(".matrix.of-kernel-0.lit")).to_have_count(0)
    value = bundled().weights["recurrent_kernel"][3, 1]
    sentence = f"Recurrent weight from unit 4 to unit 2: {'−' if value < 0 else ''}{abs(value):.3f} in all 10 copies."
    expect(build.locator(".weight-words")).to_contain_text(sentence)
    build.locator(".loop .matrix.of-kernel-0").focus()
    build.keyboard.press("ArrowRight")
    expect(build.locator(".weight-words")).to_contain_text("Input weight from feature 1 to unit 2")
    expect(place(build)).to_have_text("10 / 10")  # the keys of the weights are not those of the playback


def test_what_does_not_fit_a_dense_network_is_lost(dashboard, page):
    visit(page, f"{dashboard.url}/build?view=Dense&places=6&sentence={SENTENCE.replace(' ', '+')}")
    expect(place(page)).to_have_text("1 / 13")
    expect(page.locator(".col.lost .word")).to_have_text([",", "and", "then", "it", "ran", "away", "very", "fast"][-7:])
    page.get_by_role("slider", name="Time step", exact=True).press("End")
    expect(page.locator(".words")).to_contain_text("“fast” is word 13: there is no place for it")
    page.locator(".matrix.of-place-2").hover(position={"x": 5, "y": 5})
    expect(page.locator(".matrix.lit")).to_have_count(1)


def test_a_shared_link_opens_the_same_model_on_a_fresh_server_and_goes_on_to_train(page, tmp_path):
    spec = ModelSpec(kind="gru", units=24, vocabulary=500, layers=2, dropout=0.25)
    query = "&".join(f"{name}={value}" for name, value in spec.to_params().items())
    fresh = start_dashboard(tmp_path / "lab")
    try:
        visit(page, f"{fresh.url}/build?{query}&step=2&sentence=a+fine+film")
        expect(metric(page, "Parameters")).to_have_text(counted(spec))
        expect(place(page)).to_have_text("2 / 3")
        for part in query.split("&"):
            expect(page).to_have_url(re.compile(rf"[?&]{re.escape(part)}(&|$)"))
        page.get_by_role("button", name="Train this").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Train")
        expect(page.get_by_role("combobox", name="Kind")).to_have_value("GRU")
        expect(page.get_by_role("spinbutton", name="Units", exact=True)).to_have_value("24")
    finally:
        fresh.kill()


@pytest.mark.parametrize("query", ["?weights=true", "?view=Dense&places=20"])
def test_a_phone_scrolls_the_picture_and_not_the_page(dashboard, page, query):
    page.set_viewport_size(PHONE)
    page.emulate_media(reduced_motion="reduce")
    visit(page, f"{dashboard.url}/build{query}")
    expect(place(page)).to_be_visible()
    assert no_sideways_scroll(page)
    scroller = page.locator(".scroller")
    assert scroller.evaluate("node => node.scrollWidth > node.clientWidth")
    page.get_by_role("slider", name="Time step", exact=True).press("End")
    now = page.locator(".copies .col.now")
    assert now.evaluate(
        "(node) => { const a = node.getBoundingClientRect(); return a.left >= 0 && a.right <= window.innerWidth + 1; }"
    )


def test_a_sentence_is_text_and_nothing_else(dashboard, page):
    errors = []
    page.on("dialog", lambda dialog: errors.append(dialog.message) or dialog.dismiss())
    visit(page, f"{dashboard.url}/build?sentence=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E+%3Cscript%3Ealert(2)%3C/script%3E")
    expect(page.locator(".copies .word").first).to_have_text("<")
    page.wait_for_timeout(500)
    assert not errors
    assert page.locator(".stBidiComponent img").count() == 0

"""The Hidden states page in a real browser: play, scrub, zoom, switch a unit off, compare two texts, watch a training."""

import os
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.steps import PATIENCE, is_done, rests, train, visit

PICTURES = os.environ.get("README_PICTURES")  # a folder: then a picture of each scene is kept there
TEXT = "a+smart+and+funny+film+with+a+dull+end"


def keep(page, name):
    if PICTURES:
        page.wait_for_timeout(500)
        page.screenshot(path=Path(PICTURES) / f"states-{name}.png", full_page=False)


def open_states(dashboard, page, query=""):
    """The page with its picture; on a fresh server the real texts are read first."""
    visit(page, f"{dashboard.url}/states?{query}")
    expect(page.locator(".player").first).to_be_visible(timeout=PATIENCE)
    rests(page)


def dots_of_path(page):
    return page.locator("svg.plane").first.locator("circle").first.get_attribute("cx")


def test_play_scrub_and_zoom_without_a_jump(dashboard, page):
    open_states(dashboard, page, f"text={TEXT}")
    place = page.locator(".place").first
    expect(place).to_have_text("9 / 9")
    page.locator("svg.plane").scroll_into_view_if_needed()
    page.get_by_role("button", name="Zoom in").click()
    width = page.locator("svg.plane polygon").first.bounding_box()
    page.locator("svg.plane").evaluate("node => { node.dataset.same = 'yes' }")
    scroll = page.get_by_test_id("stMain").evaluate("node => node.scrollTop")

    page.get_by_role("button", name="Play (space)").click()
    expect(place).to_have_text("3 / 9", timeout=20_000)
    expect(page.locator(".now-word")).to_have_text("and")
    expect(place).to_have_text("9 / 9", timeout=30_000)
    page.wait_for_timeout(800)  # the page hears where the visitor rests
    rests(page)
    assert page.locator("svg.plane").evaluate("node => node.dataset.same") == "yes"
    assert page.locator("svg.plane polygon").first.bounding_box()["width"] == width["width"]
    assert page.get_by_test_id("stMain").evaluate("node => node.scrollTop") == scroll

    before = dots_of_path(page)
    scrub = page.get_by_role("slider", name="Time step").first
    scrub.fill("1")
    expect(place).to_have_text("2 / 9")
    expect(page.locator(".now-word")).to_have_text("smart")
    assert dots_of_path(page) != before
    expect(page.get_by_role("heading", name=re.compile("after “smart”"))).to_be_visible(timeout=20_000)
    assert "step=2" in page.url
    page.keyboard.press("ArrowRight")
    expect(place).to_have_text("3 / 9")
    page.get_by_role("button", name="Show everything").click()
    keep(page, "path")
    with page.expect_download() as picture:
        page.get_by_role("button", name="Save the picture as SVG").click()
    drawn = Path(picture.value.path()).read_text()
    assert drawn.startswith("<svg")
    assert "smart" in drawn
    with page.expect_download() as picture:
        page.get_by_role("button", name="Save the picture as PNG").click()
    assert Path(picture.value.path()).read_bytes().startswith(b"\x89PNG")


def test_compare_two_texts(dashboard, page):
    open_states(dashboard, page)
    page.get_by_role("button", name="Two orders of the same words").click()
    expect(page.locator(".card")).to_have_count(2, timeout=30_000)
    rests(page)
    assert "also=" in page.url
    page.locator("svg.plane").scroll_into_view_if_needed()
    keep(page, "two-texts")


def test_switch_a_unit_off(dashboard, page):
    visit(page, f"{dashboard.url}/states?look=Units&text={TEXT}")
    expect(page.get_by_role("button", name="Find how much each unit is worth")).to_be_visible(timeout=PATIENCE)
    rests(page)
    units = page.get_by_test_id("stMultiSelect").locator("input")
    units.scroll_into_view_if_needed()
    rests(page)
    option = page.get_by_role("option", name="3", exact=True)
    for _ in range(10):  # a figure that arrives above moves the page, and that closes the list
        units.press("ArrowDown")
        page.wait_for_timeout(300)
        if option.is_visible():
            break
    option.click()
    expect(page.get_by_text("Right of 1,000 real texts")).to_be_visible(timeout=30_000)
    expect(page.locator(".card")).to_have_count(2, timeout=30_000)
    rests(page)
    page.locator("svg.plane").scroll_into_view_if_needed()
    keep(page, "unit-off")


def test_a_cell_of_the_heat_map_is_opened(dashboard, page):
    open_states(dashboard, page, f"look=Heat+map&text={TEXT}")
    heat = page.locator("svg.heat")
    heat.click(position={"x": 42 + 2.5 * 44, "y": 6 + 3.5 * 17})
    expect(page.get_by_text(re.compile(r"Unit 4 at step 3, while the network reads and"))).to_be_visible(timeout=20_000)
    expect(page.locator(".words")).to_have_text(re.compile("Unit 4 after “and”"))
    keep(page, "heat-map")


def test_training_is_played_epoch_by_epoch(dashboard, page):
    visit(page, f"{dashboard.url}/train?units=8&epochs=2&time_steps=30")
    train(page)
    is_done(page)
    open_states(dashboard, page, f"look=Training&text={TEXT}")
    expect(page.locator(".place")).to_have_text("3 / 3", timeout=30_000)
    expect(page.locator(".now-word")).to_have_text("epoch 2")
    page.get_by_role("button", name="Step back (left arrow)").click()
    page.get_by_role("button", name="Step back (left arrow)").click()
    expect(page.locator(".now-word")).to_have_text("untrained")
    expect(page.get_by_text("Of 2 epochs 3 are shown")).to_be_visible()

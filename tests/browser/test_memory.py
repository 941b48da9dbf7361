"""The Memory and gap page in a real browser: a small grid to its end, then one that is stopped, resumed and extended."""

import re

from playwright.sync_api import expect

from tests.browser.steps import PATIENCE, rests, visit

SOON = 60_000  # milliseconds, on a machine that has other things to do
SMALL = "gap_kinds=SimpleRNN&gap_seeds=1&gap_units=4&gap_start=standard"


def box(page):
    return page.locator(".st-key-gap_run")


def state(page, word):
    expect(box(page).get_by_text(re.compile(rf"\b{word}$"))).to_be_visible(timeout=PATIENCE)


def test_a_small_grid_to_its_end(dashboard, page):
    visit(page, f"{dashboard.url}/memory?{SMALL}&gap_gaps=1,2&gap_steps=200")
    expect(page.get_by_text("1 network × 2 gaps × 1 seed: 2 trainings.")).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Train this grid").click()
    state(page, "done")
    expect(page.get_by_text("Make your guess above, then the curve is shown")).to_be_visible(timeout=SOON)
    page.get_by_role("radio", name="20", exact=True).first.click()
    page.get_by_role("button", name="That is my guess").click()
    mine = page.locator("[class*=st-key-memory-mine]")
    expect(mine.locator(".js-plotly-plot")).to_be_visible(timeout=SOON)
    expect(box(page).get_by_text("2 of 2 points")).to_be_visible()
    rests(page)
    expect(page.get_by_text("nothing would be trained again")).to_be_visible()
    page.get_by_role("tab", name="Take away").last.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="These numbers as CSV").last.click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 3
    assert '"kind"' in lines[0] or "kind" in lines[0]
    rests(page)


def test_stop_resume_and_extend(dashboard, page):
    visit(page, f"{dashboard.url}/memory?{SMALL}&gap_gaps=2,3,300&gap_steps=6000")
    page.get_by_role("button", name="Train this grid").click()
    expect(box(page).get_by_text(re.compile(r"SimpleRNN at gap \d+: seed at step [1-9]"))).to_be_visible(timeout=PATIENCE)
    box(page).get_by_role("button", name="Stop").click()
    state(page, "stopped")
    page.wait_for_timeout(1_500)  # a worker that still had it would write
    state(page, "stopped")
    rests(page)
    box(page).get_by_role("button", name="Resume").click()
    expect(box(page).get_by_text(re.compile(r"at gap 300: seed at step [1-9]"))).to_be_visible(timeout=PATIENCE)
    expect(box(page).get_by_text(re.compile("2 of 3 points are done"))).to_be_visible(timeout=PATIENCE)
    box(page).get_by_role("button", name="Stop").click()
    state(page, "stopped")
    box(page).get_by_role("button", name="Extend").click()
    page.get_by_label("More gaps").fill("4")
    page.get_by_label("More gaps").press("Enter")
    expect(page.get_by_text("1 training more.")).to_be_visible(timeout=SOON)
    rests(page)

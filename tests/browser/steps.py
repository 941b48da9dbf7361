"""What the browser tests do on a page, as a person would."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

PATIENCE = 120_000  # milliseconds for what a worker on a busy machine may need


def visit(page: Page, address: str) -> None:
    """Opens a page and waits until its script rests without an error."""
    page.goto(address, wait_until="domcontentloaded")
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=60_000)
    rests(page)


def rests(page: Page) -> None:
    """Waits until no script runs, and looks for errors on the page."""
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=60_000)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def train(page: Page) -> Locator:
    """Presses Train and gives back the box of the run that begins."""
    page.get_by_role("button", name="Train", exact=True).click()
    return run_box(page)


def run_box(page: Page) -> Locator:
    """The box of the run that the Train page shows."""
    box = page.locator(".st-key-run")
    expect(box).to_be_visible(timeout=60_000)
    return box


def is_done(page: Page) -> None:
    """Waits until the run is done and its result is there."""
    expect(run_box(page).get_by_text(re.compile(r"\bdone$"))).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("How good it honestly is", exact=True)).to_be_visible(timeout=60_000)
    rests(page)

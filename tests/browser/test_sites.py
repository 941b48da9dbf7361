"""Every page by its own link on a fresh server, at the width of a phone, and visitors who do not see each other."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.steps import rests, train, visit
from tests.conftest import PHONE, start_dashboard

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted(re.findall(r'url_path="([a-z]+)"', (ROOT / "app.py").read_text()))


@pytest.mark.parametrize("path", PATHS)
def test_deep_link_on_a_fresh_server(dashboard, page, path):
    errors = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    fresh = start_dashboard(dashboard.home)  # in the same folder: the worker is there already
    try:
        visit(page, f"{fresh.url}/{'' if path == 'start' else path}")
        expect(page.get_by_text("Page not found")).to_have_count(0)
        expect(page.locator("[data-testid=stSidebarNavLink][aria-current=page]")).to_have_count(1)
        assert not [error for error in errors if "status of 404" not in error]
    finally:
        fresh.kill()


@pytest.mark.parametrize("path", PATHS)
def test_page_is_no_wider_than_a_phone(dashboard, page, path):
    page.set_viewport_size(PHONE)
    visit(page, f"{dashboard.url}/{'' if path == 'start' else path}")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 2")


def test_two_visitors_of_a_hosted_lab_do_not_see_each_other(browser, tmp_path):
    hosted = start_dashboard(tmp_path / "hosted", LAB_MODE="hosted")
    first, second = browser.new_context(), browser.new_context()
    try:
        one, other = first.new_page(), second.new_page()
        visit(one, f"{hosted.url}/train?units=8&epochs=2&time_steps=30")
        train(one)
        rests_on = one.url
        assert "run=" in rests_on
        visit(other, f"{hosted.url}/runs")
        expect(other.get_by_text("Nothing was trained here yet")).to_be_visible()
        visit(other, rests_on)  # the link of the first visitor's run, in the hands of the second
        expect(other.get_by_test_id("stAlertContentError")).to_be_visible()
        expect(other.locator(".st-key-run")).to_have_count(0)
        visit(one, f"{hosted.url}/runs")
        expect(one.get_by_test_id("stDataFrame")).to_be_visible()
        cookie = next(cookie for cookie in first.cookies() if cookie["name"] == "unrolled_owner")
        assert cookie["httpOnly"]
        assert cookie["value"] not in {c["value"] for c in second.cookies()}
        rests(one)
    finally:
        first.close()
        second.close()
        hosted.kill()

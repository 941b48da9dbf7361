"""Everyone: axe-core finds nothing serious on any page, light or dark; motion stops for those who ask for it."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.steps import visit

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted(re.findall(r'url_path="([a-z]+)"', (ROOT / "app.py").read_text()))
BACKGROUNDS = {"light": "rgb(253, 252, 249)", "dark": "rgb(20, 24, 29)"}  # of .streamlit/config.toml
SERIOUS = {"serious", "critical"}
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_serious(dashboard, page, path):
    found = []
    page.emulate_media(color_scheme="light")
    visit(page, f"{dashboard.url}/{'' if path == 'start' else path}")
    page.wait_for_function("window.unrolledMends")  # the last thing of the frame that arrives
    for scheme, background in BACKGROUNDS.items():
        page.emulate_media(color_scheme=scheme)
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", background, timeout=60_000)
        page.wait_for_timeout(300)
        for violation in Axe().run(page, options=RULES).response["violations"]:
            if violation["impact"] in SERIOUS:
                nodes = [" ".join(map(str, node["target"])) + " | " + node["html"][:160] for node in violation["nodes"]]
                found.append((scheme, violation["id"], len(nodes), nodes[:4]))
    assert not found, "\n".join(f"{scheme} {rule} {count}: {nodes}" for scheme, rule, count, nodes in found)


def test_nothing_moves_by_itself_where_motion_is_not_wanted(dashboard, page):
    page.emulate_media(reduced_motion="reduce")
    visit(page, dashboard.url)
    page.wait_for_function(  # the style that stills them comes with the script's first run
        "[...document.querySelectorAll('*')].every(e => { const s = getComputedStyle(e); "
        "return s.animationName === 'none' && s.transitionDuration.split(',').every(t => parseFloat(t) === 0) })"
    )

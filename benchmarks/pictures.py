"""The pictures of the README, taken of the real pages: `python3 run.py pictures` runs this in the virtual environment.

A server is started in an empty folder and a network is trained in it; each page is photographed in real Chromium, and a short
walk through the first minute becomes an animated GIF. Everything is written to ui/pictures. Names such as `start` or `walk` on
the command line take these alone.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.first_paint import FLAGS, fresh_server

FOLDER = Path(__file__).resolve().parents[1] / "ui" / "pictures"
WIDTH, HEIGHT = 1280, 860
COLOURS = 128  # of a picture: small files that show the same
PATIENCE = 180_000  # milliseconds


def visit(page: Page, address: str) -> None:
    """Opens a page and waits until it rests."""
    page.goto(address, wait_until="domcontentloaded")
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=60_000)
    rests(page)


def rests(page: Page) -> None:
    """Waits until no script runs and everything is drawn."""
    quiet = 0
    while quiet < 6:
        quiet = 0 if page.get_by_test_id("stStatusWidget").count() else quiet + 1
        page.wait_for_timeout(150)


def scroll_to(page: Page, heading: str) -> None:
    """Puts a heading at the top of the window."""
    page.get_by_role("heading", name=heading, exact=True).first.evaluate("e => e.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(700)


def save(page: Page, name: str) -> None:
    """The window as it is, as a small PNG."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(FOLDER / f"{name}.png", optimize=True)
    print(f"{name}.png", flush=True)


def start(page: Page, address: str) -> None:
    """The start page as it opens."""
    visit(page, address)
    save(page, "start")


def build(page: Page, address: str) -> None:
    """The unrolled network with its weights."""
    visit(page, f"{address}/build?weights=true&sentence=not+a+good+film")
    scroll_to(page, "The loop, unrolled")
    save(page, "build")


def order(page: Page, address: str) -> None:
    """The answers of all networks to two sentences of the same words."""
    visit(page, f"{address}/order")
    page.get_by_role("button", name="I cannot tell, show me").click()
    expect(page.get_by_role("button", name="These answers as CSV")).to_be_visible(timeout=PATIENCE)
    rests(page)
    scroll_to(page, "Who got bitten?")
    save(page, "order")


def states(page: Page, address: str) -> None:
    """The path of the hidden state."""
    visit(page, f"{address}/states")
    page.get_by_role("tab", name="Path").evaluate("e => e.scrollIntoView({block: 'start'})")
    rests(page)
    save(page, "states")


def gradients(page: Page, address: str) -> None:
    """The gradient on its way back."""
    visit(page, f"{address}/gradients")
    page.get_by_role("tab", name="Backwards").evaluate("e => e.scrollIntoView({block: 'start'})")
    rests(page)
    save(page, "gradients")


def memory(page: Page, address: str) -> None:
    """Accuracy and gradient against the gap."""
    visit(page, f"{address}/memory")
    page.get_by_role("button", name="I cannot tell, show me").click()
    rests(page)
    if page.get_by_role("heading", name="A recorded grid", exact=True).count():
        scroll_to(page, "A recorded grid")
    save(page, "memory")


def train(page: Page, address: str) -> None:
    """A finished run beside bags of words."""
    visit(page, f"{address}/train?data=quick_reviews")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(".st-key-run").get_by_text(re.compile(r"\bdone$"))).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("How good it honestly is", exact=True)).to_be_visible(timeout=60_000)
    rests(page)
    page.locator(".st-key-run").evaluate("e => e.scrollIntoView({block: 'start'})")
    rests(page)
    save(page, "train")


def phone(browser: Browser, address: str) -> None:
    """The start page on a phone, in the dark."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark", device_scale_factor=1.5)
    page = context.new_page()
    visit(page, address)
    save(page, "phone")
    context.close()


def walk(browser: Browser, address: str) -> None:
    """The first minute as an animation: a sentence is typed, its words change places, the answer turns."""
    context = browser.new_context(viewport={"width": 1000, "height": 720})
    page = context.new_page()
    visit(page, address)
    frames: list[Image.Image] = []

    def frame(times: int = 1) -> None:
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").resize((800, 576), Image.Resampling.LANCZOS)
        frames.extend([picture.quantize(64, dither=Image.Dither.NONE)] * times)

    frame(3)
    box = page.get_by_role("textbox").first
    box.fill("")
    for word in ("the", " cat", " chased", " the", " boy"):
        box.press_sequentially(word, delay=30)
        page.wait_for_timeout(400)
        rests(page)
        frame(2)
    frame(2)
    box.fill("the boy chased the cat")
    page.wait_for_timeout(500)
    rests(page)
    frame(5)
    slider = page.get_by_role("slider", name="Time step").first
    slider.press("Home")
    for _ in range(5):
        page.wait_for_timeout(200)
        frame()
        slider.press("ArrowRight")
    frame(5)
    frames[0].save(FOLDER / "walk.gif", save_all=True, append_images=frames[1:], duration=450, loop=0, optimize=True)
    print("walk.gif", flush=True)
    context.close()


ALL: tuple[Callable[[Page, str], None], ...] = (start, build, order, states, gradients, memory, train)


def main() -> None:
    """Takes them all, or those that the command line names."""
    wanted = sys.argv[1:]
    FOLDER.mkdir(exist_ok=True)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as play, fresh_server({}) as address:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        page = context.new_page()
        for take in ALL:
            if not wanted or take.__name__ in wanted:
                take(page, address)
        for alone in (phone, walk):
            if not wanted or alone.__name__ in wanted:
                alone(browser, address)
        browser.close()


if __name__ == "__main__":
    main()

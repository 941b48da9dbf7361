"""How long a visitor waits: first paint, first answer and a change of page, in a real browser on a freshly started server.

    .venv/bin/python benchmarks/first_paint.py [--rounds 5] [--chromium /usr/bin/chromium]

Each round starts a server in an empty folder, waits until it answers its health check, and opens the start page in a browser
that has never seen the site. Printed are medians and the worst of all rounds, beside what is asked for; exit status 1 where a
median is slower.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
WANTED = {"first paint of content": 1.5, "first answer": 2.5, "an answer while typing": 0.5, "change of page": 0.5}
PAGES = ("Word order", "Build", "Hidden states", "Classify", "Glossary", "Start")
# Waited for in the browser, frame by frame: Playwright's own `expect` looks only after 0.1, 0.35, 0.85 … s.
SHOWS = """([selector, words]) => [...document.querySelectorAll(selector)].some((one) => one.checkVisibility() &&
  one.textContent.includes(words))"""
HEADING = "[data-testid=stMainBlockContainer] h1"
ANSWER = "[data-testid=stMainBlockContainer] p"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@contextmanager
def fresh_server(environment: dict[str, str]) -> Iterator[str]:
    """A dashboard in an empty folder, from when it answers to the end of the block; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
        command += ["--server.headless", "true", "--server.address", "127.0.0.1"]
        with open(Path(home) / "log", "wb") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, "LAB_HOME": home, **environment}, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address + "/_stcore/health")
            yield address
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise SystemExit("The server did not start.")


def one_round(browser: Browser, address: str) -> dict[str, list[float]]:
    """The times of one visitor."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    _until(page, HEADING, "Unrolled")
    found = {"first paint of content": [time.perf_counter() - start]}
    _until(page, ANSWER, "The network’s answer: a person")
    page.get_by_role("region", name="network unrolled").wait_for(timeout=60_000)
    found["first answer"] = [time.perf_counter() - start]
    _rest(page)
    start = time.perf_counter()
    page.get_by_role("textbox").first.fill("the man bit the dog")
    _until(page, ANSWER, "The network’s answer: an animal")
    found["an answer while typing"] = [time.perf_counter() - start]
    _rest(page)
    found["change of page (first time)"] = _changes(page)
    found["change of page"] = _changes(page)
    context.close()
    return found


def _changes(page: Page) -> list[float]:
    """From the click in the navigation to the heading and claim of the page, for each page."""
    times = []
    for name in PAGES:
        start = time.perf_counter()
        page.get_by_test_id("stSidebarNavLink").filter(has_text=name).first.click()
        heading = "Unrolled" if name == "Start" else name
        _until(page, HEADING, heading)
        times.append(time.perf_counter() - start)
        _rest(page)
    return times


def _until(page: Page, selector: str, words: str) -> None:
    page.wait_for_function(SHOWS, arg=[selector, words], timeout=60_000)


def _rest(page: Page) -> None:
    quiet = 0
    while quiet < 4:
        quiet = 0 if page.get_by_test_id("stStatusWidget").count() else quiet + 1
        page.wait_for_timeout(100)


def main() -> int:
    """Runs the rounds and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chromium", default=os.environ.get("CHROMIUM") or shutil.which("chromium") or "")
    options = parser.parse_args()
    times: dict[str, list[float]] = {}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=options.chromium or None, args=FLAGS)
        for _ in range(options.rounds):
            with fresh_server({}) as address:
                for name, seconds in one_round(browser, address).items():
                    times.setdefault(name, []).extend(seconds)
        browser.close()
    slow = False
    print(f"{options.rounds} fresh servers, {os.cpu_count()} cores")
    for name, seconds in times.items():
        wanted, median = WANTED.get(name), statistics.median(seconds)
        slow = slow or (wanted is not None and median > wanted)
        told = f"wanted under {wanted:.1f} s" if wanted else "the first visitor of each page"
        print(f"{name:30s} median {median:5.2f} s   worst {max(seconds):5.2f} s   {told}")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())

"""What several layers of tests share: a dashboard of their own on a free port, and a real Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from lab import database as tables
from lab.lab import open_lab
from lab.owner import LOCAL_OWNER
from lab.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
# The first page of a tab forgets what other tabs have kept; what it keeps itself outlives its reloads.
NEWCOMER = "if (!sessionStorage.begun) { localStorage.clear(); sessionStorage.begun = true; }"


@dataclass
class Dashboard:
    """A running dashboard: its address, its folder, and the process that serves it."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]

    def kill(self, sign: int = signal.SIGTERM) -> None:
        """End the process by the id that it was started with and wait until it is gone."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
            self.process.wait(timeout=20)


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_dashboard(home: Path, **environment: str) -> Dashboard:
    """The dashboard as a user starts it, with its own folder, listening on 127.0.0.1 only."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.address", "127.0.0.1"]
    home.mkdir(parents=True, exist_ok=True)
    with (home / "dashboard.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "LAB_HOME": str(home), **environment}, stdout=log, stderr=subprocess.STDOUT
        )
    dashboard = Dashboard(f"http://127.0.0.1:{port}", home, process)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(dashboard.url + "/_stcore/health", timeout=2):
                return dashboard
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    dashboard.kill()
    pytest.fail(f"the dashboard did not start: {(home / 'dashboard.log').read_text()[-2000:]}")


@pytest.fixture(scope="session")
def running_dashboard(tmp_path_factory):
    """One dashboard with its worker, warm for all files of tests."""
    running = start_dashboard(tmp_path_factory.mktemp("lab"))
    yield running
    running.kill()


@pytest.fixture(scope="module")
def dashboard(running_dashboard):
    """The dashboard as a newcomer finds it: each file of tests begins without the runs of another."""
    lab = open_lab(Settings.from_environment({"LAB_HOME": str(running_dashboard.home)}))
    for run in lab.store.runs(LOCAL_OWNER):
        lab.store.delete(LOCAL_OWNER, run.id)
    with lab.database.writing() as connection:
        connection.execute(sa.delete(tables.notes))
    lab.database.close()
    return running_dashboard


@pytest.fixture(scope="session")
def chromium():
    """Playwright's Chromium, and the path of the one that `run.py test` found, or of one on the machine."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        pytest.fail("The browser tests need Chromium: run them with 'python3 run.py test', which finds or installs one.")
    with sync_playwright() as play:
        yield play.chromium, path


@pytest.fixture(scope="session")
def browser(chromium):
    """A headless Chromium, for tests with several visitors: each context is another visitor's browser."""
    kind, path = chromium
    running = kind.launch(executable_path=path, args=CHROMIUM_FLAGS)
    yield running
    running.close()


@pytest.fixture(scope="session")
def visitors_browser(chromium, tmp_path_factory):
    """The browser of `page`, with a cache on disk: a page that it has compiled once takes a fifth less of a processor."""
    kind, path = chromium
    context = kind.launch_persistent_context(
        tmp_path_factory.mktemp("chromium"), executable_path=path, args=CHROMIUM_FLAGS, viewport=DESK, accept_downloads=True
    )
    context.set_default_timeout(30_000)
    context.add_init_script(NEWCOMER)
    yield context
    context.close()


@pytest.fixture
def page(visitors_browser):
    """An empty page of a visitor who was never here: no cookies, nothing kept by an earlier page."""
    visitors_browser.clear_cookies()
    page = visitors_browser.new_page()
    page.set_viewport_size(DESK)
    yield page
    page.close()

#!/usr/bin/env python3
"""Start Unrolled, or test it, on a machine that has Python 3.11 to 3.13 and nothing else.

    python3 run.py [--port 8501] [--headless]     install what is missing, start the dashboard and its worker
    python3 run.py test [-k NAME] [PATH ...]      lint, format, types and every test, a real browser included
    python3 run.py pictures [NAME ...]            take the pictures of the README anew, in a real browser

Only the standard library is used here, and only syntax that an old Python can still read, so that it can say it is too old.
"""

import argparse
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import List, Optional  # noqa: UP035  # an old Python must be able to read this file

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST, NEWEST = (3, 11), (3, 13)
VERSION = ".".join(map(str, sys.version_info[:2]))
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM_PATHS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
)


class Trouble(Exception):
    """Something that the person at the keyboard can put right; the message is one line and says how."""


def check_python() -> None:
    """Refuse a Python that the pinned packages do not exist for."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise Trouble(
            f"Unrolled needs Python 3.11, 3.12 or 3.13 and this is {VERSION}: install one of them, "
            "then run it with, say, python3.12 run.py"
        )


def make_venv() -> None:
    """The virtual environment in .venv, made once; one that another Python made, or half made, is made anew."""
    if PYTHON.exists() and _runs(PYTHON):
        return
    uv = shutil.which("uv")
    print("Making a virtual environment in .venv ...", flush=True)
    if uv:
        command = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)]
    else:
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode or not _runs(PYTHON):
        shutil.rmtree(str(VENV), ignore_errors=True)
        if "ensurepip" in done.stdout or "No module named venv" in done.stdout:
            raise Trouble(
                "This Python has no venv module: on Debian or Ubuntu run "
                f"'sudo apt install python{VERSION}-venv', then start again"
            )
        raise Trouble(f"The virtual environment could not be made: {_last_line(done.stdout)}")


def install(requirements: str) -> None:
    """The pinned packages of one requirements file, again only when the file or the Python has changed."""
    content = (ROOT / requirements).read_bytes()
    stamp = VENV / (requirements + ".sha256")
    wanted = hashlib.sha256(content + sys.version.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Installing {requirements} (once; some minutes on a slow line) ...", flush=True)
    uv = shutil.which("uv")
    command = [uv, "pip", "install", "--python", str(PYTHON)] if uv else [str(PYTHON), "-m", "pip", "install", "--quiet"]
    done = subprocess.run(
        [*command, "-r", str(ROOT / requirements)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise Trouble(
            f"Installing {requirements} failed ({_last_line(done.stdout)}): "
            "check the network connection and the free disk space, then run this again"
        )
    stamp.write_text(wanted)


def serve(port: int, headless: bool) -> int:
    """Become the dashboard; it starts its own worker and ends it when it ends."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0 if os.name == "nt" else 1)
        try:
            probe.bind(("", port))
        except OSError:
            raise Trouble(
                f"Port {port} is taken or not allowed: choose another, for example python3 run.py --port {port + 1}"
            ) from None
    print(f"Unrolled: http://localhost:{port}", flush=True)
    command = [str(PYTHON), "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    if headless:
        command += ["--server.headless", "true"]
    os.chdir(str(ROOT))
    if os.name == "nt":
        return subprocess.call(command)
    os.execv(command[0], command)


def find_chromium() -> str:
    """The path of a Chromium: one on the machine, else Playwright's download, else Debian's package."""
    named = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    found = named or next(filter(os.path.exists, CHROMIUM_PATHS), None) or _playwright_chromium()
    if found:
        return found
    print("No Chromium on this machine; asking Playwright for one ...", flush=True)
    _quietly([str(PYTHON), "-m", "playwright", "install", "chromium"])
    found = _playwright_chromium()
    if not found and shutil.which("apt-get") and getattr(os, "geteuid", lambda: 1)() == 0:
        print("Playwright could not; installing Debian's package chromium ...", flush=True)
        _quietly(["apt-get", "update"])
        _quietly(["apt-get", "install", "-y", "--no-install-recommends", "chromium"])
        found = shutil.which("chromium")
    if not found:
        raise Trouble(
            "The browser tests need Chromium and none could be installed: run 'sudo apt install chromium', or install Google "
            "Chrome, or name one with CHROMIUM=/path/to/chromium, then start again"
        )
    return found


def test(pytest_arguments: List[str]) -> int:
    """Lint, format, types, tests, in this order; the exit status of the first that fails."""
    install("requirements-test.txt")
    environment = dict(os.environ, CHROMIUM=find_chromium(), TF_CPP_MIN_LOG_LEVEL="2")
    environment.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # two processes of tests share two cores
    for name, command in (
        ("lint", ["-m", "ruff", "check", "."]),
        ("format", ["-m", "ruff", "format", "--check", "."]),
        ("types", ["-m", "mypy"]),
        ("tests", ["-m", "pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", *pytest_arguments]),
    ):
        print(f"== {name}", flush=True)
        start = time.time()
        status = subprocess.call([str(PYTHON), *command], cwd=str(ROOT), env=environment)
        print("   {}: {} in {:.0f} s".format(name, "failed" if status else "passed", time.time() - start), flush=True)
        if status:
            return status
    return 0


def pictures(names: List[str]) -> int:
    """Take the pictures of the README anew, or those of these names."""
    install("requirements-test.txt")
    environment = dict(os.environ, CHROMIUM=find_chromium(), TF_CPP_MIN_LOG_LEVEL="2")
    return subprocess.call([str(PYTHON), "benchmarks/pictures.py", *names], cwd=str(ROOT), env=environment)


def main() -> int:
    """Read the command line and do what it says; one line on stderr where something is in the way."""
    arguments = sys.argv[1:]
    try:
        check_python()
        if arguments[:1] == ["test"]:
            make_venv()
            install("requirements.txt")
            return test(arguments[1:])
        if arguments[:1] == ["pictures"]:
            make_venv()
            install("requirements.txt")
            return pictures(arguments[1:])
        parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--port", type=int, default=8501, help="the port to listen on (8501)")
        parser.add_argument("--headless", action="store_true", help="do not open a browser")
        options = parser.parse_args(arguments)
        if not 1 <= options.port <= 65535:
            raise Trouble("A port is a number from 1 to 65535: for example python3 run.py --port 8502")
        make_venv()
        install("requirements.txt")
        return serve(options.port, options.headless)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _runs(python: Path) -> bool:
    return python.exists() and subprocess.call([str(python), "-c", ""], stderr=subprocess.DEVNULL) == 0


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"


def _quietly(command: List[str]) -> None:
    try:
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as trouble:
        print(f"   {command[0]}: {trouble}", flush=True)


def _playwright_chromium() -> Optional[str]:
    code = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    done = subprocess.run([str(PYTHON), "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    path = done.stdout.strip()
    return path if path and os.path.exists(path) else None


if __name__ == "__main__":
    sys.exit(main())

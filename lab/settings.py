"""How this installation runs: where things are kept, for whom, and how much a visitor may ask for, from the environment."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal, Self, get_args, get_type_hints

from rnn_core.spec import LIMITS

Mode = Literal["local", "hosted"]

MOST_TEXTS = 200_000
_UNLIMITED = 1_000_000

# What a mode starts from; each can be set by LAB_<NAME>. 0 hours or days keep a thing until a person deletes it.
_DEFAULTS: dict[Mode, dict[str, float]] = {
    "local": {
        "running_per_visitor": _UNLIMITED,
        "waiting_per_visitor": _UNLIMITED,
        "waiting_in_all": _UNLIMITED,
        "max_epochs": LIMITS["epochs"][1],
        "max_units": LIMITS["units"][1],
        "max_texts": MOST_TEXTS,
        "keep_uploads_hours": 0,
        "keep_runs_days": 0,
        "cookie_days": 30,
    },
    "hosted": {
        "running_per_visitor": 1,
        "waiting_per_visitor": 3,
        "waiting_in_all": 50,
        "max_epochs": 30,
        "max_units": 128,
        "max_texts": 30_000,
        "keep_uploads_hours": 24,
        "keep_runs_days": 7,
        "cookie_days": 30,
    },
}


class SettingsError(ValueError):
    """A setting in the environment that cannot be used; the message names the variable and what it takes."""


@dataclass(frozen=True)
class Settings:
    """One installation. `Settings.from_environment()` reads it; a page and the worker get the same one.

    Raises:
        SettingsError: a value that cannot be used.
    """

    home: Path  # LAB_HOME: database, artifacts, copies of samples, worker.log
    mode: Mode = "local"  # LAB_MODE: one person's machine, or visitors who must not see each other
    database_url: str = field(
        default="", repr=False
    )  # LAB_DATABASE_URL: SQLite in LAB_HOME, or postgresql://…; may hold a password
    artifacts_url: str = field(default="", repr=False)  # LAB_ARTIFACTS_URL: anything fsspec opens; may hold a key
    running_per_visitor: int = _UNLIMITED
    waiting_per_visitor: int = _UNLIMITED
    waiting_in_all: int = _UNLIMITED
    max_epochs: int = int(LIMITS["epochs"][1])
    max_units: int = int(LIMITS["units"][1])
    max_texts: int = MOST_TEXTS
    keep_uploads_hours: float = 0.0
    keep_runs_days: float = 0.0
    cookie_days: float = 30.0

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The settings that the environment's LAB_… variables give, defaults by mode for the rest."""
        environ = os.environ if environ is None else environ
        home = Path(environ.get("LAB_HOME") or ".lab").expanduser().absolute()
        mode = environ.get("LAB_MODE") or "local"
        if mode not in get_args(Mode):
            raise SettingsError(f"LAB_MODE must be local or hosted, not {mode!r}.")
        hints = get_type_hints(cls)
        numbers = {
            name: _number(environ, f"LAB_{name.upper()}", default, hints[name] is int)
            for name, default in _DEFAULTS[mode].items()  # type: ignore[index]  # checked above
        }
        return cls(
            home=home,
            mode=mode,  # type: ignore[arg-type]  # checked above
            database_url=_database_url(environ.get("LAB_DATABASE_URL") or f"sqlite:///{home / 'lab.sqlite'}"),
            artifacts_url=environ.get("LAB_ARTIFACTS_URL") or (home / "artifacts").as_uri(),
            **numbers,  # type: ignore[arg-type]  # whole numbers where the field is one
        )

    def to_environment(self) -> dict[str, str]:
        """The LAB_… variables that give these settings again, for a process of the same installation."""
        names = {"home": "LAB_HOME", "mode": "LAB_MODE", "database_url": "LAB_DATABASE_URL", "artifacts_url": "LAB_ARTIFACTS_URL"}
        return {names.get(item.name, f"LAB_{item.name.upper()}"): str(getattr(self, item.name)) for item in fields(self)}

    def make_home(self) -> None:
        """Makes LAB_HOME where it is missing.

        Raises:
            SettingsError: it cannot be made.
        """
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"LAB_HOME cannot be used: {error}") from error

    @property
    def hosted(self) -> bool:
        """Whether several visitors share this installation."""
        return self.mode == "hosted"

    @property
    def worker_log(self) -> Path:
        """Where a worker beside the dashboard writes what it does and what went wrong."""
        return self.home / "worker.log"


def _number(environ: Mapping[str, str], variable: str, default: float, whole: bool) -> float:
    text = environ.get(variable)
    if not text:
        return int(default) if whole else float(default)
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = math.nan
    least = 1 if whole else 0
    if not (math.isfinite(value) and value >= least):
        raise SettingsError(f"{variable} must be a {'whole number from 1' if whole else 'number from 0'}, not {text!r}.")
    return value


def _database_url(url: str) -> str:
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme == "postgres":
        return "postgresql" + url[len("postgres") :]
    if scheme not in ("sqlite", "postgresql") or "://" not in url:
        raise SettingsError("LAB_DATABASE_URL must begin with sqlite:/// or postgresql://.")
    return url

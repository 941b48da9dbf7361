"""Settings: what the environment says, defaults by mode, and a sentence for what cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.lab import open_lab
from lab.settings import Settings, SettingsError


def test_defaults_are_one_persons_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({})
    assert (settings.home, settings.mode, settings.hosted) == (tmp_path / ".lab", "local", False)
    assert settings.database_url == f"sqlite:///{tmp_path}/.lab/lab.sqlite"
    assert settings.artifacts_url == f"file://{tmp_path}/.lab/artifacts"
    assert settings.keep_runs_days == 0  # nobody's work is deleted behind their back


def test_hosted_defaults_are_what_the_readme_promises(tmp_path: Path) -> None:
    settings = Settings.from_environment({"LAB_HOME": str(tmp_path), "LAB_MODE": "hosted"})
    assert (settings.running_per_visitor, settings.waiting_per_visitor) == (1, 3)
    assert settings.keep_uploads_hours > 0
    assert settings.keep_runs_days > 0


def test_a_process_started_with_these_settings_has_the_same(tmp_path: Path) -> None:
    given = {"LAB_HOME": str(tmp_path), "LAB_MODE": "hosted", "LAB_MAX_EPOCHS": "7", "LAB_DATABASE_URL": "postgres://a:b@c/d"}
    settings = Settings.from_environment(given)
    assert settings.database_url == "postgresql://a:b@c/d"
    assert Settings.from_environment(settings.to_environment()) == settings


def test_a_password_is_not_printed() -> None:
    settings = Settings.from_environment({"LAB_DATABASE_URL": "postgresql://me:secret@host/lab"})
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LAB_MODE", "cloud"),
        ("LAB_DATABASE_URL", "mysql://host/lab"),
        ("LAB_MAX_EPOCHS", "many"),
        ("LAB_MAX_EPOCHS", "0"),
        ("LAB_MAX_UNITS", "3.5"),
        ("LAB_KEEP_RUNS_DAYS", "-1"),
        ("LAB_COOKIE_DAYS", "nan"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        Settings.from_environment({variable: value})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LAB_HOME", "/dev/null/lab"),
        ("LAB_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/lab"),
        ("LAB_DATABASE_URL", "sqlite:////dev"),
    ],
)
def test_a_place_that_cannot_be_used_is_named_without_its_password(tmp_path: Path, variable: str, value: str) -> None:
    settings = Settings.from_environment({"LAB_HOME": str(tmp_path), variable: value})
    with pytest.raises(SettingsError, match=variable) as caught:
        open_lab(settings)
    assert "secret" not in str(caught.value)

"""An installation in a folder of its own: on SQLite, or on PostgreSQL where LAB_TEST_POSTGRES_URL names a server.

`LAB_TEST_POSTGRES_URL=postgresql://user:password@localhost/postgres python -m pytest tests/lab` runs every test of this folder
on databases that it creates there and drops again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from lab.lab import Lab, open_lab
from lab.records import Run
from lab.settings import Settings
from tests.lab.dashboards import Workshop


@contextmanager
def database_variables() -> Iterator[dict[str, str]]:
    """What the environment says of a fresh database."""
    server = os.environ.get("LAB_TEST_POSTGRES_URL")
    if not server:
        yield {}
        return
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    name = f"unrolled_test_{uuid4().hex}"
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield {"LAB_DATABASE_URL": url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)}
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    with database_variables() as variables:
        yield {"LAB_HOME": str(tmp_path / "lab"), **variables}


@pytest.fixture
def lab(environment: dict[str, str]) -> Iterator[Lab]:
    opened = open_lab(Settings.from_environment(environment))
    yield opened
    opened.database.close()


@pytest.fixture
def hosted(environment: dict[str, str]) -> Iterator[Lab]:
    opened = open_lab(Settings.from_environment({**environment, "LAB_MODE": "hosted"}))
    yield opened
    opened.database.close()


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """One installation with a living worker, for all tests that need one: TensorFlow takes ten seconds to start."""
    with database_variables() as variables:
        home = tmp_path_factory.mktemp("workshop")
        opened = open_lab(Settings.from_environment({"LAB_HOME": str(home), **variables}))
        working = Workshop(opened)
        yield working
        working.dashboard.kill()
        opened.database.close()


@pytest.fixture(scope="session")
def undisturbed(workshop: Workshop) -> Run:
    """A training that ran from start to end without anybody's doing."""
    return workshop.wait_for(workshop.submit(), lambda run: not run.is_active)

"""The one database of an installation: its tables, and connections that neither lose nor block a writer."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import event

from lab.settings import Settings, SettingsError

metadata = sa.MetaData()

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("job", sa.String(32), nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("upload", sa.String(36), nullable=False, default=""),  # as in data: what a sweep looks for
    sa.Column("model_spec", sa.JSON, nullable=False),
    sa.Column("train_spec", sa.JSON, nullable=False),
    sa.Column("params", sa.JSON, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("segment", sa.Integer, nullable=False, default=0),
    sa.Column("enqueued", sa.Boolean, nullable=False, default=False),  # the engine has a workflow for this segment
    sa.Column("worker", sa.String(64), nullable=False, default=""),  # who may write, while it is running
    sa.Column("attempts", sa.Integer, nullable=False, default=0),  # starts since the last finished step
    sa.Column("epoch", sa.Integer, nullable=False, default=0),
    sa.Column("epochs", sa.Integer, nullable=False),
    sa.Column("epoch_progress", sa.Float, nullable=False, default=0.0),
    sa.Column("batch_loss", sa.Float),
    sa.Column("batch_accuracy", sa.Float),
    sa.Column("activity", sa.String(40), nullable=False, default=""),
    sa.Column("seconds_left", sa.Float),
    sa.Column("seconds", sa.Float, nullable=False, default=0.0),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("held_out_accuracy", sa.Float),
    sa.Column("has_result", sa.Boolean, nullable=False, default=False),
    sa.Column("parent", sa.String(36)),
    sa.Column("created_at", sa.Float, nullable=False),  # all times: seconds since 1970, UTC
    sa.Column("queued_at", sa.Float, nullable=False),
    sa.Column("started_at", sa.Float),
    sa.Column("finished_at", sa.Float),
    sa.Column("deleted_at", sa.Float),
    sa.Index("runs_of_owner", "owner", "created_at"),
    sa.Index("runs_by_state", "state", "queued_at"),
)

epochs = sa.Table(
    "epochs",
    metadata,
    sa.Column("run", sa.String(36), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("loss", sa.Float, nullable=False),
    sa.Column("accuracy", sa.Float, nullable=False),
    sa.Column("held_out_loss", sa.Float, nullable=False),
    sa.Column("held_out_accuracy", sa.Float, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
)

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("texts", sa.Integer, nullable=False),
    sa.Column("labels", sa.Integer, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Index("uploads_of_owner", "owner", "created_at"),
)

notes = sa.Table(
    "notes",
    metadata,
    sa.Column("owner", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
    sa.Column("written_at", sa.Float, nullable=False),
)

gap_seeds = sa.Table(
    "gap_seeds",
    metadata,
    sa.Column("owner", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(20), primary_key=True),  # of the settings, rnn_core.experiments.gap_points
    sa.Column("run", sa.String(36), nullable=False),  # that trains it, or trained it
    sa.Column("step", sa.Integer, nullable=False),  # of the optimiser, taken so far
    sa.Column("noted_at", sa.Float, nullable=False),
    sa.Column("result", sa.JSON(none_as_null=True)),  # null while it is under way
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("beat", sa.Integer, nullable=False),
    sa.Column("beat_at", sa.Float, nullable=False),
    sa.Column("started_at", sa.Float, nullable=False),
)


class Database:
    """Connections to the database of `settings`; the tables are made on first use.

    A transaction is either `reading` or `writing`. On SQLite the log is written ahead, so that readers never wait, and
    a writer takes its lock at the start: one that first reads and then finds the lock taken would fail at once.

    Raises:
        SettingsError: the database does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        url = sa.make_url(settings.database_url)
        if url.get_backend_name() == "sqlite":
            self.engine = sa.create_engine(url)
            event.listen(self.engine, "connect", _on_sqlite_connect)
            event.listen(self.engine, "begin", _on_sqlite_begin)
        else:
            self.engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
        self._reader = self.engine.execution_options(only_reads=True)
        try:
            with self.writing(lock="tables") as connection:
                metadata.create_all(connection)
        except sa.exc.OperationalError as error:
            raise SettingsError(f"The database of LAB_DATABASE_URL cannot be used: {error.orig}") from error

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A short transaction that sees one moment and changes nothing."""
        with self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, lock: str = "") -> Iterator[sa.Connection]:
        """A short transaction that changes something; those with the same `lock` follow one another."""
        with self.engine.begin() as connection:
            if lock and connection.dialect.name == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"unrolled {lock}"})
            yield connection

    def close(self) -> None:
        """Ends every connection."""
        self.engine.dispose()


def now() -> float:
    """Seconds since 1970, UTC: how the tables keep time."""
    return time.time()


def _on_sqlite_connect(connection: sa.engine.interfaces.DBAPIConnection, _: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says, not before the first change
    cursor = connection.cursor()
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _with_fractions(connection: object, _: object) -> None:
    """`unixepoch('subsec')` for a SQLite that does not have it: DBOS 3.4 asks for it under every Python from 3.12 on, whatever
    the SQLite, and one older than 3.42 answers NULL, so that no run could be queued."""
    if isinstance(connection, sqlite3.Connection):
        connection.create_function("unixepoch", 1, _unixepoch)


def _unixepoch(modifier: str) -> float:
    if modifier not in ("subsec", "now"):
        raise ValueError(f"unixepoch({modifier!r}) is not among what this stands in for")
    return time.time() if modifier == "subsec" else int(time.time())


if sqlite3.sqlite_version_info < (3, 42):
    event.listen(sa.Engine, "connect", _with_fractions)  # of the engine's own connections, too


def _on_sqlite_begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("only_reads") else "BEGIN IMMEDIATE")

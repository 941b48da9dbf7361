"""Small things to remember of an owner between two visits, such as how far they are on the guided path."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from lab import database as tables
from lab.database import Database, now


class Notes:
    """One JSON value an owner and name; each owner sees their own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, owner: str, name: str) -> dict[str, Any] | None:
        """What was written last; None if nothing was."""
        query = sa.select(tables.notes.c.value).where(*_of(owner, name))
        with self._database.reading() as connection:
            value: dict[str, Any] | None = connection.execute(query).scalar_one_or_none()
        return value

    def write(self, owner: str, name: str, value: dict[str, Any]) -> None:
        """Keeps the value in place of the last one."""
        with self._database.writing(lock="notes") as connection:
            connection.execute(sa.delete(tables.notes).where(*_of(owner, name)))
            connection.execute(sa.insert(tables.notes).values(owner=owner, name=name, value=value, written_at=now()))


def _of(owner: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    return tables.notes.c.owner == owner, tables.notes.c.name == name

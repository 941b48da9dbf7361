"""What the gap lab has trained for each owner, seed by seed, and what it is training: so that nothing is trained twice."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from lab.database import Database, gap_seeds, now
from rnn_core.experiments.gap_results import SeedResult

SILENT_SECONDS = 60.0  # after which a seed that another run had begun counts as given up


class GapSeeds:
    """Results by the key of their settings, whichever grid they were trained for. Every question names the owner."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def results(self, owner: str, keys: Collection[str]) -> tuple[SeedResult, ...]:
        """Those of these seeds that are trained."""
        query = sa.select(gap_seeds.c.result).where(*_these(owner, keys), gap_seeds.c.result.is_not(None))
        with self._database.reading() as connection:
            return tuple(SeedResult.from_dict(row.result) for row in connection.execute(query))

    def done(self, owner: str, keys: Collection[str]) -> frozenset[str]:
        """The keys of those that are trained."""
        query = sa.select(gap_seeds.c.key).where(*_these(owner, keys), gap_seeds.c.result.is_not(None))
        with self._database.reading() as connection:
            return frozenset(row.key for row in connection.execute(query))

    def under_way(self, owner: str, run_id: str) -> dict[str, int]:
        """The steps of the optimiser that the seeds which a run is training have taken, by key."""
        query = sa.select(gap_seeds.c.key, gap_seeds.c.step).where(
            gap_seeds.c.owner == owner, gap_seeds.c.run == run_id, gap_seeds.c.result.is_(None)
        )
        with self._database.reading() as connection:
            return {row.key: row.step for row in connection.execute(query)}

    def begin(self, owner: str, keys: Sequence[str], run_id: str) -> frozenset[str] | None:
        """The keys that are now this run's to train, less those that are trained; None: another run is training some of them."""
        with self._database.writing(lock="gap") as connection:
            rows = connection.execute(sa.select(gap_seeds).where(*_these(owner, keys))).all()
            begun = [row for row in rows if row.result is None]
            if any(row.run != run_id and row.noted_at > now() - SILENT_SECONDS for row in begun):
                return None
            missing = frozenset(keys) - {row.key for row in rows if row.result is not None}
            connection.execute(sa.delete(gap_seeds).where(*_these(owner, [row.key for row in begun])))
            if missing:
                fresh = {"owner": owner, "run": run_id, "step": 0, "noted_at": now(), "result": None}
                connection.execute(sa.insert(gap_seeds), [{"key": key, **fresh} for key in missing])
        return missing

    def note(self, owner: str, steps: dict[str, int]) -> None:
        """How far the seeds under way are; every one of them counts as alive again."""
        with self._database.writing() as connection:
            for key, step in steps.items():
                where = (*_these(owner, [key]), gap_seeds.c.result.is_(None))
                connection.execute(sa.update(gap_seeds).where(*where).values(step=step, noted_at=now()))

    def finish(self, owner: str, run_id: str, results: Sequence[SeedResult]) -> None:
        """Keeps the results of a point, all of them or none."""
        keys = [result.key for result in results]
        rows = [
            {
                "owner": owner,
                "key": result.key,
                "run": run_id,
                "step": result.steps,
                "noted_at": now(),
                "result": result.to_dict(),
            }
            for result in results
        ]
        with self._database.writing(lock="gap") as connection:
            connection.execute(sa.delete(gap_seeds).where(*_these(owner, keys)))
            connection.execute(sa.insert(gap_seeds), rows)

    def give_up(self, owner: str, run_id: str, keys: Collection[str]) -> None:
        """Leaves those of these seeds that this run has begun and not finished to whoever wants them."""
        mine = (*_these(owner, keys), gap_seeds.c.run == run_id, gap_seeds.c.result.is_(None))
        with self._database.writing(lock="gap") as connection:
            connection.execute(sa.delete(gap_seeds).where(*mine))

    def delete_old(self, before: float) -> None:
        """Forgets what was last touched before this moment, across all owners."""
        with self._database.writing() as connection:
            connection.execute(sa.delete(gap_seeds).where(gap_seeds.c.noted_at < before))


def _these(owner: str, keys: Collection[str]) -> tuple[sa.ColumnElement[bool], ...]:
    return gap_seeds.c.owner == owner, gap_seeds.c.key.in_(list(keys))

"""A worker at work: a heart that beats, a queue of which it takes one run at a time, and upkeep."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable

from lab.claims import Claim, Share
from lab.engine import APPLICATION, PART_WORKFLOW, PARTS_QUEUE, QUEUE, VERSION, WORKFLOW, engine_url
from lab.heartbeats import BEAT_SECONDS, Heartbeat
from lab.lab import Lab
from lab.upkeep import Upkeep

log = logging.getLogger("lab")

POLL_SECONDS = 0.25  # between two looks into the queue
DELETE_SECONDS = 300.0  # between two looks for what is too old
PARTS_AT_ONCE = 2  # of runs that are shared: one is compiled on one core while the other trains
RUNS_A_LIFE = 25  # after which the process begins anew: each compiled training leaves some 20 MB that TensorFlow never frees


class Worker:
    """What one worker process does until it ends."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._heartbeat = Heartbeat(lab.settings, lab.database)
        self._claim: Claim | None = None
        self._waits_for_parts = False  # what it does at the moment is to wait until all parts of a run are done
        self._parts: set[tuple[str, int]] = set()  # of runs, under way
        self._runs = 0  # and parts of runs

    def run(self) -> None:
        """Works until the process is told to end."""
        self._heartbeat.say("starting")
        self._heartbeat.living()  # clears away the rows of dead workers, so that no page takes one for ready
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        _import_tensorflow()
        self._launch()
        self._heartbeat.say("ready")
        log.info("Worker %s is ready", self._heartbeat.id)
        self._keep_up()

    def leave(self) -> None:
        """Says that this worker ends in good order; the run under way goes on from its last finished epoch elsewhere or later."""
        claim = self._claim
        if claim is not None:
            claim.release()
        self._heartbeat.end()
        log.info("Worker %s ends", self._heartbeat.id)

    def perform(self, owner: str, run_id: str, segment: int) -> None:
        """All steps of one segment of a run, as the engine calls it; after a crash again, less the finished ones."""
        from dbos import DBOS

        from lab.jobs import FAILED, GIVEN_UP, JOBS, PARTS, Work, fail, guarded, refusal

        if not self._parts:
            self._begin_anew_if_worn()
        self._runs += 1
        claim = Claim(self._lab.database, owner, run_id, segment, self._heartbeat.id)
        run = claim.take()
        if run is None:
            return
        log.info("Run %s (%s): %s", run.id, run.job, run.name)
        work = Work(run, self._lab, claim)
        if why := refusal(work):
            claim.fail_if_held(why)
            return
        self._claim, self._waits_for_parts = claim, run.job in PARTS
        steps = JOBS[run.job](work)
        try:
            step = next(steps)
            while (answer := DBOS.run_step({"name": step.__name__}, guarded(work, step))) not in (FAILED, GIVEN_UP):
                step = steps.send(answer)
        except StopIteration:
            log.info("Run %s ended", run.id)
        except Exception as error:  # noqa: BLE001  # of the job itself, between two steps
            fail(work, error)
        finally:
            claim.leave()
            self._claim, self._waits_for_parts = None, False

    def perform_part(self, owner: str, run_id: str, segment: int, number: int) -> None:
        """One part of a run that several workers share, as the engine calls it; after a crash again."""
        from lab.jobs import PARTS, Part, do_part

        while self._runs >= RUNS_A_LIFE and (self._claim is None or self._waits_for_parts):
            if not self._parts:
                self._begin_anew_if_worn()
                break
            time.sleep(POLL_SECONDS)  # until the other part is done
        share = Share(self._lab.database, owner, run_id, segment)
        run = share.run()
        if run is None or run.job not in PARTS:
            return
        self._runs += 1
        self._parts.add((run_id, number))
        try:
            do_part(Part(run, self._lab, share, number))
        finally:
            self._parts.discard((run_id, number))

    def _launch(self) -> None:
        from dbos import DBOS, DBOSPortableJSONSerializer

        DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": engine_url(self._lab.settings),
                "application_version": VERSION,
                "executor_id": self._heartbeat.id,
                "serializer": DBOSPortableJSONSerializer(),
                "enable_otlp": False,
                "log_level": "WARNING",
            }
        )

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)
        def perform(owner: str, run_id: str, segment: int) -> None:
            self.perform(owner, run_id, segment)

        @DBOS.workflow(name=PART_WORKFLOW, max_recovery_attempts=None)
        def perform_part(owner: str, run_id: str, segment: int, number: int) -> None:
            self.perform_part(owner, run_id, segment, number)

        DBOS.listen_queues([QUEUE, PARTS_QUEUE])
        DBOS.launch()
        for queue, at_once in ((QUEUE, 1), (PARTS_QUEUE, PARTS_AT_ONCE)):
            DBOS.register_queue(queue, worker_concurrency=at_once, polling_interval_sec=POLL_SECONDS)

    def _beat(self) -> None:
        while True:
            time.sleep(BEAT_SECONDS)
            _or_log(self._heartbeat.beat)

    def _keep_up(self) -> None:
        upkeep = Upkeep(self._lab, self._heartbeat)
        deleted_at = 0.0
        while True:
            _or_log(upkeep.recover)
            _or_log(upkeep.give_turns)
            if self._claim is None and not self._parts:
                self._begin_anew_if_worn()
            if time.monotonic() - deleted_at > DELETE_SECONDS:
                _or_log(upkeep.delete_old)
                deleted_at = time.monotonic()
            time.sleep(BEAT_SECONDS)

    def _begin_anew_if_worn(self) -> None:
        """The same process with the same pipe, from its start; a run that it has just been given is recovered there.

        Windows cannot do that: a worker there grows until its dashboard ends.
        """
        if self._runs >= RUNS_A_LIFE and os.name == "posix":
            log.info("Worker %s begins anew after %d runs", self._heartbeat.id, self._runs)
            if self._claim is not None:
                self._claim.release()
            self._heartbeat.end()
            os.execv(sys.executable, [sys.executable, "-m", "lab.worker"])


def _import_tensorflow() -> None:
    """The slow part of a start: 3 to 17 seconds, before the first run is taken."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of every new training that it is compiled anew
    import lab.gap_job  # registers its job
    import lab.order_job  # registers its job
    import lab.training_job  # noqa: F401  # registers its job


def _or_log(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:  # a database that is away for a while must not end the worker
        log.exception("The worker could not %s", work.__name__)

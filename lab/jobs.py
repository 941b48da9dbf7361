"""The kinds of work that a worker does: each job is a generator that yields its durable steps one after another."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final

from lab.artifacts import ArtifactError
from lab.claims import Claim, ClaimLost, Share
from lab.lab import Lab
from lab.records import Run
from lab.store import StoreError
from rnn_core.data.texts import DataError
from rnn_core.spec import SpecError
from rnn_core.training.checkpoint import CheckpointError

log = logging.getLogger("lab")

FAILED: Final = "failed"
GIVEN_UP: Final = "given up"
MOST_ATTEMPTS = 5  # starts of one step that each ended with a dead worker


class RunFailed(Exception):
    """A job cannot go on; the message is what the person reads, and says what they can do."""


@dataclass(frozen=True)
class Work:
    """What a job is given: the run as it was taken up, the lab, and the claim through which it reports."""

    run: Run
    lab: Lab
    claim: Claim


# A step does one piece of work, leaves it on disk whole, and answers with one word. A step that was recorded as done is
# not done again after a crash: its word is sent into the generator anew, so a job decides by these words alone.
Step = Callable[[], str]
Job = Callable[[Work], Generator[Step, str, None]]


@dataclass(frozen=True)
class Part:
    """A numbered part of a run, done by any worker that is free while the run's own job waits for all of them."""

    run: Run
    lab: Lab
    share: Share
    number: int


JOBS: dict[str, Job] = {}
PARTS: dict[str, Callable[[Part], None]] = {}  # of the jobs that share their work out


def job(name: str) -> Callable[[Job], Job]:
    """Registers a job under the name that `queue.submit(job=…)` uses."""

    def register(function: Job) -> Job:
        JOBS[name] = function
        return function

    return register


def part_of(name: str) -> Callable[[Callable[[Part], None]], Callable[[Part], None]]:
    """Registers what does one part of a job's runs. It may be begun again after a crash: it looks what is done already."""

    def register(function: Callable[[Part], None]) -> Callable[[Part], None]:
        PARTS[name] = function
        return function

    return register


def do_part(part: Part) -> None:
    """The part, which never raises: what cannot be done fails the run with a sentence."""
    try:
        PARTS[part.run.job](part)
    except Exception as error:  # the last place that can tell the person
        log.exception("Part %d of run %s failed", part.number, part.run.id)
        part.share.fail(_sentence(part.lab, error))


def refusal(work: Work) -> str:
    """Why this worker cannot begin the run; empty if it can."""
    if work.run.job not in JOBS:
        return f"This worker has no job called {work.run.job}: it may be older than the page that asked for it."
    if work.claim.attempts() > MOST_ATTEMPTS:
        return (
            f"The worker died {MOST_ATTEMPTS} times in the same place, most likely for want of memory: "
            "choose fewer units, fewer time steps or a smaller batch."
        )
    return ""


def guarded(work: Work, step: Step) -> Step:
    """The step, which never raises: a run that cannot go on is failed with a sentence."""

    def run() -> str:
        try:
            return step()
        except ClaimLost:
            return GIVEN_UP
        except Exception as error:  # noqa: BLE001  # the last place that can tell the person
            fail(work, error)
            return FAILED

    return run


def fail(work: Work, error: Exception) -> None:
    """Ends the run with a sentence for the person, and leaves the details in the log."""
    log.error("Run %s failed", work.run.id, exc_info=error)
    work.claim.fail_if_held(_sentence(work.lab, error))


def _sentence(lab: Lab, error: Exception) -> str:
    if isinstance(error, (RunFailed, SpecError, DataError, StoreError, ArtifactError, CheckpointError)):
        return str(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return (
            "The memory of this machine is not enough: choose fewer units, fewer time steps or a smaller batch, then train anew."
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full: make room (old runs can be deleted on the Runs page), then resume."
    log_name = lab.settings.worker_log.name
    return f"Something went wrong in the program itself ({type(error).__name__}); see {log_name}. Resume tries once more."

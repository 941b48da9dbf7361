"""One BLAS thread for the many small products of a recurrence.

A second thread gains nothing on a product of 64 numbers, and where a training keeps the other processors busy, waiting for it
made the same work up to ten times slower.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

import numpy  # noqa: F401  # its BLAS must be loaded before it can be found
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # it has no types

_BLAS = ThreadpoolController().select(user_api="blas")


def one_blas_thread() -> AbstractContextManager[object]:
    """Within this context numpy's matrix products use one thread; entering and leaving take 10 µs."""
    limit: AbstractContextManager[object] = _BLAS.limit(limits=1)
    return limit

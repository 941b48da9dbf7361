"""What a recurrent kernel does to a state by itself: its eigenvalues and how far it can stretch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier
from rnn_core.lenses.chain_rule import Floats, GradientError
from rnn_core.lenses.inside_step import GATE_NAMES
from rnn_core.models.weights import recurrent_prefixes


@dataclass(frozen=True)
class GateSpectrum:
    """One gate's square block of the recurrent kernel."""

    gate: str  # "candidate", "forget gate", …; "new state" for a SimpleRNN
    eigenvalues: NDArray[np.complex128]  # [U], by falling size
    singular_values: Floats  # [U], falling

    @property
    def radius(self) -> float:
        """Size of the greatest eigenvalue: what the kernel's powers grow by in the long run."""
        return float(np.abs(self.eigenvalues[0]))

    @property
    def greatest_stretch(self) -> float:
        """Greatest singular value: the most by which one step can lengthen a state."""
        return float(self.singular_values[0])

    @property
    def typical_stretch(self) -> float:
        """Geometric mean of the singular values: what happens to a volume, direction by direction; 1 for an orthogonal kernel."""
        with np.errstate(divide="ignore"):
            return float(np.exp(np.log(self.singular_values).mean()))


@dataclass(frozen=True)
class Spectrum:
    """The spectra of a recurrent kernel, one a gate, in the order of its columns."""

    gates: tuple[GateSpectrum, ...]

    @property
    def state(self) -> GateSpectrum:
        """Of the gate that makes the new state: the only one of a SimpleRNN, the candidate of a GRU or LSTM."""
        return next(gate for gate in self.gates if gate.gate in ("new state", "candidate"))


def spectrum(classifier: Classifier, layer: str = "") -> Spectrum:
    """The spectra of one layer's recurrent kernel.

    Raises:
        GradientError: a network without that layer.
    """
    if not classifier.spec.is_recurrent or layer not in dict(recurrent_prefixes(classifier.spec)):
        raise GradientError(f"This network of kind {classifier.spec.kind} has no recurrent kernel {layer!r}.")
    return kernel_spectrum(classifier.weights[f"{layer}recurrent_kernel"], classifier.spec.kind)


def kernel_spectrum(recurrent_kernel: NDArray[Any], kind: str) -> Spectrum:
    """The spectra of a recurrent kernel [U, G * U] of this kind of cell."""
    names = [name for name, _, _ in GATE_NAMES[kind]]
    blocks = np.split(np.asarray(recurrent_kernel, dtype=np.float64), len(names), axis=1)
    return Spectrum(tuple(_gate_spectrum(name, block) for name, block in zip(names, blocks, strict=True)))


def _gate_spectrum(name: str, block: Floats) -> GateSpectrum:
    values = np.linalg.eigvals(block).astype(np.complex128)
    stretches = np.asarray(np.linalg.svd(block, compute_uv=False), dtype=np.float64)
    return GateSpectrum(name, values[np.argsort(-np.abs(values), kind="stable")], stretches)

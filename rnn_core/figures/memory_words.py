"""What a curve of memory against gap comes to, in sentences."""

from __future__ import annotations

import math

from rnn_core.experiments.gap_points import CONTROL
from rnn_core.experiments.gap_results import GapCurve
from rnn_core.experiments.tasks import TASK
from rnn_core.figures.theme import KIND_TITLES, percent
from rnn_core.spec import Kind

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def score_in_words(curve: GapCurve, value: float | None) -> str:
    """An accuracy as a percentage, an error as a number."""
    if value is None or not math.isfinite(value):
        return "unknown"
    return percent(value, 0) if TASK[curve.settings.task].measure == "accuracy" else f"{value:.3g}"


def mean_in_words(curve: GapCurve, kind: Kind, gap: int) -> str:
    """The mean score of one point."""
    spread = curve.spread(kind, gap)
    return score_in_words(curve, spread.mean if spread else None)


def memory_in_words(curve: GapCurve) -> tuple[str, ...]:
    """Where the SimpleRNN falls, who still remembers there, and what the gradients are; nothing without a SimpleRNN."""
    if "simple_rnn" not in curve.kinds:
        return ()
    task, fall = TASK[curve.settings.task], curve.first_at_baseline("simple_rnn")
    longest = curve.longest_remembered("simple_rnn")
    far_as = f"All its seeds solve the task up to gap {longest}." if longest else "At no gap do all its seeds solve the task."
    if fall is None:
        last = max(gap for gap in curve.gaps if curve.at("simple_rnn", gap))
        return f"The SimpleRNN stays better than {task.baseline_name} at every gap up to {last}.", far_as
    sentences = [
        f"**At gap {fall} the SimpleRNN is no better than {task.baseline_name}**: {task.measure} "
        f"{mean_in_words(curve, 'simple_rnn', fall)}, and {task.baseline_name} is {score_in_words(curve, curve.baseline(fall))}.",
        far_as,
        _who_still_remembers(curve, fall),
    ]
    near, far = curve.gradient("simple_rnn", curve.gaps[0]), curve.gradient("simple_rnn", fall)
    if near is not None and far is not None and fall > curve.gaps[0]:
        sentences.append(
            f"Before training, the gradient from the answer to what must be remembered is {_power(near)} at gap {curve.gaps[0]} "
            f"and {_power(far)} at gap {fall}."
        )
    return tuple(sentences)


def longer_in_words(curve: GapCurve) -> tuple[str, ...]:
    """What becomes of each kind at twice the longest gap that all its seeds solve."""
    found = []
    for kind in curve.kinds:
        gap = curve.longest_remembered(kind)
        double = curve.double_spread(kind, gap) if gap else None
        if gap and double:
            low, mean, high = (score_in_words(curve, value) for value in (double.low, double.mean, double.high))
            trained = mean_in_words(curve, kind, gap)
            found.append(
                f"{KIND_TITLES[kind]}, trained at gap {gap}: {trained} there, {mean} at gap {2 * gap} ({low} to {high})."
            )
    return tuple(found)


def _who_still_remembers(curve: GapCurve, gap: int) -> str:
    others = [kind for kind in curve.kinds if kind not in (CONTROL, "simple_rnn") and curve.at(kind, gap)]
    still = [kind for kind in others if (curve.longest_remembered(kind) or 0) >= gap]
    if not others:
        return ""
    if not still:
        return f"No other kind solves gap {gap} in every seed either."
    each = [f"{KIND_TITLES[kind]} ({mean_in_words(curve, kind, gap)})" for kind in still]
    named = " and ".join(filter(None, (", ".join(each[:-1]), each[-1])))
    return f"At gap {gap}, {named} still {'solves' if len(still) == 1 else 'solve'} it in every seed."


def _power(exponent: float) -> str:
    """A number by its power of ten: 3.2 · 10⁻⁷; from 1 to 10 as it is."""
    whole = math.floor(exponent)
    if whole == 0:
        return f"{10**exponent:.1f}"
    return f"{10 ** (exponent - whole):.1f} · 10{str(whole).translate(_RAISED)}"

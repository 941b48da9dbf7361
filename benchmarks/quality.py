"""Held-out accuracy of a preset over several seeds, beside the bags of words on the same splits.

python benchmarks/quality.py short --seeds 5
python benchmarks/quality.py long --seeds 5
"""

from __future__ import annotations

import argparse
import os
import platform
import time

from rnn_core.data.samples import load_sample
from rnn_core.data.split import split_texts
from rnn_core.estimates import Estimate, mean_over_seeds
from rnn_core.presets import PRESETS
from rnn_core.training.baselines import Baseline, baselines, difference
from rnn_core.training.evaluation import Evaluation

SAMPLE_OF = {"quick": "quick_reviews", "short": "short_reviews", "long": "long_reviews", "roles": "roles"}


def measured(preset_name: str, sample: str, seed: int) -> tuple[Evaluation, tuple[Baseline, ...], int, float]:
    """(the network's evaluation, the baselines, epochs, seconds of training) for one seed."""
    from rnn_core.training.fit import fit  # TensorFlow takes seconds: not for --help

    preset, texts = PRESETS[preset_name], load_sample(sample)
    start = time.perf_counter()
    trained = fit(preset.model, preset.train.replace(seed=seed), texts)
    seconds = time.perf_counter() - start
    train_rows, held_out_rows = split_texts(texts, preset.train.held_out, seed)
    bags = baselines(texts.subset(train_rows), texts.subset(held_out_rows), seed)
    return trained.evaluation, bags, len(trained.history), seconds


def percent(estimate: Estimate) -> str:
    return f"{estimate.value * 100:5.2f} % ± {(estimate.high - estimate.value) * 100:4.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", choices=sorted(SAMPLE_OF), help="the sample to train on")
    parser.add_argument("--preset", choices=sorted(PRESETS), help="another preset than the sample's own")
    parser.add_argument("--seeds", type=int, default=5, help="how many, from 0 (default: 5)")
    parser.add_argument("--first-seed", type=int, default=0)
    given = parser.parse_args()
    preset = given.preset or given.data
    print(f"{given.data}: preset {preset}, {platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    print(PRESETS[preset].model, PRESETS[preset].train, sep="\n")
    print(
        f"{'seed':>4}  {'network':>8}  {'regression':>10}  {'Bayes':>8}  {'difference (95 %)':>24}  {'epochs':>6}  {'seconds':>7}"
    )
    rows = []
    for seed in range(given.first_seed, given.first_seed + given.seeds):
        evaluation, (regression, bayes, _), epochs, seconds = measured(preset, SAMPLE_OF[given.data], seed)
        gap = difference(evaluation, regression)
        rows.append((evaluation.accuracy.value, regression.accuracy.value, bayes.accuracy.value, gap.value, seconds))
        print(
            f"{seed:>4}  {rows[-1][0]:>8.2%}  {rows[-1][1]:>10.2%}  {rows[-1][2]:>8.2%}  "
            f"{gap.value * 100:+8.2f} ({gap.low * 100:+.2f} to {gap.high * 100:+.2f})  {epochs:>6}  {seconds:>7.0f}",
            flush=True,
        )
    network, regression, bayes, gaps, seconds = (mean_over_seeds(column) for column in zip(*rows, strict=True))
    print(f"mean: network {percent(network)}, logistic regression {percent(regression)}, naive Bayes {percent(bayes)};")
    spread = (gaps.high - gaps.value) * 100
    print(f"network less regression {gaps.value * 100:+.2f} points ± {spread:.2f}; {seconds.value:.0f} s a training.")
    print("± is Student's 95 % interval over the seeds, each with a split, a vocabulary and initial weights of its own.")


if __name__ == "__main__":
    main()

"""What order is worth: two sentences of the same words answered side by side, and accuracy with the words in other orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from rnn_core.estimates import Estimate
from rnn_core.figures.theme import KIND_COLOURS, NEUTRAL, error_bar, framed, label_colours, percent, plain
from rnn_core.lenses.order import OrderScore
from rnn_core.lenses.order_pair import PairAnswers
from rnn_core.lenses.order_roles import PartAccuracy
from rnn_core.spec import Kind

FIRST_SYMBOL, SECOND_SYMBOL = "circle", "diamond-open"
ORDER_TITLES = {
    "as_written": "as written",
    "neighbours_swapped": "neighbours swapped",
    "reversed": "reversed",
    "shuffled": "shuffled",
}
_ORDER_SYMBOLS = {
    "as_written": "circle",
    "neighbours_swapped": "triangle-up-open",
    "reversed": "square-open",
    "shuffled": "x-thin-open",
}
_ROW = 44  # pixels
_SPREAD = 0.17  # between two orders of one network, in rows
_APART = 0.13  # between two networks at one length, in words: many are right on all sentences and would hide each other


@dataclass(frozen=True)
class PairRow:
    """One network's answers to the pair. control: untrained, shown as context."""

    title: str
    kind: Kind
    answers: PairAnswers
    control: bool = False


@dataclass(frozen=True)
class MeterRow:
    """One network on the order meter; the title may have a second line."""

    title: str
    kind: Kind
    score: OrderScore


@dataclass(frozen=True)
class PartsRow:
    """One network's accuracy by kinds of sentences."""

    title: str
    kind: Kind
    parts: tuple[PartAccuracy, ...]


def pair_answers(rows: Sequence[PairRow]) -> go.Figure:
    """One row a network: its answer to the first sentence as a dot and to the second as a diamond, joined by a line."""
    names = rows[0].answers.label_names
    figure = go.Figure()
    low, high = label_colours(2)
    figure.add_vrect(x0=-0.04, x1=0.5, fillcolor=low, opacity=0.06, line_width=0)
    figure.add_vrect(x0=0.5, x1=1.04, fillcolor=high, opacity=0.06, line_width=0)
    figure.add_vline(x=0.5, line={"dash": "dot", "color": NEUTRAL})
    for number, row in enumerate(rows):
        figure.add_scatter(
            x=[row.answers.first[1], row.answers.second[1]],
            y=[number, number],
            mode="lines",
            line={"color": _colour(row), "width": 3},
            hoverinfo="skip",
            showlegend=False,
        )
    for name, symbol, size in (("first sentence", FIRST_SYMBOL, 12), ("second sentence", SECOND_SYMBOL, 17)):
        figure.add_scatter(
            x=[(row.answers.first if name.startswith("first") else row.answers.second)[1] for row in rows],
            y=list(range(len(rows))),
            mode="markers",
            marker={
                "symbol": symbol,
                "size": size,
                "color": [_colour(row) for row in rows],
                "line": {"width": 2, "color": [_colour(row) for row in rows]},
            },
            hovertemplate=f"{name}: {plain(names[1])} %{{x:.4%}}<extra></extra>",
            cliponaxis=False,  # answers of nearly 0 and 1 lie on the edge
            showlegend=False,
        )
    _legend(figure, {"first sentence": FIRST_SYMBOL, "second sentence": SECOND_SYMBOL})
    framed(figure, height=110 + _ROW * len(rows), x=f"probability of “{plain(names[1])}”")
    _rows_by_title(figure, [row.title for row in rows])
    figure.update_xaxes(range=[-0.04, 1.04], tickformat=".0%")
    for x, label, anchor in ((0.0, names[0], "left"), (1.0, names[1], "right")):
        figure.add_annotation(x=x, y=-0.75, text=plain(label), showarrow=False, xanchor=anchor)
    return figure


def describe_pair_answers(rows: Sequence[PairRow]) -> str:
    """The alternative text of `pair_answers`."""
    name = rows[0].answers.label_names[1]
    answers = (f"{row.title} {_short(row.answers.first[1])} and {_short(row.answers.second[1])}" for row in rows)
    return f"Probability of {name} for the first and the second sentence: {'; '.join(answers)}."


def order_scores(rows: Sequence[MeterRow], chance: float = 0.5) -> go.Figure:
    """One row a network: accuracy on the same texts as written, with neighbours swapped, reversed and shuffled."""
    figure = go.Figure()
    figure.add_vline(x=chance, line={"dash": "dot", "color": NEUTRAL}, annotation_text="chance", annotation_position="top right")
    for place, (order, title) in enumerate(ORDER_TITLES.items()):
        estimates: list[Estimate] = [getattr(row.score, order) for row in rows]
        figure.add_scatter(
            x=[estimate.value for estimate in estimates],
            y=[number + (place - 1.5) * _SPREAD for number in range(len(rows))],
            error_x={**error_bar(estimates), "color": NEUTRAL, "thickness": 1, "width": 3},
            mode="markers",
            marker={
                "symbol": _ORDER_SYMBOLS[order],
                "size": 9,
                "color": [KIND_COLOURS[row.kind] for row in rows],
                "line": {"width": 2, "color": [KIND_COLOURS[row.kind] for row in rows]},
            },
            customdata=[estimate.percent() for estimate in estimates],
            hovertemplate=f"{title}: %{{customdata}}<extra></extra>",
            showlegend=False,
        )
    _legend(figure, {ORDER_TITLES[order]: symbol for order, symbol in _ORDER_SYMBOLS.items()})
    framed(figure, height=120 + (_ROW + 12) * len(rows), x="accuracy")
    _rows_by_title(figure, [row.title for row in rows])
    figure.update_xaxes(tickformat=".1~%", nticks=8)
    return figure


def describe_order_scores(rows: Sequence[MeterRow]) -> str:
    """The alternative text of `order_scores`."""
    scores = (
        f"{row.title}: "
        + ", ".join(f"{percent(getattr(row.score, order).value)} {title}" for order, title in ORDER_TITLES.items())
        for row in rows
    )
    return f"Accuracy with the words in four orders. {'; '.join(scores)}."


def accuracy_by_length(rows: Sequence[PartsRow]) -> go.Figure:
    """Accuracy by the number of words; filled where training had sentences of this length, open where it had none."""
    figure = go.Figure()
    figure.add_hline(y=0.5, line={"dash": "dot", "color": NEUTRAL})
    lengths = [int(part.name) for part in rows[0].parts if part.name.isdigit()]
    # Below the error bars of whatever guesses: at the height of the line itself there is no free place.
    figure.add_annotation(x=min(lengths), y=0.36, text="chance", showarrow=False, xanchor="left")
    for place, row in enumerate(rows):
        parts = sorted((part for part in row.parts if part.name.isdigit()), key=lambda part: int(part.name))
        estimates = [part.accuracy for part in parts]
        figure.add_scatter(
            x=[int(part.name) + (place - (len(rows) - 1) / 2) * _APART for part in parts],
            y=[estimate.value for estimate in estimates],
            error_y={**error_bar(estimates), "thickness": 1, "width": 3},
            mode="lines+markers",
            name=plain(row.title),
            line={"color": KIND_COLOURS[row.kind], "width": 2},
            marker={"symbol": ["circle" if part.in_training else "circle-open" for part in parts], "size": 9},
            customdata=[(part.name, part.sentences, one.percent()) for part, one in zip(parts, estimates, strict=True)],
            hovertemplate="%{customdata[0]} words, %{customdata[1]} sentences: %{customdata[2]}",
        )
    framed(figure, height=380, x="words in the sentence", y="accuracy")
    figure.update_yaxes(tickformat=".0%", range=[-0.02, 1.04])
    figure.update_xaxes(dtick=2, range=[min(lengths) - 0.7, max(lengths) + 0.7], tickangle=0)
    return figure


def describe_accuracy_by_length(rows: Sequence[PartsRow]) -> str:
    """The alternative text of `accuracy_by_length`."""
    told = []
    for row in rows:
        lengths = [part for part in row.parts if part.name.isdigit()]
        ends = []
        for seen, words in ((True, "seen"), (False, "unseen")):
            values = [part.accuracy.value for part in lengths if part.in_training == seen]
            ends.append(f"{percent(min(values), 0)} to {percent(max(values), 0)} on {words} lengths")
        told.append(f"{row.title} {' and '.join(ends)}")
    return f"Accuracy by the number of words: {'; '.join(told)}."


def _colour(row: PairRow) -> str:
    return NEUTRAL if row.control else KIND_COLOURS[row.kind]


def _short(probability: float) -> str:
    return percent(float(probability))


def _legend(figure: go.Figure, symbols: dict[str, str]) -> None:
    """Entries that explain symbols alone: colour already stands for the kind of network."""
    for name, symbol in symbols.items():
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=name,
            marker={"symbol": symbol, "color": NEUTRAL, "size": 10, "line": {"width": 2, "color": NEUTRAL}},
        )  # fmt: skip


def _rows_by_title(figure: go.Figure, titles: Sequence[str]) -> None:
    figure.update_yaxes(
        tickvals=list(range(len(titles))),
        ticktext=["<br>".join(plain(line, 32) for line in title.split("\n")) for title in titles],
        range=[len(titles) - 0.4, -1.0],
        showgrid=False,
    )

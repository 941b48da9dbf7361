"""One text as the network reads it: the probability after every word, and where the answer turns."""

from __future__ import annotations

import plotly.graph_objects as go

from rnn_core.figures.theme import MODEL, NEUTRAL, framed, label_colours, percent, plain
from rnn_core.lenses.reading import Reading

MOST_WORDS = 60  # words up to which each stands at its tick; beyond, they show under the pointer
MOST_LINES = 5  # labels drawn, those with the highest probability at the end
MOST_NOTES = 8  # turning points whose word is written beside them


def probability_by_word(reading: Reading) -> go.Figure:
    """The probability after every word as a line over the words; a diamond marks each word that turns the answer.

    With two labels the line is the second label's probability and above one half that is the answer; with more, there is one
    line for each of the five most probable labels at the end.
    """
    figure = _two_labels(reading) if len(reading.label_names) == 2 else _many_labels(reading)
    framed(figure, height=380, y="probability", legend=len(reading.label_names) > 2)
    figure.update_yaxes(range=[-0.03, 1.03], tickformat=".0%")
    steps = len(reading.tokens)
    if steps <= MOST_WORDS:
        words = [
            f"{plain(word, 20)}{'?' if unknown else ''}" for word, unknown in zip(reading.tokens, reading.unknown, strict=True)
        ]
        figure.update_xaxes(tickvals=list(range(steps)), ticktext=words, autotickangles=[0, -50, -90], showgrid=False)
    else:
        figure.update_xaxes(title_text="word", showgrid=False)
    return figure


def describe_probability_by_word(reading: Reading) -> str:
    """The alternative text of `probability_by_word`."""
    if not reading.tokens:
        return "Probability after every word: there is no word to read."
    last = reading.probabilities[-1]
    answer = int(last.argmax())
    turns = [f"'{reading.tokens[turn.step]}' (to {reading.label_names[turn.after]})" for turn in reading.turns]
    shown = ", ".join(turns[:MOST_NOTES]) + (f" and {len(turns) - MOST_NOTES} more" if len(turns) > MOST_NOTES else "")
    return (
        f"Probability after each of {len(reading.tokens):,} words; at the end the answer is {reading.label_names[answer]} with "
        f"{percent(float(last[answer]))}; " + (f"it turned at {shown}." if turns else "it never turned.")
    )


def _two_labels(reading: Reading) -> go.Figure:
    colours, (low, high) = label_colours(2), (plain(name) for name in reading.label_names)
    values = reading.probabilities[:, 1]
    figure = go.Figure()
    figure.add_hrect(y0=0.5, y1=1.03, fillcolor=colours[1], opacity=0.07, line_width=0)
    figure.add_hrect(y0=-0.03, y1=0.5, fillcolor=colours[0], opacity=0.07, line_width=0)
    figure.add_hline(y=0.5, line={"dash": "dot", "color": NEUTRAL})
    for y, name, inwards in ((1.0, high, "top"), (0.0, low, "bottom")):
        figure.add_annotation(x=0, xref="paper", y=y, text=name, showarrow=False, xanchor="left", yanchor=inwards)
    figure.add_scatter(
        x=list(range(len(values))),
        y=values,
        mode="lines+markers",
        line={"color": MODEL, "width": 2},
        marker={"color": [colours[int(value > 0.5)] for value in values], "size": 7},
        customdata=[plain(word) for word in reading.tokens],
        hovertemplate=f"after “%{{customdata}}”: {high} %{{y:.1%}}<extra></extra>",
    )
    _mark_turns(figure, reading, [float(values[turn.step]) for turn in reading.turns], colours)
    return figure


def _many_labels(reading: Reading) -> go.Figure:
    colours = label_colours(len(reading.label_names))
    figure = go.Figure()
    shown = reading.probabilities[-1].argsort()[::-1][:MOST_LINES] if reading.tokens else ()
    for label in shown:
        figure.add_scatter(
            x=list(range(len(reading.tokens))),
            y=reading.probabilities[:, label],
            mode="lines",
            name=plain(reading.label_names[label]),
            line={"color": colours[label], "width": 2},
            customdata=[plain(word) for word in reading.tokens],
            hovertemplate="after “%{customdata}”: %{y:.1%}",
        )
    _mark_turns(figure, reading, [float(reading.probabilities[turn.step, turn.after]) for turn in reading.turns], colours)
    return figure


def _mark_turns(figure: go.Figure, reading: Reading, heights: list[float], colours: tuple[str, ...]) -> None:
    figure.add_scatter(
        x=[turn.step for turn in reading.turns],
        y=heights,
        mode="markers",
        marker={"symbol": "diamond", "size": 13, "color": [colours[turn.after] for turn in reading.turns]},
        customdata=[(plain(reading.tokens[turn.step]), plain(reading.label_names[turn.after])) for turn in reading.turns],
        hovertemplate="“%{customdata[0]}” turns the answer to %{customdata[1]}<extra></extra>",
        showlegend=False,
    )
    for turn, height in list(zip(reading.turns, heights, strict=True))[:MOST_NOTES]:
        beside = -16 if len(reading.label_names) == 2 and turn.after == 0 else 16  # away from where the line comes from
        figure.add_annotation(x=turn.step, y=height, text=plain(reading.tokens[turn.step], 20), yshift=beside, showarrow=False)

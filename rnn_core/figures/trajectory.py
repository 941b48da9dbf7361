"""States after every word as paths in the plane, before the final states of real texts and the regions of the labels."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from rnn_core.figures.theme import MODEL, NEUTRAL, OTHER_MODEL, framed, label_colours, percent, plain, translucent
from rnn_core.lenses.trajectory import Path, Plane, Trajectory

MOST_LABELLED = 40  # words up to which each is written at its point
REGION_CELLS = 120  # along each side of the picture of regions
REGION_OPACITY = 0.10


def trajectory(found: Trajectory) -> go.Figure:
    """The paths of one to ten texts; two axes as a plane with regions, three as a space without them."""
    figure = go.Figure()
    space = len(found.plane.directions) == 3
    colours = label_colours(len(found.label_names))
    if found.plane.logits is not None:
        _regions(figure, found, colours)
    for label, name in enumerate(found.label_names):
        points = found.cloud[found.cloud_labels == label]
        _scatter(figure, points, mode="markers", marker={"color": translucent(colours[label], 0.45), "size": 4}, name=plain(name))
    for number, path in enumerate(found.paths):
        _path(figure, path, path_colour(number), number, len(found.paths), space)
    framed(figure, height=480, legend=True)
    names = axis_titles(found.plane)
    if space:
        figure.update_layout(scene={f"{axis}axis": {"title": name} for axis, name in zip("xyz", names, strict=True)})
    else:
        figure.update_xaxes(title_text=names[0])
        figure.update_yaxes(title_text=names[1])
    return figure


def describe_trajectory(found: Trajectory) -> str:
    """The alternative text of `trajectory`."""
    said = []
    for path in found.paths[:3]:
        words = path.words
        farthest = int(words.moved.argmax())
        sentence = f"“{plain(' '.join(words.tokens), 60)}” in {len(words.tokens)} steps, moved most by “{words.tokens[farthest]}”"
        if words.probabilities is not None:
            last = words.probabilities[-1]
            sentence += f", ends at {found.label_names[int(last.argmax())]} with {percent(float(last.max()))}"
        said.append(sentence)
    more = f" and {len(found.paths) - 3} more" if len(found.paths) > 3 else ""
    return (
        f"States after every word as a path before the final states of {len(found.cloud):,} real texts; "
        f"axes: {', '.join(axis_titles(found.plane))}. {'; '.join(said)}{more}."
    )


def axis_titles(plane: Plane) -> tuple[str, ...]:
    """What each axis is, with its share of the variance over the reference where that is known."""
    if plane.axes != "answer":
        names = [f"component {number + 1}" for number in range(len(plane.directions))]
    elif plane.exact and plane.logits is not None and len(plane.logits) == 2:
        names = ["distance from the decision boundary", "greatest remaining direction"]
    else:
        names = ["what tells labels apart, first direction", "second direction"]
    shares = [f" ({percent(share, 0)} of the variance)" for share in plane.shares] or [""] * len(names)
    return tuple(name + share for name, share in zip(names, shares, strict=True))


def path_colour(number: int) -> str:
    """The first text's colour, the second's, and grey for all others, which are told apart by their numbers."""
    return (MODEL, OTHER_MODEL)[number] if number < 2 else NEUTRAL


def _regions(figure: go.Figure, found: Trajectory, colours: tuple[str, ...]) -> None:
    points = np.concatenate([found.cloud, *(path.points for path in found.paths)])
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.06 * np.maximum(high - low, 1e-6)
    x, y = (np.linspace(low[axis] - margin[axis], high[axis] + margin[axis], REGION_CELLS) for axis in (0, 1))
    labels = found.plane.regions(np.stack(np.meshgrid(x, y), axis=-1))
    scale = [
        (edge, translucent(colours[label], REGION_OPACITY))
        for label in range(len(colours))
        for edge in (label / len(colours), (label + 1) / len(colours))
    ]
    figure.add_heatmap(
        x=x, y=y, z=labels, colorscale=scale, zmin=-0.5, zmax=len(colours) - 0.5, showscale=False, hoverinfo="skip"
    )
    if len(colours) == 2 and found.plane.axes == "answer":
        figure.add_vline(x=0, line={"color": NEUTRAL, "dash": "dot"})


def _path(figure: go.Figure, path: Path, colour: str, number: int, of: int, space: bool) -> None:
    words = path.words
    names = [plain(word, 20) for word in words.tokens]
    answers = words.probabilities
    said = ["" for _ in names] if answers is None else [percent(float(row.max())) for row in answers]
    points = np.concatenate([path.start[None], path.points])
    _scatter(
        figure,
        points,
        mode="lines+markers+text" if len(names) <= MOST_LABELLED and of < 3 else "lines+markers",
        name=f"text {number + 1}: {plain(' '.join(words.tokens), 30)}",
        text=["start", *names],
        textposition=None if space else "top center",
        line={"color": colour, "width": 2},
        marker={"color": colour, "size": 6},
        customdata=list(zip(["start", *names], ["", *said], strict=True)),
        hovertemplate="after “%{customdata[0]}” %{customdata[1]}<extra></extra>",
    )


def _scatter(figure: go.Figure, points: np.ndarray, **settings: object) -> None:
    axes = dict(zip("xyz", points.T, strict=False))
    settings = {name: value for name, value in settings.items() if value is not None}
    if len(axes) == 3:
        figure.add_scatter3d(**axes, **settings)
    else:
        figure.add_scatter(**axes, **settings)

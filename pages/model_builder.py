"""The Build page: put a network together, and understand every number in it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from rnn_core.classifier import Classifier
from rnn_core.figures.theme import KIND_TITLES
from rnn_core.models.initial import initial_weights
from rnn_core.models.summary import LayerRow, keras_notebook, keras_source, layer_table
from rnn_core.models.weights import Weights
from rnn_core.presets import LONG, SHORT
from rnn_core.spec import ModelSpec, TrainSpec
from ui import frame
from ui.guess import guess
from ui.length_panel import length_panel
from ui.parts_form import fill_parts, parts_form
from ui.picture_panel import picture_panel
from ui.run_picker import pick_network
from ui.spec_form import fill

VOCABULARY = 10_000
PRESETS = {
    "Textbook": ModelSpec(),
    "Tiny, to look at": ModelSpec(units=8, features=8, time_steps=20, vocabulary=2_400),
    "Short reviews": SHORT.model.replace(vocabulary=VOCABULARY),
    "Long reviews": LONG.model.replace(vocabulary=VOCABULARY),
}
LONGER = 10  # times the steps, in the question


def ask() -> None:
    """The guess before the look: what a longer text costs."""
    spec = ModelSpec()
    total = sum(row.parameters for row in layer_table(spec))
    longer = sum(row.parameters for row in layer_table(spec.replace(time_steps=LONGER * spec.time_steps)))
    offered = {LONGER * total: "ten times as many", total: "the same", 2 * total: "twice as many"}
    guess(
        f"The textbook network, a SimpleRNN of {spec.units} units, reads {spec.time_steps} time steps, a word at each, with "
        f"{total:,} parameters: the numbers that training sets. How many does it need for {LONGER * spec.time_steps:,} steps?",
        [f"{count:,}, {words}" for count, words in offered.items()],
        list(offered).index(longer),
        f"It has {longer:,}: the same weights serve every step. Change the time steps below, and watch which numbers move.",
        key="guess_parameters",
    )


def show_table(spec: ModelSpec) -> None:
    """Every layer with its shape, its parameters and its work."""
    rows = layer_table(spec)
    total, work = sum(row.parameters for row in rows), sum(row.per_text for row in rows)
    first, second, third = st.columns(3)
    first.metric("Parameters", f"{total:,}", help="Numbers that training may change, and fixed ones such as position codes.")
    second.metric("Multiplications for one text", f"{work:,}")
    third.metric(
        "Memory from step to step", f"{sum(row.state_bytes for row in rows):,} bytes", help="All it knows of what it read."
    )
    st.table(pd.DataFrame([_table_row(row) for row in rows]).set_index("layer"))
    st.caption(
        "One row a layer, from the input to the answer, with the numbers that Keras gives. Only parameters that belong to places "
        "(dense, positions) grow with the time steps. The table counts work, it does not say how well the network learns."
    )


def _table_row(row: LayerRow) -> dict[str, str]:
    axes = ", ".join(axis.name if axis.size is None else f"{axis.name} {axis.size:,}" for axis in row.axes)
    return {
        "layer": f"{row.name} ({row.kind})",
        "output": f"({axes})",
        "parameters": row.formula or "0",
        "multiplications per step": f"{row.per_step:,}" if row.per_step else "–",
        "per text": f"{row.per_text:,}" if row.per_text else "–",
        "memory carried": f"{row.state_bytes:,} bytes" if row.state_bytes else "–",
    }


@st.cache_resource(show_spinner=False, max_entries=8)
def start_weights(spec_json: str) -> Weights:
    """The weights of a network before any training: the same for every visitor."""
    return initial_weights(ModelSpec.from_json(spec_json))


def choose_numbers(spec: ModelSpec | None) -> tuple[Classifier, str]:
    """Whose numbers the pictures show: a trained network, or the parts above before any training."""
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with right:
        picked = pick_network(key="model", label="Trained network", recurrent=True)
    with left:
        source = st.segmented_control(
            "Numbers from",
            ["trained", "untrained"],
            default="trained",
            key="numbers",
            bind="query-params",
            required=True,
            help="A trained network, or the parts above as they are before any training.",
        )
    if source == "trained" or spec is None:
        return picked.classifier, f"The numbers are those of “{picked.title}”."
    trained = picked.classifier
    drawn = spec.replace(vocabulary=trained.vocabulary.size, labels=len(trained.label_names))
    untrained = Classifier(drawn, trained.vocabulary, trained.label_names, start_weights(drawn.to_json()))
    return untrained, f"The numbers are those of a {KIND_TITLES[spec.kind]} with the parts above before any training, seed 0."


def show_code(spec: ModelSpec) -> None:
    """The Keras source of exactly this model, to copy and to take away."""
    script, notebook = keras_source(spec), keras_notebook(spec)
    with st.container(horizontal=True):
        st.download_button("Script", script, f"{spec.kind}.py", "text/x-python", icon=":material/download:", key="script")
        st.download_button(
            "Notebook", notebook, f"{spec.kind}.ipynb", "application/x-ipynb+json", icon=":material/download:", key="nb"
        )
    st.code(script, language="python")


frame.open_page(
    "Build",
    "Put a recurrent network together from its parts, and see what it costs, what it reads and what it remembers.",
)
ask()

st.subheader("Parts", anchor=False)
with st.container(horizontal=True):
    for title, preset in PRESETS.items():
        st.button(title, on_click=fill_parts, args=(preset,), key=f"preset_{title}")
spec = parts_form()
if spec is not None:
    show_table(spec)
    if st.button("Train this", type="primary", icon=":material/model_training:", help="Takes these parts to the Train page."):
        fill(spec, TrainSpec())
        st.switch_page("pages/training.py", query_params={"units": str(spec.units), "time_steps": str(spec.time_steps)})

st.subheader("The loop, unrolled", anchor=False)
classifier, note = choose_numbers(spec)
picture_panel(classifier, note)

st.subheader("Any length", anchor=False)
length_panel(classifier)

if spec is not None:
    st.subheader("The same in Keras", anchor=False)
    show_code(spec)

"""The guided path: eight steps, each on a real page with its real controls, and ten questions at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from rnn_core.lenses.quiz import DOG, MAN, Question, question
from rnn_core.spec import ModelSpec
from ui.path_place import (
    Condition,
    Place,
    answered,
    any_of,
    asked_for,
    differs,
    has_trained,
    holds,
    stands_in_address,
)
from ui.path_training import training_question


@dataclass(frozen=True)
class Touch:
    """Something to do with a real control, and how the page shows that it was done."""

    words: str
    done: Condition
    selector: str  # CSS of what is highlighted until then


@dataclass(frozen=True)
class Step:
    """One step of the path. ask: the guess before it, or None where the page itself asks for one."""

    title: str
    page: str
    page_title: str
    say: str
    touches: tuple[Touch, ...]
    ask: tuple[str, Callable[[Place], Question]] | None = None  # its name, and the question
    query: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Last:
    """One of the ten questions at the end, with the page that shows its answer."""

    name: str
    page: str
    label: str
    query: tuple[tuple[str, str], ...] = ()


@cache
def computed(name: str) -> Question:
    """A question of `rnn_core.lenses.quiz`, computed once: the bundled networks do not change."""
    return question(name)


def _ask(name: str) -> tuple[str, Callable[[Place], Question]]:
    return name, lambda _: computed(name)


def _keyed(key: str) -> str:
    return f".st-key-{key}"


def _keyed_from(prefix: str) -> str:
    return f'[class*="st-key-{prefix}"]'


ORDER, BUILD, STATES = "pages/word_order.py", "pages/model_builder.py", "pages/hidden_states.py"
TRAIN, GRADIENTS, MEMORY = "pages/training.py", "pages/backpropagation.py", "pages/memory_gap.py"
_FIRST_SPEC = ModelSpec()

STEPS: tuple[Step, ...] = (
    Step(
        "A sequence is not a bag",
        ORDER,
        "Word order",
        "Two sentences of the same words, and only their order says who got bitten. Which networks can know?",
        (
            Touch("Make your guess below, and let the networks mark it.", differs("order_guess"), _keyed("order_chosen")),
            Touch(
                "Put in another pair: “A random pair”, or type one.",
                any_of(differs("first", DOG), differs("second", MAN)),
                _keyed("random_pair"),
            ),
        ),
    ),
    Step(
        "Any length",
        BUILD,
        "Build",
        "One network reads a tweet and a novel. What does a longer text cost it?",
        (
            Touch("Answer the question below.", answered("guess_parameters"), _keyed("guess_parameters")),
            Touch(
                "Change “Time steps” under “Parts”, and watch the table: which numbers move?",
                differs("part_time_steps", _FIRST_SPEC.time_steps),
                _keyed("part_time_steps"),
            ),
        ),
    ),
    Step(
        "The loop and its memory",
        STATES,
        "Hidden states",
        "All that the network knows of a text stands in a few numbers, its hidden state, and each word moves it.",
        (
            Touch("Guess below which word moves it farthest.", answered("guess_moved_"), _keyed_from("guess_moved_")),
            Touch(
                "Step through the words with the buttons or the arrow keys, and rest on one.",
                stands_in_address("step"),
                _keyed_from("path_"),
            ),
        ),
        query=(("look", "Path"),),
    ),
    Step(
        "The same weights at every step",
        BUILD,
        "Build",
        "Unrolled, the network looks like many cells. It is one, used again and again.",
        (
            Touch(
                "Under “The loop, unrolled” switch on “Same weights”, and point at one of them.",
                holds("weights", True),
                _keyed("weights"),
            ),
            Touch("Step to another word, and look into the cell below.", stands_in_address("step"), _keyed("unrolled")),
        ),
        ask=_ask("copies"),
    ),
    Step(
        "Build and train it",
        TRAIN,
        "Train",
        "Now with weights that learn: your own network on 1,000 real reviews. It takes less than a minute on a quiet machine, "
        "and goes on if you leave.",
        (
            Touch("Press “Train” at the foot of the page.", has_trained(), _keyed_from("train_button")),
            Touch("Watch the curves until it is done.", has_trained("done"), _keyed("run")),
        ),
        ask=("own_training", training_question),
        query=(("data", "quick_reviews"),),
    ),
    Step(
        "The chain rule, backwards in time",
        GRADIENTS,
        "Backpropagation",
        "Training asks of every weight: which way? The answer travels from the last word back to the first, one step at a time.",
        (
            Touch("Guess below how much of the gradient is left.", answered("guess_left_"), _keyed_from("guess_left_")),
            Touch(
                "Play it, or step back from the last word, and rest where hardly anything arrives.",
                stands_in_address("back"),
                _keyed("back"),
            ),
        ),
    ),
    Step(
        "The short memory",
        MEMORY,
        "Memory and gap",
        "What fades on its way back cannot teach. How far apart may a sign and the question about it lie?",
        (
            Touch("Guess below at which gap the SimpleRNN falls.", asked_for("gap_guess-"), _keyed_from("gap_fall-")),
            Touch("Look at another task: does each network fail at the same gap?", differs("task", "recall"), _keyed("task")),
        ),
        query=(("task", "recall"),),
    ),
    Step(
        "What came after",
        BUILD,
        "Build",
        "Gates keep a state (LSTM, GRU); attention looks at all words at once. Each has its price, and the table shows it.",
        (
            Touch(
                "Under “Parts” set “Kind” to LSTM or GRU: what happens to parameters and memory?",
                holds("part_kind", "lstm", "gru"),
                _keyed("part_kind"),
            ),
            Touch(
                "Set it to Transformer: it carries no memory. Now change the time steps, and watch the work.",
                holds("part_kind", "transformer"),
                _keyed("part_kind"),
            ),
        ),
        ask=_ask("growing_work"),
    ),
)

LAST: tuple[Last, ...] = (
    Last("bag", ORDER, "Word order"),
    Last("positions", ORDER, "Word order"),
    Last("state_size", BUILD, "Build: any length"),
    Last("longer_texts", BUILD, "Build: the table of parts"),
    Last("turns", STATES, "Hidden states: the verdict", (("look", "Verdict"),)),
    Last("untrained", STATES, "Hidden states: before and after training", (("look", "Training"),)),
    Last("kernel_gradient", GRADIENTS, "Backpropagation"),
    Last("last_words", GRADIENTS, "Backpropagation"),
    Last("gates", GRADIENTS, "Backpropagation: choose another network"),
    Last("gated_weights", BUILD, "Build: an LSTM", (("kind", "lstm"),)),
)

"""Links that a teacher makes: a page with some controls fixed or hidden, and a question to be guessed first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from rnn_core.lenses.quiz import QUESTIONS
from ui.parts_form import FIELDS
from ui.spec_form import MODEL_SETTINGS, TRAIN_SETTINGS, setting_title

FIX, HIDE, ASK = "fix", "hide", "guess"  # in the address; the first two name controls, parted by dots
RESERVED = (FIX, HIDE, ASK)


@dataclass(frozen=True)
class Control:
    """A control that a link can set, fix or hide. name: in the address; key: of the widget."""

    name: str
    title: str
    key: str
    told: bool = False  # the page itself says what of its value it did not take


@dataclass(frozen=True)
class SharedPage:
    """A page that can be shared. also: what else its address may say."""

    script: str
    path: str
    title: str
    controls: tuple[Control, ...]
    also: tuple[str, ...] = ()

    def control(self, name: str) -> Control | None:
        """The control of this name; None where the page has none."""
        return next((control for control in self.controls if control.name == name), None)


def _plain(**titles: str) -> tuple[Control, ...]:
    return tuple(Control(name, title, name) for name, title in titles.items())


_PARTS = tuple(Control(name, setting_title(name), f"part_{name}", told=True) for name in FIELDS)
_SETTINGS = tuple(Control(name, setting_title(name), name, told=True) for name in (*MODEL_SETTINGS, *TRAIN_SETTINGS))
PAGES: tuple[SharedPage, ...] = (
    SharedPage(
        "pages/start.py",
        "",
        "Unrolled",
        _plain(asks="The question", read_roles="The sentence about who got bitten", read_reviews="The sentence about a film"),
    ),
    SharedPage(
        "pages/model_builder.py",
        "build",
        "Build",
        _PARTS
        + _plain(
            numbers="Numbers from",
            model="Trained network",
            sentence="A sentence",
            view="Picture",
            weights="Same weights",
            places="Places",
            unit="Unit",
            pad="Padding on the",
            pad_mask="Mask of the padding",
        ),
        ("step",),
    ),
    SharedPage(
        "pages/word_order.py",
        "order",
        "Word order",
        _plain(first="First sentence", second="Second sentence", through="Through the states of", meter="Texts on the meter"),
        ("step",),
    ),
    SharedPage(
        "pages/hidden_states.py",
        "states",
        "Hidden states",
        _plain(
            model="Network",
            text="A text",
            also="Texts beside it",
            layer="Layer",
            show="Show",
            look="Section",
            axes="Axes from",
            order="Order of the units",
            scale="Scale",
            unit="Unit",
            off="Units held",
        ),
        ("step", "hold", "held"),
    ),
    SharedPage(
        "pages/backpropagation.py",
        "gradients",
        "Backpropagation",
        (
            Control("model", "Network", "model"),
            Control("from", "Text", "from"),
            *_plain(
                text="Words",
                number="Number of the text",
                label="Its label",
                layer_number="Layer",
                axis="Axis",
                unit="Unit",
                fades="How much is left of",
                factor="Factor",
                kernel="Recurrent kernel",
                activation="Activation",
                clip="Clip gradients at",
                measure="Show",
                words_from="Words from",
                one="One opening",
                other="Its opposite",
            ),
        ),
        ("part", "back"),
    ),
    SharedPage(
        "pages/memory_gap.py",
        "memory",
        "Memory and gap",
        _plain(
            task="Task",
            gap_kinds="Networks",
            gap_gaps="Gaps",
            gap_seeds="Seeds",
            gap_match="Fair by",
            gap_units="Units",
            gap_steps="Budget",
            gap_start="Start",
            gap_filler="The gap is filled with",
            gap_curriculum="Short gaps, too",
        ),
        ("recorded_look", "mine_look"),
    ),
    SharedPage(
        "pages/training.py",
        "train",
        "Train",
        (*_plain(data="Texts to learn from", start_from="Start from"), *_SETTINGS),
        ("run",),
    ),
    SharedPage("pages/classifying.py", "classify", "Classify", _plain(model="Network")),
)


@dataclass(frozen=True)
class Lock:
    """What a link asks of its page. ignored: a piece of a sentence for each thing that it asks for and that is not there."""

    fixed: tuple[Control, ...] = ()
    hidden: tuple[Control, ...] = ()
    question: str = ""
    ignored: tuple[str, ...] = ()


def page_titled(title: str) -> SharedPage | None:
    """The page with this heading; None for one that is not shared."""
    return next((page for page in PAGES if page.title == title), None)


def read_link(page: SharedPage, params: Mapping[str, str]) -> Lock:
    """What the address asks for, as far as the page has it."""
    ignored = [f"“{name}”" for name in params if not (page.control(name) or name in page.also or name in RESERVED)]
    found: dict[str, list[Control]] = {FIX: [], HIDE: []}
    for what in found:
        for name in filter(None, params.get(what, "").split(".")):
            control = page.control(name)
            if control:
                found[what].append(control)
            else:
                ignored.append(f"“{name}” to {what}")
    question = params.get(ASK, "")
    if question and question not in QUESTIONS:
        ignored.append(f"the question “{question}”")
        question = ""
    return Lock(tuple(found[FIX]), tuple(found[HIDE]), question, tuple(ignored))


def not_taken(page: SharedPage, asked: Mapping[str, str], address: Mapping[str, str], held: Mapping[str, object]) -> list[str]:
    """The values of a link that the page did not take, as pieces of a sentence.

    asked: the address with which the visitor came. address: as it stands after the page has run. held: what the controls hold.
    """
    pieces = []
    for name, value in asked.items():
        control = page.control(name)
        if control is None or control.told or control.key not in held or name in address:
            continue
        if not _same(held[control.key], value):
            pieces.append(f"“{value}” for “{control.title}”")
    return pieces


def link(page: SharedPage, values: Mapping[str, str], fixed: list[str], hidden: list[str], question: str) -> dict[str, str]:
    """The parameters of a link to this page."""
    params = dict(values)
    if fixed:
        params[FIX] = ".".join(fixed)
    if hidden:
        params[HIDE] = ".".join(hidden)
    if question:
        params[ASK] = question
    return params


def address(base: str, page: SharedPage, params: Mapping[str, str]) -> str:
    """The whole address. base: of the site."""
    query = f"?{urlencode(params)}" if params else ""
    return f"{base.rstrip('/')}/{page.path}{query}"


def _same(held: object, value: str) -> bool:
    """Whether a control holds what the address said."""
    if isinstance(held, bool):
        return str(held).lower() == value.lower()
    if isinstance(held, int | float):
        try:
            return float(value) == float(held)
        except ValueError:
            return False
    return str(held) == value

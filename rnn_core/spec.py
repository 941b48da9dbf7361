"""What to build and how to train it: two frozen, validated dataclasses with their limits, JSON and URL forms."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, get_args, get_type_hints

Kind = Literal["simple_rnn", "gru", "lstm", "bag_of_words", "dense", "conv1d", "transformer"]
Pooling = Literal["last", "every", "mean", "max", "mean_max"]
Activation = Literal["tanh", "relu", "linear"]
RecurrentInitializer = Literal["orthogonal", "glorot_uniform", "identity"]
Padding = Literal["left", "right"]

KINDS: tuple[Kind, ...] = get_args(Kind)
RECURRENT_KINDS: tuple[Kind, ...] = ("simple_rnn", "gru", "lstm")
PADDING_ID = 0
UNKNOWN_ID = 1
FIRST_WORD_ID = 2
DEFAULT_VOCABULARY = 10_000  # rows of the embedding, at most, where a specification for texts names none

# Field -> (least, most). A sentence that refuses a value quotes these.
LIMITS: dict[str, tuple[float, float]] = {
    "units": (1, 512),
    "time_steps": (1, 2000),
    "features": (1, 512),
    "vocabulary": (3, 200_000),
    "labels": (2, 50),
    "layers": (1, 2),
    "heads": (1, 8),
    "kernel_size": (1, 25),
    "dropout": (0.0, 0.9),
    "embedding_dropout": (0.0, 0.9),
    "epochs": (1, 500),
    "batch_size": (1, 1024),
    "learning_rate": (1e-6, 1.0),
    "held_out": (0.05, 0.5),
    "patience": (0, 100),
    "min_count": (1, 100),
    "label_smoothing": (0.0, 0.4),
    "weight_decay": (0.0, 1.0),
    "averaging": (0.0, 0.9999),
    "clip_norm": (0.0, 1000.0),
    "seed": (0, 2**31 - 1),
}


class SpecError(ValueError):
    """A value that a specification does not take; the message says which, and what it does take."""


class _Spec:
    """Checks, JSON and URL forms that both specifications share."""

    def __post_init__(self) -> None:
        for name, hint in get_type_hints(type(self)).items():
            object.__setattr__(self, name, _checked(name, getattr(self, name), hint))

    def replace(self, **changes: Any) -> Self:
        """The same specification with other values, checked again."""
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]  # every subclass is a dataclass

    def to_dict(self) -> dict[str, Any]:
        """Every field by name, as JSON knows it."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]  # as above

    def to_json(self) -> str:
        """The fields as a JSON object."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The specification with these values.

        Raises:
            SpecError: a field that does not exist, or a value outside its limits.
        """
        known = {field.name for field in fields(cls)}  # type: ignore[arg-type]  # as above
        unknown = sorted(set(values) - known)
        if unknown:
            raise SpecError(f"{cls.__name__} has no setting called {', '.join(map(repr, unknown))}.")
        return cls(**values)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The specification that `to_json` wrote."""
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise SpecError(f"The specification is not valid JSON: {error.msg} at character {error.pos}.") from None
        if not isinstance(values, dict):
            raise SpecError("The specification must be a JSON object of settings.")
        return cls.from_dict(values)

    def to_params(self) -> dict[str, str]:
        """The settings that differ from the defaults, as URL query parameters."""
        return {
            field.name: _to_param(getattr(self, field.name))
            for field in fields(self)  # type: ignore[arg-type]  # as above
            if getattr(self, field.name) != field.default
        }

    @classmethod
    def from_params(cls, params: dict[str, str]) -> Self:
        """The specification that a URL names; parameters that belong to other things are left alone.

        Raises:
            SpecError: a value that is not of its field's type or is outside its limits.
        """
        hints = get_type_hints(cls)
        return cls(**{name: _from_param(name, text, hints[name]) for name, text in params.items() if name in hints})


@dataclass(frozen=True)
class ModelSpec(_Spec):
    """The architecture of one network.

    The defaults are the textbook model: `Input((100, 32))`, `SimpleRNN(64)`, `Dense(1, activation="sigmoid")`,
    6,273 parameters. With a `vocabulary` the input is word ids `[time_steps]` and an `Embedding` makes the features.

    Raises:
        SpecError: a value outside its limits, or a combination that does not exist.
    """

    kind: Kind = "simple_rnn"
    units: int = 64  # width of the state; filters of conv1d; hidden width of dense and of the transformer
    time_steps: int = 100  # words that are read; the rest of a longer text is cut off
    features: int = 32  # width of the input at one time step; of the embedding for text
    vocabulary: int = 0  # rows of the embedding, padding and unknown word included; 0 means numeric input
    labels: int = 2  # 2 gives Dense(1, sigmoid), more give Dense(labels, softmax)
    layers: int = 1  # recurrent layers on top of one another
    bidirectional: bool = False  # a second recurrent layer reads from the end to the start
    pooling: Pooling = "last"  # what the output layer sees of the states; "every" answers at every step
    activation: Activation = "tanh"  # of the recurrent cell's state
    recurrent_initializer: RecurrentInitializer = "orthogonal"  # "identity" is 0.9 times the identity
    dropout: float = 0.0  # on what the output layer sees
    embedding_dropout: float = 0.0  # on whole words: one coin a word, all its features together
    positions: bool = True  # transformer only: sinusoidal position codes are added to the embedding
    heads: int = 4  # transformer only
    kernel_size: int = 5  # conv1d only: words under one filter
    padding: Padding = "left"  # where the zeros of a shorter text stand
    mask: bool = True  # padded steps leave the state as it was

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kind not in RECURRENT_KINDS:
            for name in ("layers", "bidirectional", "pooling", "activation", "recurrent_initializer"):
                default = next(field.default for field in fields(self) if field.name == name)
                if getattr(self, name) != default:
                    raise SpecError(f"{name} = {getattr(self, name)!r} goes with simple_rnn, gru and lstm, not with {self.kind}.")
        if self.bidirectional and self.pooling == "every":
            raise SpecError("An answer at every step cannot be bidirectional: the backward layer has already read the end.")
        if self.kind == "transformer" and self.features % self.heads:
            raise SpecError(
                f"features must be a multiple of heads: {self.features} features do not split into {self.heads} heads."
            )

    @property
    def is_recurrent(self) -> bool:
        """Whether a hidden state is passed from step to step."""
        return self.kind in RECURRENT_KINDS

    @property
    def outputs(self) -> int:
        """Numbers that the output layer gives: 1 (a sigmoid) for two labels, else one a label."""
        return 1 if self.labels == 2 else self.labels


@dataclass(frozen=True)
class TrainSpec(_Spec):
    """How a network is trained and how it is judged.

    Raises:
        SpecError: a value outside its limits.
    """

    epochs: int = 10  # passes over the training part, at most
    batch_size: int = 32  # texts a step of the optimiser
    learning_rate: float = 1e-3  # of Adam
    held_out: float = 0.2  # share of the texts, stratified by label, that training never sees
    seed: int = 0  # of the split, the initial weights, the shuffling and dropout
    patience: int = 0  # epochs without a better held-out loss before training ends; 0 never ends early
    min_count: int = 1  # occurrences in the training part that a word needs to enter the vocabulary
    label_smoothing: float = 0.0  # share of a label's certainty spread evenly over all labels
    weight_decay: float = 0.0  # decoupled, as in AdamW; 0 is plain Adam
    averaging: float = 0.0  # decay a step of the running mean of the weights that is evaluated and kept; 0 is off
    clip_norm: float = 0.0  # global norm at which gradients are clipped; 0 is off


def _checked(name: str, value: Any, hint: Any) -> Any:
    options = get_args(hint)
    if options:
        if value not in options:
            raise SpecError(f"{name} must be one of {', '.join(options)}, not {value!r}.")
        return value
    if hint is bool:
        if not isinstance(value, bool):
            raise SpecError(f"{name} must be true or false, not {value!r}.")
        return value
    number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    if not number or isinstance(value, bool) or (hint is int and value != int(value)):
        raise SpecError(f"{name} must be a {'whole number' if hint is int else 'number'}, not {value!r}.")
    least, most = LIMITS[name]
    if name == "vocabulary" and value == 0:
        return 0
    if not least <= value <= most:
        raise SpecError(f"{name} must be between {least:,} and {most:,}, not {value:,}.")
    return hint(value)


def _to_param(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _from_param(name: str, text: str, hint: Any) -> Any:
    if get_args(hint):
        return text
    if hint is bool:
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    try:
        return hint(text)
    except ValueError:
        raise SpecError(f"{name} must be a {'whole number' if hint is int else 'number'}, not {text!r}.") from None

"""What order is worth to every kind of network, as `python -m rnn_core.bundled.make_order` measured and recorded it."""

from __future__ import annotations

from typing import Any, Literal, cast

from rnn_core.bundled import Network, record
from rnn_core.lenses.order import OrderScore
from rnn_core.lenses.order_roles import PartAccuracy

Texts = Literal["unseen_pairs", "unseen_lengths", "reviews"]


def recorded_scores(texts: Texts) -> dict[Network, OrderScore]:
    """The order meter of every network, on role sentences whose actors or lengths training never had, or on film reviews."""
    return {network: OrderScore.from_dict(score) for network, score in _scores(texts).items()}


def recorded_parts(network: Network) -> tuple[PartAccuracy, ...]:
    """How often the bundled network is right on active, on passive and on longer and shorter role sentences."""
    return tuple(PartAccuracy.from_dict(part) for part in record("order")["parts"][network])


def recorded_rules() -> dict[str, Any]:
    """The numbers by which the role sentences were made: the fields of `RoleRules`, and how many sentences each part has."""
    return cast(dict[str, Any], record("order")["rules"])


def _scores(texts: Texts) -> dict[Network, Any]:
    return cast(dict[Network, Any], record("order")[texts])

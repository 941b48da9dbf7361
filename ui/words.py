"""Numbers as a reader says them."""

from __future__ import annotations


def duration(seconds: float | None) -> str:
    """A time span in the one or two units that matter: '8 s', '3 min 20 s', '1 h 5 min'."""
    if seconds is None:
        return "an unknown time"
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def ordinal(number: int) -> str:
    """'1st', '2nd', '11th', '23rd'."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"

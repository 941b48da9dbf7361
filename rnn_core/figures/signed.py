"""The scale of signed numbers: states, weights and inputs run from purple over nothing at zero to green.

After ColorBrewer's PRGn (Brewer 2003), which people with any of the common kinds of colour blindness can read. Zero is the
background itself, so that what is on the page is what is in the network.
"""

from __future__ import annotations

SIGNED_LIGHT = ("#7b3294", "#00793a")  # negative and positive on a light background
SIGNED_DARK = ("#c58fda", "#5fc27e")  # on a dark one
SIGNED_SCALE = ((0.0, "#9a4fb5"), (0.5, "rgba(128, 128, 128, 0.06)"), (1.0, "#1f9a54"))  # Plotly's, for both

"""What a browser reports of a playback is held to what there is; it can say anything."""

import pytest

from ui.playback import At, _checked


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"step": 2}, At(2)),
        ({"step": 2, "unit": 7, "layer": 1}, At(2, 7, 1)),
        (None, At(4)),  # nothing said yet: the last step
        ({"step": 99}, At(4)),  # the text has become shorter
        ({"step": -1}, At(4)),
        ({"step": "2"}, At(4)),
        ({"step": True}, At(4)),
        ({"step": 1e300, "unit": [1]}, At(4)),
        ("<script>", At(4)),
    ],
)
def test_reports_are_checked(said, expected):
    assert _checked(said, 5, None) == expected


def test_before_any_report_the_step_of_the_link_holds():
    assert _checked(None, 5, 1) == At(1)
    assert _checked(None, 5, 77) == At(4)

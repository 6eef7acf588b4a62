"""Whatever is written on whatever ground can be read: WCAG's contrast of 4.5 to 1, in light and in dark.

https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
"""

from __future__ import annotations

import re

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.style import DARK, LIGHT, STYLE

WRITTEN = [(ink, ground) for ink in ("ink", "soft", "bad", "link") for ground in ("page", "card")] + [
    ("ink", "code"),
    ("soft", "calm-back"),
    ("ink", "calm-back"),
    *((tone, f"{tone}-back") for tone in ("good", "bad", "warn", "calm")),
]


def colours(text: str) -> dict[str, tuple[float, ...]]:
    """Each colour's red, green and blue, from 0 to 1."""
    found = {name: value * 2 if len(value) == 3 else value for name, value in re.findall(r"--([\w-]+):#([0-9a-f]+)", text)}
    return {name: tuple(int(value[at : at + 2], 16) / 255 for at in (0, 2, 4)) for name, value in found.items()}


def luminance(colour: tuple[float, ...]) -> float:
    """How bright it is."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast(palette: str) -> None:
    known = colours(palette)
    pale = {}
    for ink, ground in WRITTEN:
        brighter, darker = sorted((luminance(known[ink]), luminance(known[ground])), reverse=True)
        ratio = (brighter + 0.05) / (darker + 0.05)
        if ratio < 4.5:
            pale[ink, ground] = round(ratio, 2)
    assert pale == {}


def test_both_palettes_know_every_colour_that_is_used() -> None:
    assert colours(LIGHT).keys() == colours(DARK).keys() == set(re.findall(r"var\(--([\w-]+)\)", STYLE))


def test_no_two_values_stick_together() -> None:
    assert not re.search(r"\d(?:px|rem|em|%)[\d.]|[a-z]\d*\)[a-z]", STYLE)
    assert STYLE.count("{") == STYLE.count("}")

# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The picture of a server as SVG: each service beside its database, a wall between neighbours, and who gets over it.

Colours are classes of the page's style, so it follows light, dark and print.
"""

from __future__ import annotations

import math

from .escape import in_html, plain
from .scene import NOT_YET, OPEN, Lane, Scene

WIDTH, BOX, LEFT, RIGHT = 820, 280, 286, 534  # the boxes' width; where the service's ends, where the database's begins
TOP, WALL, GAP, LINE = 8, 14, 12, 18
CURVES = 12  # more breaches than these are told by a number at the database
LOGO = """<svg class="logo" viewBox="0 0 48 48" width="48" height="48" aria-hidden="true" focusable="false">
<path class="house" d="M3 23 13 13l10 10v17H3z"/><path class="house two" d="M25 23 35 13l10 10v17H25z"/>
<path class="fence" d="M1 40v-7m5 7v-7m5 7v-7m5 7v-7m5 7v-7m6 7v-7m5 7v-7m5 7v-7m5 7v-7m5 7v-7M0 36h48"/></svg>"""
DEFINED = """<defs>
<pattern id="{0}-bricks" width="24" height="14" patternUnits="userSpaceOnUse">
<rect class="brick" x="0" y="0" width="23" height="6" rx="1"/><rect class="brick" x="-12" y="7" width="23" height="6"
rx="1"/>
<rect class="brick" x="12" y="7" width="23" height="6" rx="1"/></pattern>
<marker id="{0}-in" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse">
<path class="tip" d="M0 0 8 4 0 8z"/></marker>
<marker id="{0}-over" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
<path class="tip over" d="M0 0 8 4 0 8z"/></marker></defs>"""


def svg(scene: Scene, name: str, caption: str) -> str:
    """The picture. `name` makes its ids its own; what it shows stands in the list `NAME-told` below it."""
    tops, height = _places(scene)
    middles = [top + _height(lane) / 2 for top, lane in zip(tops, scene.lanes)]
    parts = [_wall(name, top - GAP - WALL) for top in tops[1:]]
    parts += [_lane(lane, top, name) for lane, top in zip(scene.lanes, tops)]
    parts += _breaches(scene, tops, middles, name)
    below = tops[-1] + _height(scene.lanes[-1]) + 2 * GAP if scene.lanes else TOP
    parts += [_keepers(scene, below), *_beyond(scene, below + 58, name)]
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-labelledby="{name}-drawn" aria-describedby="{name}-told">'
        f'<title id="{name}-drawn">{in_html(caption)}</title>{DEFINED.format(name)}{"".join(parts)}</svg>'
    )


def _places(scene: Scene) -> tuple[list[float], float]:
    tops, top = [], float(TOP)
    for lane in scene.lanes:
        tops.append(top)
        top += _height(lane) + 2 * GAP + WALL
    return tops, top - WALL + 58 + (len(scene.beyond) * 62 + WALL + GAP if scene.beyond else 0) + TOP


def _height(lane: Lane) -> float:
    return max(62 + LINE * len(_logins(lane)), 98 if lane.strangers else 0)


def _logins(lane: Lane) -> list[str]:
    """The lines of the roles in a service's box: three of them, the rest counted."""
    lines = [f"logs in as {role}" for role in lane.logins] + [f"reads as {role}" for role in lane.readers]
    return lines if len(lines) <= 3 else [*lines[:2], f"and {len(lines) - 2} more"]


def _wall(name: str, y: float) -> str:
    return (
        f'<rect x="0" y="{y:.0f}" width="{WIDTH}" height="{WALL}" class="mortar"/>'
        f'<rect x="0" y="{y:.0f}" width="{WIDTH}" height="{WALL}" fill="url(#{name}-bricks)"/>'
    )


def _lane(lane: Lane, top: float, name: str) -> str:
    height = _height(lane)
    kind = "" if lane.way == OPEN else " later" if lane.way == NOT_YET else " shut"
    box = f'<rect class="box{kind}" x="1" y="{top:.0f}" width="{LEFT - 1}" height="{height:.0f}" rx="10"/>'
    words = _text(18, top + 26, lane.service, "name", 28) + _text(18, top + 45, lane.about, "small", 36)
    words += "".join(_text(18, top + 65 + LINE * index, line, "role", 34) for index, line in enumerate(_logins(lane)))
    middle = top + height / 2
    label = {OPEN: lane.limit, NOT_YET: "not yet"}.get(lane.way, "shut")
    way = (
        f'<path class="way{kind}" d="M{LEFT + 4} {middle:.0f}H{RIGHT - 5}"'
        + (f' marker-end="url(#{name}-in)"' if lane.way == OPEN else "")
        + "/>"
    )
    return box + words + way + _text(LEFT + 62, middle - 9, label, "label", 28) + _database(lane, top, height, kind)


def _database(lane: Lane, top: float, height: float, kind: str) -> str:
    """A drum, with the database's name, state and size on it."""
    x, width, lid = RIGHT, WIDTH - RIGHT - 1, 9
    drum = (
        f'<path class="box drum{kind}" d="M{x} {top + lid:.0f}v{height - 2 * lid:.0f}a{width / 2} {lid} 0 0 0 {width} 0'
        f'v-{height - 2 * lid:.0f}"/><ellipse class="box lid{kind}" cx="{x + width / 2}" cy="{top + lid:.0f}" '
        f'rx="{width / 2}" '
        f'ry="{lid}"/>'
    )
    state = lane.status.replace("_", " ") + (f", {lane.size}" if lane.size else "")
    words = _text(x + 18, top + 41, lane.database, "name code", 26) + _text(x + 18, top + 60, state, "small", 36)
    if lane.strangers:
        others = "everybody" if lane.everybody else "1 other" if lane.strangers == 1 else f"{lane.strangers} others"
        words += _text(x + 18, top + 79, f"{others} may enter", "alarm", 34)
    return drum + words


def _breaches(scene: Scene, tops: list[float], middles: list[float], name: str) -> list[str]:
    """A hole in each wall on the way, and the way through it. Too many to follow with the eye: holes alone."""
    few = len(scene.breaches) <= CURVES
    broken = {wall for start, end in scene.breaches for wall in range(min(start, end) + 1, max(start, end) + 1)}
    broken |= {
        wall
        for place, lane in enumerate(scene.lanes)
        if lane.everybody
        for wall in (place, place + 1)
        if 0 < wall < len(scene.lanes)
    }
    parts = [
        f'<rect class="hole" x="{(LEFT + RIGHT) / 2 - 30}" y="{tops[wall] - GAP - WALL - 2:.0f}" width="60" '
        f'height="{WALL + 4}" rx="3"/>'
        for wall in sorted(broken)
    ]
    for index, (start, end) in enumerate(scene.breaches if few else ()):
        shift = (index % 5 - 2) * 7
        a, b = middles[start] + 14 + shift, middles[end] + 14 + shift
        x = (LEFT + RIGHT) / 2 + shift
        bend = math.copysign(min(abs(b - a) / 2, 40), b - a)
        parts.append(
            f'<path class="over" d="M{LEFT + 4} {a:.0f}Q{x:.0f} {a:.0f} {x:.0f} {a + bend:.0f}V{b - bend:.0f}'
            f'Q{x:.0f} {b:.0f} {RIGHT - 5} {b:.0f}" marker-end="url(#{name}-over)"/>'
        )
    return parts


def _keepers(scene: Scene, y: float) -> str:
    """Whoever belongs to the server itself: below all lanes, for the walls are theirs."""
    text = " · ".join(scene.keepers)
    return (
        f'<rect class="ground" x="1" y="{y:.0f}" width="{WIDTH - 2}" height="46" rx="10"/>'
        + _text(18, y + 20, f"The server {scene.server} itself", "small", 90)
        + _text(18, y + 37, text, "role", 105)
    )


def _beyond(scene: Scene, y: float, name: str) -> list[str]:
    """Other servers, behind a wall that has no door: their API is the only way."""
    parts = [_wall(name, y)] if scene.beyond else []
    for index, (title, way) in enumerate(scene.beyond):
        top = y + WALL + GAP + index * 62
        parts.append(
            f'<rect class="box shut" x="1" y="{top:.0f}" width="{WIDTH - 2}" height="50" rx="10"/>'
            + _text(18, top + 22, title, "name", 60)
            + _text(
                18, top + 40, f"on another server; reached through {way or 'its API'} only, never its database", "small", 105
            )
        )
    return parts


def _text(x: float, y: float, text: str, kind: str, most: int) -> str:
    """Text of at most `most` characters; a longer one is cut, and told whole in the list below the picture."""
    clean = plain(text)
    short = clean if len(clean) <= most else clean[: most - 1] + "…"
    return f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}">{in_html(short)}</text>'

# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The difference of two models: the truth about a server. What the desired model lacks is not allowed."""

from __future__ import annotations

from .model import ITEM_TYPES, Change, Model


def diff(now: Model, want: Model) -> list[Change]:
    """The changes that make `want` of `now`, sorted by type and key."""
    found: list[Change] = []
    for kind in ITEM_TYPES:
        present, wanted = now.of(kind), want.of(kind)
        changes = [Change(item, wanted.get(key)) for key, item in present.items() if wanted.get(key) != item]
        changes += [Change(None, item) for key, item in wanted.items() if key not in present]
        found += sorted(changes, key=lambda change: change.item)
    return found

"""What a restore has to do, by what is there."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import restore_plan
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.errors import BackupError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.restore_plan import (
    BESIDE, COMPLETE, FILLING, IN_PLACE, RESTORED, Found, Plan, Wanted, mark)

STAMP = "20261128T021500Z"
NOW = datetime.datetime(2026, 11, 28, 18, 0, 5, tzinfo=datetime.timezone.utc)
LIVE = Found("shop", False)


def wanted(place: str = IN_PLACE, **more: Any) -> Wanted:
    """A restore of the shop."""
    return Wanted(**{"service": "shop", "database": "shop", "stamp": STAMP, "place": place, "now": NOW, **more})


def planned(want: Wanted, *found: Found) -> Plan:
    """Its plan."""
    return restore_plan.plan(want, {one.name: one for one in found})


def marked(name: str, state: str, stamp: str = STAMP, *, ours: bool = True, service: str = "shop") -> Found:
    """A database that a restore has marked."""
    return Found(name, ours, False, mark(state, service, stamp))


def test_names() -> None:
    assert restore_plan.names(wanted()) == restore_plan.Names("shop_restoring", "shop", "shop_before_20261128_180005")
    assert restore_plan.names(wanted(BESIDE)).target == "shop_restored_20261128_021500"
    long = restore_plan.names(wanted(database="ü" * 31))
    assert all(len(name.encode()) <= 63 for name in (long.work, long.kept))


def test_a_first_restore_fills_and_exchanges() -> None:
    plan = planned(wanted(), LIVE)
    assert (plan.done, plan.drop, plan.fill, plan.exchange) == (False, (), True, True)
    assert not planned(wanted()).exchange  # there is none to give way
    assert not planned(wanted(BESIDE), LIVE).exchange


@pytest.mark.parametrize("left", [marked("shop_restoring", FILLING), Found("shop_restoring", True, True),
                                  marked("blog_restoring", FILLING, service="blog"),
                                  marked("shop_restoring", COMPLETE, "20261127T000000Z")])
def test_what_a_killed_restore_half_filled_is_dropped(left: Found) -> None:
    plan = planned(wanted(), LIVE, left)
    assert plan.drop == (left.name,) and plan.fill


def test_what_it_filled_whole_is_used() -> None:
    plan = planned(wanted(), LIVE, marked("shop_restoring", COMPLETE))
    assert plan.drop == () and not plan.fill and plan.exchange


@pytest.mark.parametrize("stranger", [
    Found("shop_restoring", False, False, mark(FILLING, "shop", STAMP)),  # its owner wrote that
    Found("shop_restoring", True), Found("shop_restoring", False, True), Found("shop_restoring", True, False, "my own")])
def test_a_database_that_is_not_ours_is_not_touched(stranger: Found) -> None:
    with pytest.raises(BackupError, match="no restore made"):
        planned(wanted(), LIVE, stranger)


def test_a_copy_of_that_name_is_not_overwritten() -> None:
    with pytest.raises(BackupError, match="no restore made"):
        planned(wanted(BESIDE), LIVE, Found("shop_restored_20261128_021500", True))
    with pytest.raises(BackupError, match="run again in a second"):
        planned(wanted(), LIVE, Found("shop_before_20261128_180005", True))


def test_done_is_done_unless_it_is_wanted_again() -> None:
    assert planned(wanted(), marked("shop", RESTORED, ours=False)).done
    assert not planned(wanted(again=True), marked("shop", RESTORED, ours=False)).done
    assert not planned(wanted(), marked("shop", RESTORED, "20261127T000000Z", ours=False)).done
    assert planned(wanted(BESIDE), LIVE, marked("shop_restored_20261128_021500", RESTORED)).done


def test_the_exception_is_what_the_matrix_takes() -> None:
    text = restore_plan.exceptions("voice-ninja.com", "shop_before_x", datetime.date(2026, 11, 28), "copy before it")
    assert yaml.safe_load(text) == {"voice-ninja.com": {"exceptions": [
        {"rule": "database-unallocated", "object": "shop_before_x", "reason": "copy before it", "expires": "2026-12-28"}]}}

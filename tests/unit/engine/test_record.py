"""Records behave as frozen dataclasses do, and everything that each run imports is one."""

# pylint: disable=invalid-field-call  # a record is a dataclass
from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.record import Sortable, record
from ansible_collections.bbworlds.good_neighbor.plugins.plugin_utils.sources import ROOT, needed
from hypothesis import given
from hypothesis import strategies as st


def class_of(maker: Any, **options: bool) -> Any:
    """A class, made by one of the two."""

    @maker(frozen=True, **options)
    class Room(Sortable):
        house: str
        number: int = 0
        note: str = field(default="", compare=False)
        key: str = field(default="", repr=False)

    return Room


SLOTS = pytest.mark.parametrize("slots", [False, True])
VALUES = st.tuples(st.sampled_from("ab"), st.integers(0, 2), st.sampled_from("xy"), st.sampled_from("kl"))


@SLOTS
@given(one=VALUES, other=VALUES)
def test_they_are_equal_sorted_and_shown_alike(one: tuple[Any, ...], other: tuple[Any, ...], *, slots: bool) -> None:
    told = []
    for maker in (record, dataclass):
        made = class_of(maker, slots=slots)
        first, second = made(*one), made(*other)
        assert hash(first) == hash(made(*one)) and first == made(*one) and len({first, made(*one), second}) in (1, 2)
        told.append((first == second, first != second, first < second, repr(first), len({first, second}), hash(first)))
    assert told[0] == told[1]


@SLOTS
def test_what_works_on_dataclasses_works_on_them(*, slots: bool) -> None:
    made = class_of(record, slots=slots)
    room = made("inn", key="brass")
    assert [one.name for one in fields(room)] == ["house", "number", "note", "key"]
    assert replace(room, number=3) == made("inn", 3, key="brass")
    assert asdict(room) == {"house": "inn", "number": 0, "note": "", "key": "brass"}
    assert hasattr(room, "__dict__") is not slots
    assert made.__match_args__ == ("house", "number", "note", "key")
    assert "brass" not in repr(room)


def test_two_classes_with_the_same_values_differ() -> None:
    assert class_of(record)("inn") != class_of(record)("inn")


def test_what_a_class_says_itself_counts() -> None:
    @record(frozen=True)
    class Quiet:
        word: str

        def __repr__(self) -> str:
            return "quiet"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 1

    assert (repr(Quiet("a")), Quiet("a") == Quiet("b"), hash(Quiet("a"))) == ("quiet", True, 1)


def test_what_every_run_imports_is_a_record() -> None:
    kept = [name for name in needed("face.py") if "@dataclass(" in (ROOT / name).read_text()]
    assert kept == []

"""The reader of queries overlooks nothing."""

from __future__ import annotations

import pytest

from .queries import Asked, asked, missing

DELIVERED: dict[str, set[str]] = {"a": {"x"}, "b": set(), "c": {"y"}}


@pytest.mark.parametrize("query", [
    'sum by (x) (a{x="1"} offset 1h) > on () group_left b', 'absent(a{x!="1"}) or (b + 1)', "-a unless rate(b[5m])",
    'histogram_quantile(0.9, sum(rate(a{x=~"1"}[5m] offset 1h))) and b', "topk(scalar(b), a)", "max_over_time(a[1h:1m]) - b",
    'predict_linear(a{x!~"1"}[6h], 86400) < bool b', 'label_replace(a, "z", "$1", "x", "(.*)") * b',
])
def test_every_series_of_a_query_is_found(query: str) -> None:
    assert {one.name for one in asked(query)} == {"a", "b"}
    assert missing(query, DELIVERED) == []


def test_labels_are_found_too() -> None:
    assert asked('c{y="1",z!~"2"}') == [Asked("c", frozenset({"y", "z"}))]


@pytest.mark.parametrize(("query", "told"), [
    ("rate(nothing[5m]) > 0", ["nobody delivers nothing"]),
    ('a{x="1"} + c{x="1",server="s",job="j"}', ["c has no label x"]),
])
def test_what_nobody_delivers_is_told(query: str, told: list[str]) -> None:
    assert missing(query, DELIVERED) == told


def test_what_is_no_query_is_an_error() -> None:
    with pytest.raises(ValueError, match="."):
        asked("sum by (a")

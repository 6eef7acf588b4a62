"""What a query asks for: read with a parser of PromQL, not with patterns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import promql_parser as promql

OF_PROMETHEUS = frozenset({"job", "instance", "server", "le"})  # `server`: the label of all our targets
OF_ALERTS = frozenset({"alertname", "alertstate", "severity", "service", "role"})  # ALERTS is Prometheus' own
PARTS = ("lhs", "rhs", "expr", "param", "vector_selector")


@dataclass(frozen=True)
class Asked:
    """One series that is asked for, and the labels by which it is chosen."""

    name: str
    labels: frozenset[str]


def asked(query: str) -> list[Asked]:
    """All of a query. Raises ValueError where it is none."""
    return list(_within(promql.parse(query)))


def _within(part: object) -> Iterator[Asked]:
    if isinstance(part, promql.VectorSelector):
        yield Asked(part.name, frozenset(matcher.name for matcher in part.matchers.matchers))
        return
    for one in [*(getattr(part, name, None) for name in PARTS), *getattr(part, "args", [])]:
        if one is not None and type(one).__module__ == type(part).__module__:
            yield from _within(one)


def missing(query: str, delivered: Mapping[str, set[str]]) -> list[str]:
    """What the query asks for and nobody delivers. `delivered`: labels by metric."""
    found = []
    for one in asked(query):
        if one.name not in delivered:
            found.append(f"nobody delivers {one.name}")
            continue
        labels = one.labels - delivered[one.name] - OF_PROMETHEUS
        found += [f"{one.name} has no label {label}" for label in sorted(labels)]
    return found

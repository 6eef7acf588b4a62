"""What the matrix promises, as metrics."""

from __future__ import annotations

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring import promised, watch
from unit.report.worlds import SERVER, matrix


def test_every_service_is_told_and_what_is_active_has_limits_and_a_target() -> None:
    found = promised.samples(matrix(), SERVER)
    told = {
        (sample.name.removeprefix("good_neighbor_"), labels["service"], labels.get("role", "")): sample.value
        for sample in found
        for labels in [dict(sample.labels)]
    }
    assert told == {
        ("service_info", "bob_gpt", ""): 1,
        ("connection_limit", "bob_gpt", "voice_ninja_user"): 10,
        ("connection_limit", "bob_gpt", "voice_ninja_analytics"): 3,
        ("latency_target_seconds", "bob_gpt", ""): 0.05,
        ("service_info", "nexus", ""): 1,
        ("connection_limit", "nexus", "nexus_user"): 50,
        ("latency_target_seconds", "nexus", ""): 0.01,
        ("service_info", "bbworlds_api", ""): 1,
        ("service_info", "auth", ""): 1,
    }
    assert dict(found[0].labels) == {
        "server": SERVER,
        "service": "bob_gpt",
        "database": "voice_ninja",
        "title": "Bob GPT",
        "owner": "voice_ninja_user",
        "status": "active",
        "backup": "critical",
    }


def test_the_watch_explains_them() -> None:
    assert promised.HELPS.items() <= watch.HELPS.items()

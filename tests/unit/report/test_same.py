"""HTML and Markdown tell the same, word by word; whatever a name holds, it stays text in both."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.parse import parse
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.secrets import without_secrets
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.build import document
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.facts import Facts
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.html import html
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.markdown import markdown

from .reading import Page, shown
from .worlds import RAW, SERVER, broken, database, entry, facts, health, matrix, samples, table, violation, well

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a | b | c",
    "](javascript:alert(1))",
    "`` ` ```",
    "{{ 7 * 7 }}",
    "a\nb\r\n\n# c",
    "\u202eevil",
    "https://evil.example/x",
    "www.evil.example",
    "me@evil.example",
    "&lt;b&gt; &amp;",
    '" onload="x',
    "***",
    "1. one",
    "- two",
    "    code",
    "\\",
    "[x]: http://y",
    "<!--",
    "~~x~~",
    "$x$",
    "x" * 63,
    "]]>",
    "'",
    "\x1b[2J",
)


def worlds() -> dict[str, Facts]:
    """Each kind of state that a page can tell."""
    planted = broken(
        violation(
            "database-public-connect",
            "critical",
            "PUBLIC may enter voice_ninja.",
            database="voice_ninja",
            remedy=['REVOKE CONNECT ON DATABASE "voice_ninja" FROM PUBLIC'],
        ),
        violation("x-none", "low", "A table.", remedy_kind="manual", state="excepted"),
        *(
            violation("limit-role", "high", f"Role {number} has no limit.", remedy=[f"ALTER ROLE r{number}"])
            for number in range(50)
        ),
        entries=(entry("bob", "voice_ninja"), entry("eve", "bbworlds_nexus", limit=None)),
        public=("voice_ninja",),
    )
    backed = samples(
        "bob_gpt", backup_success=1, backup_last_success_timestamp_seconds=1769850000, backup_size_bytes=52_428_800
    )
    unmeasured = well()
    unmeasured = replace(unmeasured, more={**unmeasured.more, "latency": {"missing": "library", "since": None, "times": []}})
    two = Facts(
        matrix(**{"other.example": {"mode": "audit", "max_connections": 50, "maintenance_connections": 5}}), {SERVER: well()}
    )
    return {
        "well": facts(),
        "broken": facts(planted, backed),
        "unmeasured": facts(unmeasured),
        "unread": two,
        "hostile": hostile(),
        "none": Facts(matrix(), {}),
    }


def hostile() -> Facts:
    """Every text that a server returns is somebody's attempt."""
    rows = [database(None, name, None, "unallocated") for name in HOSTILE]
    server = broken(
        *(
            violation(
                "x-y",
                "high",
                f"Table public.{name} is misplaced.",
                database=name,
                object=name,
                role=name,
                remedy=[f"DROP {name}"],
            )
            for name in HOSTILE
        ),
        entries=tuple(entry(name, "voice_ninja", name) for name in HOSTILE),
    )
    judged = {**server.judged, "databases": [*server.judged["databases"], *rows]}
    state = health("voice_ninja", "bbworlds_nexus", "postgres", *HOSTILE, tables=[table(name, name) for name in HOSTILE])
    state["unread"] = [{"database": name, "reason": name} for name in HOSTILE]
    return facts(replace(server, judged=judged, health=state))


@pytest.mark.parametrize("name", worlds())
def test_both_tell_the_same(name: str) -> None:
    made = document(worlds()[name])
    page, text = Page(html(made)), shown(markdown(made))
    assert len(page.words) > 100
    assert page.figures == text.figures
    assert page.words == text.words


def test_names_are_never_markup() -> None:
    clean, made = document(facts()), document(hostile())
    page, text = Page(html(made)), shown(markdown(made))
    assert set(page.tags) - set(Page(html(clean)).tags) <= {"article", "h3", "pre"}
    assert "a" not in text.tags
    assert not {"script", "img", "del"} & set(page.tags + text.tags)
    assert not [name for _tag, name, _value in page.attributes + text.attributes if name.startswith("on")]
    assert all(value.startswith("#") for _tag, name, value in page.attributes if name in ("href", "src", "xlink:href"))
    assert not re.search("[\u202e\x1b\x00-\x08]", html(made) + markdown(made))
    assert "".join(page.words).count("<script>alert1</script>") == "".join(text.words).count("<script>alert1</script>") > 5
    bare = re.sub(r"(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)", "", markdown(made), flags=re.DOTALL)  # code spans link to nothing
    assert not re.search(r"(?i)https?:|\bwww\.|\w@", bare)


def test_the_page_needs_and_runs_nothing() -> None:
    page = html(document(facts()))
    assert "default-src 'none'" in page
    assert not re.search(r"<(?:script|link|iframe|object|img)|@import|url\((?!#)|https?://(?!poqpoq\.com)", page)
    found = Page(page)
    ids = [value for _tag, name, value in found.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    aims = [
        word
        for _tag, name, value in found.attributes
        if name in ("aria-labelledby", "aria-describedby")
        for word in value.split()
    ]
    aims += [value[1:] for tag, name, value in found.attributes if (tag, name) == ("a", "href")]
    assert set(aims) <= set(ids)
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)


def test_no_secret_gets_in() -> None:
    rows = [without_secrets(row) for row in RAW["good_neighbor_allocation"]]
    rows[1]["password"] = "fake-Hb7qWz2mKx9vTn4c"
    made = document(Facts(parse(RAW["good_neighbor_servers"], rows, secrets_withheld=True), {SERVER: well()}))
    assert rows[1]["service"] == "nexus"
    assert rows[1]["password"] not in html(made) + markdown(made) + repr(made)

"""The draft's YAML says what was meant, to Ansible too; comments stay comments."""

from __future__ import annotations

from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.adopt.text import comment, draft_text, scalar
from hypothesis import given
from hypothesis import strategies as st

# what PostgreSQL takes in a name and YAML in a stream
NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1)
ODD = [
    "yes",
    "NO",
    "null",
    "~",
    "1",
    "1e3",
    "0x1f",
    "2026-11-28",
    "a: b",
    "- a",
    "# a",
    "'",
    '"',
    "\\",
    "{{ x }}",
    "{% x %}",
    "{# x #}",
    "@a",
    "`a`",
    "%a",
    "!a",
    "&a",
    "*a",
    "|",
    ">",
    "",
    " a ",
    "a\nb",
    "\u2028",
    "\ufeff",
    "\x85",
    "<<",
    "=",
]
EMPTY: dict[str, Any] = {
    "name": "s.example",
    "notes": [],
    "homeless": [],
    "rows": [],
    "system_roles": [],
    "server": None,
    "baseline": [],
}


def read(text: str) -> Any:
    """As Ansible reads it; templates in the matrix are resolved by the task, and marked ones never."""
    return DataLoader().load(text)


@given(NAMES)
def test_any_name(name: str) -> None:
    assert read(f"{scalar('key')}: {scalar(name)}")["key"] == name


def test_odd_words() -> None:
    for word in ODD:
        assert read(f"- {scalar(word)}")[0] == word, word
        assert isinstance(read(f"- {scalar(word)}")[0], str), word


def test_templates_are_ours_alone() -> None:
    assert scalar("{{ vault_nexus_user }}") == '"{{ vault_nexus_user }}"'
    for word in ("{{ lookup('pipe', 'id') }}", "{% x %}", "{# x #}", "{{ vault_x }}{{ y }}"):
        assert scalar(word).startswith("!unsafe ")


@given(st.lists(NAMES, min_size=1))
def test_no_name_ends_a_comment(names: list[str]) -> None:
    lines = "\n".join(comment(*names, indent="  ", mark="- ")).splitlines()
    assert all(line.startswith("  # ") or not line.strip() for line in lines)


@given(NAMES, NAMES)
def test_whatever_is_in_it_it_is_yaml(name: str, other: str) -> None:
    keys = {
        "service": name,
        "tables": [other] * 40,
        "settings": {other: name},
        "readers": [{"role": other, "password": name}],
    }
    violation = {"severity": "high", "rule": "role-missing", "remedy_kind": "safe", "message": name, "remedy": [other] * 9}
    draft = {
        **EMPTY,
        "notes": [name],
        "homeless": [other],
        "rows": [{"keys": keys, "notes": [name]}] * 2,
        "server": {"keys": {"mode": "audit", "hba": [name]}, "notes": [other]},
        "system_roles": [{"keys": {"role": other}, "notes": [name]}],
        "baseline": [name],
    }
    found = read(draft_text(draft, [violation], f"/{name}", merged=False))
    assert found == {
        "good_neighbor_servers": {"s.example": {"mode": "audit", "hba": [name], "system_roles": [{"role": other}]}},
        "good_neighbor_allocation": [keys, keys],
        "good_neighbor_baseline": [name],
    }


def test_nothing_to_draft() -> None:
    text = draft_text(EMPTY, [], "/draft.yml", merged=True)
    assert yaml.safe_load(text) is None
    assert "no violation" in text

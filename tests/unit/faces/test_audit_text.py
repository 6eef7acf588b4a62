"""The audit as text: by cause, worst first, each with what to type; nothing that stands goes missing."""

from __future__ import annotations

import json
import shlex

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.audit_text import (
    COSTS,
    Command,
    audit_text,
    databases_text,
    run_text,
)
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.rules.registry import RULES
from ansible_collections.bbworlds.good_neighbor.plugins.plugin_utils.invocation import words

PUBLIC_CONNECT = RULES["database-public-connect"]


def violation(rule: str, severity: str, message: str, kind: str = "safe", state: str = "open",
              remedy: tuple[str, ...] = ()) -> dict[str, object]:
    """A violation as the modules return it."""
    return {"rule": rule, "severity": severity, "remedy_kind": kind, "server": "db1", "service": None, "database": None,
            "role": None, "object": None, "message": message, "remedy": list(remedy), "state": state}


FOUND = {
    "compliant": False,
    "violations": [
        violation("x-limit", "medium", "nexus has no limit.", remedy=("ALTER DATABASE nexus CONNECTION LIMIT 50",)),
        violation("database-public-connect", "critical", "Everybody may enter nexus."),
        violation("database-public-connect", "critical", "Everybody may enter memory.", state="deferred"),
        violation("no-such-rule", "high", "A game table lies in memory.", kind="manual"),
        violation("unknown-login", "high", "A stranger may log in.", kind="disruptive"),
        violation("owner-database", "high", "Ended.", state="remedied"),
        violation("schema-table", "low", "A table that no row names.", state="excepted"),
    ],
}


def test_causes_stand_worst_first_each_with_what_to_type() -> None:
    text = audit_text("db1", FOUND, Command(("inventories/production",), "audit", ("safe",)), 1000)
    assert text == f"""\
db1: NOT COMPLIANT. 5 violations: 2 critical, 2 high, 1 medium

CRITICAL  database-public-connect (2 places)
  {PUBLIC_CONNECT.what} {PUBLIC_CONNECT.why}
  - Everybody may enter memory. [deferred]
  - Everybody may enter nexus.
  To end it (reversible, loses nothing, ends no session):
    ansible-playbook -i inventories/production bbworlds.good_neighbor.site -e good_neighbor_mode=enforce

HIGH  no-such-rule
  - A game table lies in memory.
  For a human to decide, as said above; no run changes it.

HIGH  unknown-login
  - A stranger may log in.
  To end it (ends sessions, or takes a login or a working password away):
    ansible-playbook -i inventories/production bbworlds.good_neighbor.site -e good_neighbor_mode=enforce \
-e '{{"good_neighbor_remedies": ["safe", "disruptive"]}}'

MEDIUM  x-limit
  - nexus has no limit.
      ALTER DATABASE nexus CONNECTION LIMIT 50;
  To end it (reversible, loses nothing, ends no session):
    ansible-playbook -i inventories/production bbworlds.good_neighbor.site -e good_neighbor_mode=enforce

ACCEPTED for a time, by the server's exceptions
  schema-table: A table that no row names."""


def test_what_is_new_stands_first() -> None:
    rows = [{**row, "new": row["rule"] == "x-limit" or "memory" in str(row["message"])} for row in FOUND["violations"]]
    text = audit_text("db1", {"compliant": False, "violations": rows, "last_audit": "2026-11-27T03:00+01:00", "ended": 2},
                      Command())
    lines = [line for line in text.splitlines() if line and line[0] != " "]
    assert lines == [
        "db1: NOT COMPLIANT. 5 violations: 2 critical, 2 high, 1 medium",
        "Since the audit of 2026-11-27 03:00+01:00: 3 new, 2 ended.",
        "NEW SINCE THEN", "--------------",
        "CRITICAL  database-public-connect", "HIGH  no-such-rule", "MEDIUM  x-limit",
        "AS BEFORE", "---------",
        "CRITICAL  database-public-connect", "HIGH  unknown-login",
        "ACCEPTED for a time, by the server's exceptions"]


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_it_fits_the_terminal_and_what_is_typed_stays_whole(columns: int) -> None:
    text = audit_text("db1", FOUND, Command(("inventories/production",)), columns)
    for line in text.splitlines():
        assert len(line) <= columns or line.startswith(("    ansible-playbook ", "      "))
    typed = [line for line in text.splitlines() if "ansible-playbook" in line]
    assert [shlex.split(line)[:4] for line in typed] == [
        ["ansible-playbook", "-i", "inventories/production", "bbworlds.good_neighbor.site"]] * 3


def test_the_command_has_what_this_call_had() -> None:
    given = {"vault_password_files": ["it's here"], "ask_vault_pass": True, "extra_vars": ["@vars.yml", "secret=x"],
             "connection": "ssh", "remote_user": "joe", "inventory": ["x"], "vault_ids": []}
    command = Command(("hosts",), options=tuple(words(given)), limit="db 1").ending("safe")
    assert command == ("ansible-playbook -i hosts --vault-password-file 'it'\"'\"'s here' --ask-vault-pass --user joe "
                       "-e @vars.yml --limit 'db 1' bbworlds.good_neighbor.site -e good_neighbor_mode=enforce")


def test_many_places_and_statements_are_counted() -> None:
    rows = [violation("owner-table", "high", f"Table t{number:02} belongs to postgres.", remedy=(f"ALTER TABLE t{number}",))
            for number in range(20)]
    text = audit_text("db1", {"compliant": False, "violations": rows}, Command(mode="enforce"))
    assert "owner-table (20 places)" in text
    assert "  - and 8 more of this kind" in text
    assert "      and 17 more statements" in text


def test_a_compliant_server_is_one_line() -> None:
    assert audit_text("db1", {"compliant": True, "violations": []}, Command()) == "db1: compliant"
    low = {"compliant": True, "violations": [violation("schema-table", "low", "A table that no row names.")]}
    assert audit_text("db1", low, Command()).startswith("db1: compliant. 1 violation: 1 low\n")


@pytest.mark.parametrize("kind", COSTS)
def test_the_command_adds_only_what_is_not_so_yet(kind: str) -> None:
    words = shlex.split(Command(("a b", "c"), "audit", ("safe",)).ending(kind))
    assert words[:7] == ["ansible-playbook", "-i", "a b", "-i", "c", "bbworlds.good_neighbor.site", "-e"]
    assert words[7] == "good_neighbor_mode=enforce"
    allowed = json.loads(words[9])["good_neighbor_remedies"] if len(words) > 8 else ["safe"]
    assert kind in allowed
    assert Command((), "enforce", tuple(COSTS)).ending(kind) == "ansible-playbook bbworlds.good_neighbor.site"


def test_a_message_cannot_move_the_cursor() -> None:
    row = violation("database-name", "high", "a\x1b[2J\nb", remedy=("x\x07",))
    text = audit_text("db1", {"compliant": False, "violations": [row]}, Command())
    assert "  - a?[2J?b" in text
    assert "      x?;" in text


def test_a_run_in_check_mode_tells_its_statements() -> None:
    result = {"changed": True, "statements": ["CREATE ROLE a", "GRANT b"], "violations": [
        violation("owner-database", "high", "x", state="remedied")]}
    assert run_text("db1", result, check_mode=True) == (
        "db1: 2 statements, 1 violation would be ended; nothing was executed\n  CREATE ROLE a;\n  GRANT b;")
    assert run_text("db1", result, check_mode=False) == "db1: 2 statements, 1 violation ended"
    assert run_text("db1", {**result, "changed": False}, check_mode=False) == "db1: nothing to change"


def test_the_matrix_is_a_table() -> None:
    assert databases_text([
        {"service": "nexus", "database": "bbworlds_nexus", "declared": "active", "observed": "needs_creation",
         "owner": "nexus_user", "size_bytes": None, "connections": None, "connection_limit": 50},
        {"service": None, "database": "strange", "declared": None, "observed": "unallocated", "owner": "joe",
         "size_bytes": 8_000_000, "connections": 3, "connection_limit": None},
    ]) == """\
service  database        declared  observed        owner         size  connections  limit
nexus    bbworlds_nexus  active    needs_creation  nexus_user       -            -     50
-        strange         -         unallocated     joe         7.6 MB            3      -"""

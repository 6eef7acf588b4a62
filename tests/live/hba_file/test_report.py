"""What the report tells of a server that somebody made by hand, and what it must not tell."""

from __future__ import annotations

import json

from live.postgres import major

from .conftest import IDENT, OPERATOR, PASSWORD, Inn, wanted

SECRET = "fake-ldap-secret-5"


def test_a_server_made_by_hand(inn: Inn) -> None:
    inn.cluster.access([
        OPERATOR, "host kitchen kitchen_owner 127.0.0.1/32 md5", "host all all 10.0.0.0 255.0.0.0 trust",
        "host kitchen,gallery +watcher samenet scram-sha-256", "local all watcher peer"],
        [*IDENT, "admin nightwatch postgres"])
    before = inn.hba_file.read_bytes()
    told = inn.run(mode="report")
    assert (told["changed"], told["as_wanted"]) == (False, False)
    assert inn.hba_file.read_bytes() == before
    found = [(one["severity"], one["kind"], one["line"]) for one in told["differences"]]
    assert found[:2] == [("critical", "wider", 3), ("critical", "identity", len(IDENT) + 1)]
    assert ("medium", "wider", 2) in found
    missing = {one["text"] for one in told["differences"] if one["kind"] == "missing"}
    assert "host replication replica 127.0.0.1/32 scram-sha-256" in missing
    assert "local all watcher peer" not in missing
    assert told["report"].startswith(f"{inn.hba_file} against the allocation matrix: ")
    # the worst first
    order = [one["severity"] for one in told["differences"]]
    assert order == sorted(order, key=["critical", "high", "medium", "low"].index)


def test_who_is_connected_and_who_would_be_refused(inn: Inn) -> None:
    guests = [inn.cluster.login(role, PASSWORD, database) for role, database in (
        ("kitchen_owner", "kitchen"), ("kitchen_owner", "kitchen"), ("kitchen_owner", "gallery"), ("cook", "postgres"))]
    told = inn.run(mode="report")
    for guest in guests:
        guest.close()
    found = {(one["role"], one["database"], one["client_addr"]): (one["count"], one["refused"])
             for one in told["connections"] if one["role"] != "postgres"}
    assert found == {("kitchen_owner", "kitchen", "127.0.0.1"): (2, False),
                     ("kitchen_owner", "gallery", "127.0.0.1"): (1, True), ("cook", "postgres", "127.0.0.1"): (1, True)}
    assert [one["refused"] for one in told["connections"]][:3] == [True, True, False]
    assert "cook" in told["report"] and "would be refused" in told["report"]


def test_secrets_are_shown_nowhere(inn: Inn) -> None:
    lines = [f'host all all 10.1.0.0/16 radius radiusservers=10.1.0.1 radiussecrets="{SECRET}"']
    inn.cluster.access([OPERATOR, *lines], IDENT)
    broken = f'host all all 10.2.0.0/16 radius radiusservers="a b c" radiussecrets={SECRET},{SECRET}'
    told = inn.run(hba=wanted(broken)["hba"])
    assert SECRET not in json.dumps(told), told
    assert told["failed"]
    made = inn.run(hba=wanted(lines[0].replace("10.1.", "10.2."))["hba"])
    assert made["changed"] and SECRET not in json.dumps(made)
    assert "radiussecrets=********" in made["diff"][-1]["before"]
    assert "radiussecrets=********" in made["diff"][-1]["after"]
    assert SECRET in inn.hba_file.read_text()
    assert inn.hba_file.stat().st_mode & 0o007 == 0


def test_a_file_of_another_alphabet(inn: Inn) -> None:
    inn.hba_file.write_bytes(b"# caf\xe9\n" + inn.hba_file.read_bytes())
    made = inn.run()
    assert made["changed"] and "caf\N{REPLACEMENT CHARACTER}" in made["diff"][-1]["before"]


def test_included_files_are_told(inn: Inn) -> None:
    (inn.cluster.data / "more.conf").write_text("host all all 10.3.0.0/16 trust\n")
    inn.cluster.access([OPERATOR, "include more.conf"], IDENT)
    told = inn.run(mode="report")
    if major() < 16:
        assert ("critical", "broken", 2) in [(one["severity"], one["kind"], one["line"]) for one in told["differences"]]
    else:
        found = [(one["kind"], one["line"], one["file"]) for one in told["differences"] if one["kind"] != "missing"]
        assert found == [("wider", 1, str(inn.cluster.data / "more.conf")), ("included", 2, "")]
    assert "include more.conf" in told["report"]


def test_a_line_for_tls_without_tls(inn: Inn) -> None:
    made = inn.run(**wanted(address="10.4.0.0/16"))
    assert [(one["kind"], one["text"].split()[0]) for one in made["differences"] if one["kind"] == "shut"] == [
        ("shut", "hostssl")] * 2
    assert [row for row in inn.rules() if row[1] == "hostssl" and not row[3]] == []
    again = inn.run(**wanted(address="10.4.0.0/16"))
    assert (again["changed"], again["as_wanted"]) == (False, True)
    assert {one["kind"] for one in again["differences"]} == {"shut"}

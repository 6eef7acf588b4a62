"""A server that does not run, or lets nobody in: the files are checked and put in their place all the same."""

from __future__ import annotations

import json

import psycopg2
from live.postgres import programs

from .conftest import IDENT, OPERATOR, PASSWORD, Inn, wanted


def places(inn: Inn) -> dict[str, str]:
    """What the server would tell."""
    return {"hba_file": str(inn.hba_file), "ident_file": str(inn.ident_file), "bindir": str(programs()[1])}


def test_a_server_that_does_not_run(inn: Inn) -> None:
    inn.cluster.access(["host all all 127.0.0.1/32 trust"], IDENT)
    inn.cluster.stop()
    try:
        assert "hba_file, ident_file and bindir must say" in inn.run()["msg"]
        told = inn.run(mode="report", **places(inn))
        assert [one["severity"] for one in told["differences"]][0] == "critical"
        refused = inn.run(**{**places(inn), "hba": wanted()["hba"] + "host all nobody\n"})
        assert "end-of-line before IP address specification" in refused["msg"]
        made = inn.run(**places(inn))
        assert (made["changed"], made["connections"], made.get("warnings")) == (True, [], None)
        assert inn.run(**places(inn))["as_wanted"]
    finally:
        inn.cluster.start()
    assert inn.run()["as_wanted"]
    inn.cluster.login("cook", PASSWORD, "kitchen").close()


def test_a_server_that_lets_nobody_in(inn: Inn) -> None:
    try:
        inn.cluster.access(["local all nobody_at_all peer"], IDENT)
    except psycopg2.OperationalError as error:
        assert "no pg_hba.conf entry" in str(error)
    inn.cluster.restart()
    try:
        assert "no pg_hba.conf entry" in inn.run()["msg"]
        made = inn.run(**places(inn))
        assert made["changed"] and "reload it:" in json.dumps(made["warnings"])
    finally:
        inn.hba_file.write_text(f"{OPERATOR}\n{inn.hba_file.read_text()}")
        inn.cluster.restart()
    inn.cluster.admin().close()

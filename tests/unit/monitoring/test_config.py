"""What the programs on a database host are told of the matrix: what they judge by, no secret, and nothing of others."""

from __future__ import annotations

import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.bbworlds.good_neighbor.plugins.filter.check_config import check_config, watch_config
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.parse import parse
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.monitoring import config
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.files import checksum
from ansible_collections.bbworlds.good_neighbor.plugins.plugin_utils import program_file
from unit.report.worlds import RAW, SERVER

ROOT = Path(__file__).resolve().parents[3]
PLACE = {"directory": "/var/lib/somewhere", "socket": "/run/postgresql", "role": "postgres"}
PLANTED = "fake-planted-Xk3vQ9"
ROW = {"service": "other", "server": "other.example", "database": "other_db", "owner": "other_user", "purpose": "a neighbor",
       "status": "active", "connection_limit": 3, "backup": "important"}


def planted() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The policy's matrix and another server, with a secret wherever one may stand."""
    servers, rows = deepcopy(RAW["good_neighbor_servers"]), deepcopy(RAW["good_neighbor_allocation"])
    servers["poqpoq.com"]["api_url"] = f"https://us:{PLANTED}-url@poqpoq.com"
    servers["other.example"] = {"mode": "audit", "max_connections": 50, "maintenance_connections": 5,
                                "hba": [f"host all all ::1/128 ldap ldapbindpasswd={PLANTED}-hba"]}
    rows.append({**ROW, "password": f"{PLANTED}-other-password", "settings": {"search_path": f"{PLANTED}-setting"}})
    for number, row in enumerate(rows):
        for part in (row, *row.get("logins", ()), *row.get("readers", ())):
            if "password" in part:
                part["password"] = f"{PLANTED}-{number}-{len(part)}-password"
        for file in row.get("env_files", ()):
            file["reload"] = f"curl -u me:{PLANTED}-reload https://localhost/reload"
    return servers, rows


def made(name: str = "check") -> str:
    """The configuration of a program."""
    servers, rows = planted()
    if name == "check":
        return check_config(rows, servers, SERVER, PLACE, playbook=str(ROOT / "playbooks"), baseline=["bob_gpt"])
    return watch_config(rows, servers, SERVER, PLACE)


@pytest.mark.parametrize("name", ["check", "watch"])
def test_no_secret_is_in_it(name: str) -> None:
    assert json.dumps(planted()).count(PLANTED) > 9
    text = made(name)
    assert PLANTED not in text and "password" not in text


def test_what_is_judged_is_the_same_matrix() -> None:
    known = config.from_json(made())
    servers, rows = planted()
    whole = parse(servers, rows).server(SERVER)
    assert known.matrix.server(SERVER) == whole
    assert [(row.service, row.tables, row.settings, row.readers) for row in known.matrix.on(SERVER)] == [
        (row.service, row.tables, row.settings, tuple(type(one)(one.role, one.connection_limit) for one in row.readers))
        for row in parse(servers, rows).on(SERVER)]
    assert (known.baseline, known.port, known.metrics("check")) == (
        ("bob_gpt",), 5432, Path("/var/lib/somewhere/public/good_neighbor_check.prom"))
    files = {path: checksum((ROOT / path).read_text()) for row in known.matrix.on(SERVER) if row.status == "active"
             for path in row.schema_files}
    assert files and known.schema_files == files


def test_the_watch_knows_of_its_own_server_alone() -> None:
    known = config.from_json(made("watch"))
    assert list(known.servers) == [SERVER] and {row["server"] for row in known.rows} == {SERVER}
    assert {key for row in known.rows for key in row}.isdisjoint({"settings", "client_addresses", "schema_files"})


def test_a_password_that_is_not_there_yet_is_nobodys_fault() -> None:
    rows = RAW["good_neighbor_allocation"]
    assert "vault_" in json.dumps(rows)
    assert "vault_" not in check_config(rows, RAW["good_neighbor_servers"], SERVER, PLACE, playbook=str(ROOT / "playbooks"))


def test_a_wrong_matrix_is_told() -> None:
    servers, rows = planted()
    with pytest.raises(AnsibleFilterError, match="poqpoq.com is no managed server"):
        watch_config(rows, servers, "poqpoq.com", PLACE)
    rows[0]["schema_files"] = ["schemas/nowhere.sql"]
    with pytest.raises(AnsibleFilterError, match="schemas/nowhere.sql"):
        check_config(rows, servers, SERVER, PLACE, playbook=str(ROOT / "playbooks"))
    rows[0]["status"] = "somehow"
    with pytest.raises(AnsibleFilterError, match="bob_gpt: status"):
        watch_config(rows, servers, SERVER, PLACE)


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", '{"format": 1}', '{"format": 2}', '{"format": 1, "rows": 3}'])
def test_another_configuration_is_refused(text: str) -> None:
    with pytest.raises(GoodNeighborError, match="configuration"):
        config.from_json(text)


@pytest.mark.parametrize("entry", ["check_face", "watch_face"])
def test_the_programs_need_no_ansible_and_say_what_is_missing(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "program.pyz"
    path.write_bytes(program_file.build(f"monitoring.{entry}"))
    command = [sys.executable, "-I", "-S", path]
    assert "usage" in subprocess.run([*command, "--help"], capture_output=True, text=True, check=True, cwd="/").stdout
    done = subprocess.run([*command, "--config", tmp_path / "none"], capture_output=True, text=True, check=False, cwd="/")
    assert (done.returncode, done.stderr) == (1, "") and "No such file" in done.stdout
    (tmp_path / "check.json").write_text(made())
    once = ["--once"] if entry == "watch_face" else []
    command += ["--config", tmp_path / "check.json", *once]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert (done.returncode, done.stderr) == (1, "") and "psycopg2" in done.stdout

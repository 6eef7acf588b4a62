"""The role's variables are judged on the controller, all at once, and no private key is ever repeated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import config, planning, recipients, remote_file
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.planning import Wishes
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError

KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"  # of age's own documentation
OTHER = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"  # likewise
WISHES = Wishes(True, (KEY,), True, {}, "", ("copies",), "one", 14, 3, 0.5, 60, 360, "/var/run/postgresql")
ROLE = {"role": "gn_backup", "use": "backup", "connection_limit": 2, "client_addresses": ["local"]}


def servers(*roles: dict[str, Any]) -> dict[str, Any]:
    """One server with these system roles."""
    return {"one": {"mode": "enforce", "max_connections": 100, "maintenance_connections": 5, "system_roles": list(roles)}}


def row(service: str, **more: Any) -> dict[str, Any]:
    """A row of the matrix."""
    return {"service": service, "server": "one", "database": f"{service}_db", "owner": f"{service}_user", "purpose": "x",
            "status": "active", "connection_limit": 3, "backup": "important", **more}


ROWS = (row("a", backup="critical"), row("b"), {key: value for key, value in row("c", status="retired").items()
                                                if key != "connection_limit"}, row("d", status="planned"))


def planned(wishes: Wishes = WISHES, rows: Sequence[dict[str, Any]] = ROWS, *roles: dict[str, Any]) -> dict[str, Any]:
    """A plan."""
    return planning.plan(servers(*(roles or (ROLE,))), list(rows), "one", wishes)


def test_what_is_backed_up() -> None:
    found = planned()
    assert found["problems"] == [] and found["acts"]
    assert [(one["service"], one["offsite"]) for one in found["services"]] == [("a", True), ("b", False), ("c", False)]
    assert (found["remote"], found["role"], found["groups"]) == ("offsite:/data", "gn_backup", ["pg_read_all_data"])
    assert found["attributes"] == "BYPASSRLS,LOGIN"


def test_the_configuration_is_what_the_program_reads() -> None:
    read = config.from_json(planning.config(planned(), WISHES, [OTHER, KEY]).encode())
    assert read.recipients == (KEY, OTHER) and read.remote == "offsite:/data"
    assert [service.database for service in read.services] == ["a_db", "b_db", "c_db"]


@pytest.mark.parametrize(("change", "said"), [
    ({"offsite_hosts": ()}, "a are critical and have no place"), ({"offsite_hosts": ("x", "y")}, "one is used"),
    ({"offsite_hosts": ("one",)}, "the database host itself"), ({"remote": {"provider": "x"}}, "type is missing"),
    ({"remote": {"type": "s3", "key": "a\nb"}}, "line break"), ({"keep_days": 0}, "backups_keep_days"),
    ({"keep_least": 0}, "backups_keep_least"), ({"smallest_share": 1.5}, "from 0 to 1"), ({"longest": 0}, "backups_longest"),
    ({"recipients": ("age1short",)}, "entry 1 is no public key"), ({"recipients": (KEY, KEY[:-1] + "q")}, "entry 2 is no"),
    ({"recipients": (3,)}, "entry 1 is no public key"), ({"recipients": ("AGE-SECRET-KEY-1ABC",)}, "1 is a private key"),
])
def test_what_is_wrong_is_told(change: dict[str, Any], said: str) -> None:
    problems = planned(replace(WISHES, **change))["problems"]
    assert len(problems) == 1 and said in problems[0] and "1ABC" not in problems[0]


@pytest.mark.parametrize(("change", "said"), [
    ({"client_addresses": []}, "[local]"), ({"connection_limit": 1}, "two connections"), ({"role": "Back Up"}, "account")])
def test_what_is_wrong_with_the_role(change: dict[str, Any], said: str) -> None:
    (problem,) = planned(WISHES, ROWS, {**ROLE, **change})["problems"]
    assert said in problem
    (problem,) = planned(WISHES, ROWS, {**ROLE, "use": "monitoring"})["problems"]
    assert "none of its system_roles has use: backup" in problem


def test_all_is_told_at_once() -> None:
    assert len(planned(replace(WISHES, offsite_hosts=(), keep_days=0, recipients=("x",)))["problems"]) == 3


@pytest.mark.parametrize("wishes", [replace(WISHES, recipients=(), offsite_hosts=()), replace(WISHES, acts=False)])
def test_where_nothing_is_wanted_nothing_is_done_and_it_is_told(wishes: Wishes) -> None:
    found = planned(wishes)
    assert (found["acts"], found["problems"]) == (False, []) and found["remark"]


def test_nothing_leaves_where_nothing_may() -> None:
    found = planned(replace(WISHES, offsite=False, offsite_hosts=()))
    assert found["problems"] == [] and found["remote"] == "" and not found["carries"]
    assert planned(replace(WISHES, remote={"type": "s3"}, remote_path="b/c"))["remote"] == "offsite:b/c"


@pytest.mark.parametrize(("key", "right"), [
    (KEY, True), (OTHER, True), (KEY.upper(), False), (KEY[:-1], False), (KEY.replace("q", "z", 1), False), ("", False)])
def test_recipients(key: str, right: bool) -> None:
    assert recipients.is_recipient(key) is right


def test_rclones_file() -> None:
    text = remote_file.text(remote_file.sftp("10.0.0.1", 2222, "gn_offsite"))
    assert text.startswith("[offsite]\ntype = sftp\nhost = 10.0.0.1\nport = 2222\n") and "disable_hashcheck = true\n" in text


def test_known_hosts() -> None:
    facts = {"ssh_host_key_rsa_public": "AAA", "ssh_host_key_rsa_public_keytype": "ssh-rsa",
             "ssh_host_key_ed25519_public": "BBB", "ssh_host_key_ed25519_public_keytype": "ssh-ed25519"}
    hosts = {"a": {"ansible_host": "10.0.0.1", "ansible_facts": facts},
             "b": {"backups_address": "b.example", "backups_port": 2222, "ansible_facts": facts}, "c": {}}
    assert remote_file.known_hosts(["a", "b"], hosts).splitlines() == [
        f"{name} {key}" for name in ("10.0.0.1", "[b.example]:2222") for key in ("ssh-ed25519 BBB", "ssh-rsa AAA")]
    with pytest.raises(GoodNeighborError, match="c has told none"):
        remote_file.known_hosts(["c"], hosts)


def test_the_configuration_is_read_strictly() -> None:
    text = json.loads(planning.config(planned(), WISHES, []))
    for change in ({"recipients": []}, {"recipients": ["x"]}, {"more": 1}, {"format": 2}, {"keep_least": 0}):
        with pytest.raises(GoodNeighborError):
            config.from_json(json.dumps({**text, **change}).encode())

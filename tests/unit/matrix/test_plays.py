"""The same with ansible-playbook: nothing is asked of a host before the matrix is right, and no secret is shown."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import WRONG, Raw, changed, strings

ROOT = Path(__file__).parents[3]
PLAYBOOKS = ROOT / "playbooks"
OPTIONS = ("-i", "hosts.yml", "-e", "@cases.yml")
ROLES = ("auth_user", "nexus_user", "voice_ninja_analytics", "voice_ninja_user", "world_user")
SECRETS = [f"vault_{role}" for role in ROLES]


@contextmanager
def door() -> Iterator[tuple[int, list[str]]]:
    """A port of this machine, and the list of everybody who knocked. Nobody is answered."""
    knocked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        def listen() -> None:
            while True:
                try:
                    client, address = server.accept()
                except OSError:
                    return
                knocked.append(str(address))
                client.close()

        threading.Thread(target=listen, daemon=True).start()
        yield server.getsockname()[1], knocked
        server.shutdown(socket.SHUT_RDWR)


def play(folder: Path, playbook: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs a playbook as a user would, with nobody's own settings."""
    (folder / "ansible.cfg").write_text("[defaults]\ncallback_result_format = yaml\n")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    environment.update(
        ANSIBLE_CONFIG=str(folder / "ansible.cfg"), ANSIBLE_HOME=str(folder / "home"), ANSIBLE_NOCOLOR="1",
        ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".ansible" / "collections"), ANSIBLE_LOCALHOST_WARNING="0",
        ANSIBLE_REMOTE_TMP=str(folder / "remote"), ANSIBLE_SSH_CONTROL_PATH_DIR=str(folder / "cp"),
    )  # fmt: skip
    program = Path(sys.executable).parent / "ansible-playbook"
    return subprocess.run(
        [str(program), *options, str(playbook)], cwd=folder, env=environment, capture_output=True, text=True, timeout=300,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def tasks_for(number: int, modules: tuple[str, ...], port: int) -> list[dict[str, Any]]:
    """A task with the matrix of one case for each module; secrets come from variables, as they should."""
    return [
        {
            "name": f"{module} {number}",
            f"bbworlds.good_neighbor.{module}": {
                "servers": f"{{{{ case_{number}.servers }}}}", "allocation": f"{{{{ case_{number}.allocation }}}}",
                "server": "shelf.example", "login_host": "127.0.0.1", "login_port": port, "login_user": "postgres",
            },
            "check_mode": module == "allocation" and number % 2 == 0,
            "register": f"{module}_{number}",
            "ignore_errors": True,
        }
        for module in modules
    ]  # fmt: skip


def lay_out(folder: Path, matrices: list[Raw], ssh: int, postgresql: int, **host: str) -> Path:
    """A play that gives these matrices to both modules and keeps what they return in `results.json`."""
    file = folder / "schemas" / "recipes" / "001.sql"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("SELECT 1")
    modules = ("allocation_info", "allocation")
    cases = {f"case_{n}": {"servers": m.servers, "allocation": m.allocation} for n, m in enumerate(matrices)}
    (folder / "cases.yml").write_text(yaml.safe_dump(cases, allow_unicode=True, sort_keys=False))
    hosts = {"shelf.example": {"ansible_host": "127.0.0.1", "ansible_port": ssh, **host}}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    tasks = [task for n in range(len(matrices)) for task in tasks_for(n, modules, postgresql)]
    kept = ", ".join(f"{module}_{n}" for n in range(len(matrices)) for module in modules)
    keep = {
        "name": "What they returned is kept", "delegate_to": "localhost", "vars": {"ansible_connection": "local"},
        "ansible.builtin.copy": {
            "content": f"{{{{ [{kept}] | to_json }}}}", "dest": str(folder / "results.json"), "mode": "0600",
        },
    }  # fmt: skip
    book = folder / "play.yml"
    book.write_text(yaml.safe_dump([{
        "hosts": "shelf.example", "gather_facts": False, "tasks": [*tasks, keep],
    }]))  # fmt: skip
    return book


def test_a_wrong_matrix_reaches_nobody(tmp_path: Path) -> None:
    matrices = [changed(case) for case in WRONG]
    secrets = {text for matrix in matrices for text in strings([matrix.allocation, matrix.servers]) if "fake-" in text}
    with door() as (ssh, at_host), door() as (postgresql, at_database):
        run = play(tmp_path, lay_out(tmp_path, matrices, ssh, postgresql), *OPTIONS, "-vvvv")
        assert run.returncode == 0, run.stdout[-3000:] + run.stderr
        assert (at_host, at_database) == ([], [])
    results = json.loads((tmp_path / "results.json").read_text())
    for case, *both in zip(WRONG, results[::2], results[1::2], strict=True):
        for result in both:
            head = "the allocation matrix has 1 error:" if len(case["says"]) == 1 else (
                f"the allocation matrix has {len(case['says'])} errors:"
            )  # fmt: skip
            assert result["failed"] and not result["changed"]
            assert result["msg"].splitlines() == [head, *(f"- {line}" for line in case["says"])]
            assert [f"{p['row']}: {p['key']}: {p['wrong']}; {p['write']}" for p in result["problems"]] == case["says"]
    assert len(secrets) > 8
    assert not [secret for secret in secrets if secret in run.stdout + run.stderr]


def test_a_right_one_does_reach_them(tmp_path: Path, clean: Raw) -> None:
    """The control of the test above: these doors see who knocks."""
    with door() as (ssh, at_host), door() as (postgresql, at_database):
        play(tmp_path, lay_out(tmp_path, [clean], ssh, postgresql), *OPTIONS)
        assert at_host
        assert not at_database
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        run = play(tmp_path, lay_out(tmp_path, [clean], ssh, postgresql, **local), *OPTIONS, "-vvvv")
        assert at_database
    secrets = {text for text in strings(clean.allocation) if "fake-" in text}
    assert len(secrets) == 3
    assert not [secret for secret in secrets if secret in run.stdout + run.stderr]


@pytest.fixture
def inventories(tmp_path: Path) -> Path:
    """A copy of the three inventories, without what somebody has made in them."""
    copy = tmp_path / "inventories"
    shutil.copytree(ROOT / "inventories", copy, symlinks=True, ignore=shutil.ignore_patterns("secrets.yml", "vault.yml"))
    return copy


def test_secrets_are_made_once_and_never_shown(inventories: Path) -> None:
    folder, inventory = inventories.parent, inventories / "production"
    secrets = inventory / "group_vars" / "all" / "secrets.yml"

    def run(playbook: str, *options: str) -> subprocess.CompletedProcess[str]:
        return play(folder, PLAYBOOKS / playbook, "-i", str(inventory), *options)

    before = run("validate.yml")
    assert before.returncode == 2
    assert not [variable for variable in SECRETS if f"waits for the variable {variable}, which" not in before.stdout]
    foretold = run("secrets.yml", "--check")
    assert "5 secrets would be made" in foretold.stdout
    assert not secrets.exists()
    made = run("secrets.yml", "-vvvv")
    assert "changed=1" in made.stdout
    assert secrets.stat().st_mode & 0o777 == 0o600
    whole = secrets.read_bytes()
    again = run("secrets.yml", "-vvvv")
    assert "changed=0" in again.stdout
    assert secrets.read_bytes() == whole
    valid = run("validate.yml", "-vvvv")
    assert "5 rows, 2 servers: valid" in valid.stdout
    shown = "".join(one.stdout + one.stderr for one in (made, again, valid))
    assert not [variable for variable, secret in yaml.safe_load(whole).items() if secret in shown]


@pytest.mark.parametrize("name", ["sandbox", "staging"])
def test_each_inventory_is_right_with_new_secrets(inventories: Path, name: str) -> None:
    for playbook in ("secrets.yml", "validate.yml"):
        run = play(inventories.parent, PLAYBOOKS / playbook, "-i", str(inventories / name))
        assert run.returncode == 0, run.stdout + run.stderr
    variables = yaml.safe_load((inventories / name / "group_vars" / "all" / "secrets.yml").read_text())
    assert sorted(variables) == SECRETS
    assert "5 rows, 2 servers: valid" in run.stdout


def test_the_placeholders_of_the_vault_are_refused(inventories: Path) -> None:
    beside = inventories / "production" / "group_vars" / "all"
    shutil.copy(beside / "vault.yml.example", beside / "vault.yml")
    run = play(inventories.parent, PLAYBOOKS / "validate.yml", "-i", str(inventories / "production"))
    assert run.returncode == 2
    assert "the allocation matrix has 5 errors:" in run.stdout + run.stderr
    play(inventories.parent, PLAYBOOKS / "secrets.yml", "-i", str(inventories / "production"))
    assert not (beside / "secrets.yml").exists()


def test_an_override_that_names_nothing_is_told(inventories: Path) -> None:
    run = play(
        inventories.parent, PLAYBOOKS / "validate.yml", "-i", str(inventories / "staging"),
        "-e", '{"good_neighbor_overrides": {"nexsu": {"status": "planned"}}}',
    )  # fmt: skip
    assert run.returncode == 2
    assert "good_neighbor_overrides: nexsu: is no service of the matrix; write bob_gpt, nexus," in run.stdout + run.stderr


STRANGER = {"web.example": {"ansible_host": "127.0.0.1", "ansible_connection": "ssh"}}
REFUSED = ("host web.example: in group good_neighbor: 'web.example' is none of good_neighbor_servers; "
           "write voice-ninja.com or poqpoq.com")


def with_stranger(inventories: Path, port: int, **more: object) -> Path:
    """An inventory with new secrets, and with one more host in its group."""
    staging = inventories / "staging"
    hosts = {"web.example": {**STRANGER["web.example"], "ansible_port": port, **more}}
    (staging / "stranger.yml").write_text(yaml.safe_dump({"good_neighbor": {"hosts": hosts}}))
    assert play(inventories.parent, PLAYBOOKS / "secrets.yml", "-i", str(staging)).returncode == 0
    return staging


def test_a_host_that_is_no_server_of_the_matrix_is_refused_before_it_is_asked(inventories: Path) -> None:
    alone = inventories.parent / "alone.yml"
    alone.write_text(yaml.safe_dump([{
        "hosts": "web.example", "gather_facts": False, "roles": ["bbworlds.good_neighbor.service_databases"],
    }]))  # fmt: skip
    with door() as (port, knocked):
        staging = with_stranger(inventories, port)
        for book in (PLAYBOOKS / "validate.yml", PLAYBOOKS / "site.yml", alone):
            run = play(inventories.parent, book, "-i", str(staging))
            assert run.returncode == 2
            assert REFUSED in run.stdout + run.stderr, run.stdout[-1500:] + run.stderr[-1500:]
            assert "changed=0" in run.stdout
        external = play(inventories.parent, PLAYBOOKS / "site.yml", "-i", str(staging), "-e",
                        "good_neighbor_server=poqpoq.com")
        assert "host web.example: good_neighbor_server: 'poqpoq.com' is not managed" in external.stdout + external.stderr
        assert knocked == []
        with_stranger(inventories, port, good_neighbor_server="voice-ninja.com")
        play(inventories.parent, alone, "-i", str(staging))
        assert knocked, "the control: once it is a server of the matrix, it is asked"


def test_what_waits_for_what_is_told_by_the_variable_that_is_missing(inventories: Path) -> None:
    """A secret that stands behind other variables, an encrypted one without its password, and a template of several."""
    production = inventories / "production"
    assert play(inventories.parent, PLAYBOOKS / "secrets.yml", "-i", str(production)).returncode == 0
    beside = production / "group_vars" / "all"
    rows = {"bob_gpt": "{{ secret_of_bob }}", "nexus": "{{ vault_nexus_user ~ nobody_knows }}", "auth": "{{ in_a_ring }}"}
    changes = {service: {"password": password} for service, password in rows.items()}
    (beside / "z_last.yml").write_text(yaml.safe_dump({
        "secret_of_bob": "{{ vault_of_bob }}", "in_a_ring": "{{ in_a_circle }}", "in_a_circle": "{{ in_a_ring }}",
        "good_neighbor_overrides": changes,
    }) + "vault_world_user: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3331\n")  # fmt: skip
    (beside / "secrets.yml").write_text("".join(
        line for line in (beside / "secrets.yml").read_text().splitlines(keepends=True) if "world_user" not in line))
    run = play(inventories.parent, PLAYBOOKS / "validate.yml", "-i", str(production))
    said = run.stdout + run.stderr
    assert run.returncode == 2
    for line in (
        "service bob_gpt: password: waits for the variable vault_of_bob, which is not defined",
        "service nexus: password: still holds a template that could not be resolved",
        "service bbworlds_api: logins[world_user].password: is still encrypted by ansible-vault",
        "service auth: password: ",
    ):
        assert line in said, said
    foretold = play(inventories.parent, PLAYBOOKS / "secrets.yml", "-i", str(production), "--check", "-vvv")
    assert "1 secret would be made" in foretold.stdout and "vault_of_bob" in foretold.stdout

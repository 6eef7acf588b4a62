"""Settings files: each format, and a dotenv file that all its readers read alike."""

from __future__ import annotations

import ast
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import env_file
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import (
    Allocation,
    ClientPool,
    EnvFile,
    Login,
    Matrix,
    ServerSpec,
)
from hypothesis import given
from hypothesis import strategies as st
from psycopg2.extensions import parse_dsn

SECRET = "fake-Hb7qWz2mKx9vTn4c"
SERVER = ServerSpec("db1", mode="enforce", max_connections=100)


NEXUS = Allocation(
    service="nexus", title="NEXUS", server="db1", database="bbworlds_nexus", owner="nexus_user", purpose="game state",
    status="active", password=SECRET, connection_limit=50, backup="important", client_pool=ClientPool(2, 10),
    env_files=(EnvFile("/etc/nexus/database.env", "dotenv"),),
)


def rendered(row: Allocation, file: EnvFile) -> str:
    """A settings file without its comment line."""
    comment, rest = env_file.render(row, SERVER, file).split("\n", 1)
    assert comment.startswith("# Database settings of nexus")
    return rest


def test_dotenv_says_what_the_policy_asks_for() -> None:
    assert rendered(NEXUS, EnvFile("x", "dotenv")) == (
        "DB_HOST=localhost\nDB_PORT=5432\nDB_NAME=bbworlds_nexus\nDB_USER=nexus_user\n"
        f"DB_PASSWORD={SECRET}\nDB_POOL_MIN=2\nDB_POOL_MAX=10\n"
    )


def test_python_is_a_dict_of_literals() -> None:
    row = replace(NEXUS, password="it's \"a\" $x\\\n\u2028")
    name, value = rendered(row, EnvFile("x", "python")).split(" = ", 1)
    assert name == "DATABASE"
    assert ast.literal_eval(value) == {
        "host": "localhost", "port": 5432, "database": "bbworlds_nexus", "user": "nexus_user",
        "password": "it's \"a\" $x\\\n\u2028",
    }


def test_url_names_its_variable() -> None:
    assert rendered(NEXUS, EnvFile("x", "url", variable="NEXUS_DB_URL")) == (
        f"NEXUS_DB_URL=postgresql://nexus_user:{SECRET}@localhost:5432/bbworlds_nexus\n"
    )


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1), st.sampled_from(
    ["localhost", "db.example.com", "10.0.0.5", "2001:db8::1", "/tmp/gn.x y"]), st.sampled_from([5432, 6000]))
def test_url_survives_any_password_and_host(password: str, host: str, port: int) -> None:
    server = ServerSpec("db1", client_host=host, port=port)
    settings = env_file.settings_of(replace(NEXUS, password=password, database="a/b ?%"), server)
    dsn = parse_dsn(env_file.url_of(settings))
    assert (dsn["user"], dsn["password"], dsn["host"], dsn["dbname"], dsn.get("port", "5432")) == (
        "nexus_user", password, host, "a/b ?%", str(port))


def test_only_active_rows_with_a_secret_of_ours_get_files() -> None:
    rows = (NEXUS, replace(NEXUS, service="planned", status="planned"), replace(NEXUS, service="own", password=None),
            replace(NEXUS, service="elsewhere", server="db2"))
    found = env_file.files(Matrix((SERVER, ServerSpec("db2")), rows), "db1")
    assert [(file.service, file.path, file.mode, file.owner) for file in found] == [
        ("nexus", "/etc/nexus/database.env", "0640", None)]
    assert SECRET in found[0].content
    assert SECRET not in repr(found)


def test_a_login_stands_for_its_owner() -> None:
    row = replace(NEXUS, password=None, logins=(Login("world_user", SECRET), Login("second", "fake-2")))
    assert env_file.settings_of(row, SERVER).user == "world_user"
    assert env_file.settings_of(row, SERVER, "second").password == "fake-2"
    with pytest.raises(env_file.SettingsError, match="nexus_user has no password in this row"):
        env_file.settings_of(row, SERVER, "nexus_user")


def test_a_row_without_pool_may_use_its_limit() -> None:
    settings = env_file.settings_of(replace(NEXUS, client_pool=None), SERVER)
    assert (settings.pool_min, settings.pool_max) == (1, 50)


# What the four readers of a dotenv file make of one value, told from their documented grammars

def python_dotenv(word: str) -> str:
    """python-dotenv 1: escapes in quotes, then ${NAME}, which is unset here."""
    if word.startswith("'"):
        body = re.fullmatch(r"'((?:\\'|[^'])*)'", word)
        assert body
        word = re.sub(r"\\([\\'])", r"\1", body[1])
    elif word.startswith('"'):
        body = re.fullmatch(r'"((?:\\"|[^"])*)"', word)
        assert body
        word = re.sub(r"\\[\\'\"abfnrtv]", lambda found: ast.literal_eval(f'"{found[0]}"'), body[1])
    return re.sub(r"\$\{[^}]*\}", "", word)


def node_dotenv(word: str) -> str:
    """dotenv 16 and 17 for Node.js: the first alternative that fits; line breaks are told in double quotes only."""
    found = re.match(r"""'(?:\\'|[^'])*'|"(?:\\"|[^"])*"|`(?:\\`|[^`])*`|[^#\r\n]+""", word)
    assert found
    value = re.sub(r"^(['\"`])(.*)\1$", r"\2", found[0].strip(), flags=re.DOTALL)
    return value.replace("\\n", "\n").replace("\\r", "\r") if found[0].startswith('"') else value


def systemd(word: str) -> str:
    """EnvironmentFile= of systemd: bare words and double quotes know the backslash, single quotes do not."""
    if word.startswith("'"):
        assert word.endswith("'")
        return word[1:-1]
    if word.startswith('"'):
        return re.sub(r'\\(["\\`$])', r"\1", word[1:-1])
    return re.sub(r"\\(.)", r"\1", word)


def bash(words: list[str], folder: Path) -> list[str]:
    """What `source` makes of them: the real one."""
    file = folder / "x.env"
    file.write_text("".join(f"V{number}={word}\n" for number, word in enumerate(words)), encoding="utf-8")
    script = f'source "$1"; for i in {{0..{len(words) - 1}}}; do v=V$i; printf "%s\\0" "${{!v}}"; done'
    done = subprocess.run(["bash", "-c", script, "bash", file], capture_output=True, check=True, cwd=folder)
    return done.stdout.decode().split("\0")[:-1]


NASTY = st.text(st.one_of(st.sampled_from("'\"$`\\#! {}()~;&|<>*?[]=:%,an"),
                          st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=20)


@given(values=st.lists(NASTY, min_size=20, max_size=40))
def test_dotenv_is_read_alike_by_all(tmp_path_factory: pytest.TempPathFactory, values: list[str]) -> None:
    written: list[tuple[str, str]] = []
    for value in values:
        try:
            written.append((value, env_file.quote("password", value)))
        except env_file.SettingsError as error:
            assert value not in str(error) or len(value) < 4
    for value, word in written:
        assert [python_dotenv(word), node_dotenv(word), systemd(word)] == [value] * 3, word
    if written:
        assert bash([pair[1] for pair in written], tmp_path_factory.mktemp("dotenv")) == [pair[0] for pair in written]


@pytest.mark.parametrize(
    "value", ["it's", 'say "x"', "a$b", "a#b c", "back\\slash", "ünï ✓", " x ", "$(id)", "`id`", "a&b"])
def test_dotenv_carries(value: str) -> None:
    assert env_file.quote("password", value)[1:-1] == value


@pytest.mark.parametrize(("value", "says"), [
    ("it's \"x\"", "single quote together with"), ("it's $x", "single quote together with"),
    ("a\\\\b", "two backslashes in a row"), ("end\\", "a backslash at its end"), ("${HOME}", r"\$\{...\}"),
    ("two\nlines", "control character"),
])
def test_dotenv_refuses_what_readers_disagree_on(value: str, says: str) -> None:
    with pytest.raises(env_file.SettingsError, match=says) as error:
        env_file.render(replace(NEXUS, password=value), SERVER, EnvFile("/etc/nexus/x", "dotenv"))
    assert str(error.value).startswith("service nexus, /etc/nexus/x: the DB_PASSWORD holds")
    assert value not in str(error.value)


def test_only_the_services_named_and_no_login_whose_password_waits() -> None:
    rows = (
        replace(NEXUS, env_files=(EnvFile("/etc/nexus", "dotenv", login="nexus_user"),)),
        replace(NEXUS, service="memory", owner="memory_user",
                env_files=(EnvFile("/etc/memory", "dotenv", login="memory_user"),)),
    )
    matrix = Matrix((SERVER,), rows)
    assert [file.path for file in env_file.files(matrix, "db1", services=["memory"])] == ["/etc/memory"]
    violations: list[dict[str, Any]] = [
        {"rule": "secret-drift", "role": "nexus_user", "state": "open"},
        {"rule": "secret-drift", "role": "memory_user", "state": "remedied"},
        {"rule": "secret-unmanaged", "role": None, "state": "open"},
        {"rule": "limit-role", "role": "memory_user", "state": "open"},
    ]
    assert env_file.waiting(violations) == {"nexus_user"}
    assert [file.path for file in env_file.files(matrix, "db1", waiting={"nexus_user"})] == ["/etc/memory"]

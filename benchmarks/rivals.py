"""What the engine is measured against: loops over community.postgresql's modules, psql, the same catalogs read by hand."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import engine, face
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.session import Server
from live.postgres import programs
from live.proofs.crowd import Crowd
from live.proofs.house import environment
from measure import Cost, measured, play

Task = dict[str, Any]


def loops(crowd: Crowd) -> Cost:
    """A playbook as it is usually written: one task for each kind of thing, looped over the rows. It looks at less: only at
    what the rows name."""
    login = {name: value for name, value in crowd.login_options().items() if name != "login_db"}
    return play(crowd, *_looped(login), rows=[_names(crowd, number) for number in range(crowd.count)])


def _looped(login: dict[str, Any]) -> Iterator[Task]:
    shared, inside = {**login, "login_db": "postgres"}, {**login, "login_db": "{{ item.database }}"}
    owner, reader = "{{ item.owner }}", "{{ item.reader }}"
    for role, password, limit in ((owner, "{{ item.password }}", 2), (reader, "{{ item.reading }}", 1)):
        yield _task("user", shared, name=role, password=password, conn_limit=limit, role_attr_flags="LOGIN")
    yield _task("db", login, name="{{ item.database }}", owner=owner, conn_limit="3")
    public = {"type": "database", "objs": "{{ item.database }}", "privs": "CONNECT,TEMPORARY"}
    yield _task("privs", inside, roles="PUBLIC", state="absent", **public)
    yield _task("privs", inside, roles=reader, **{**public, "privs": "CONNECT"})
    yield _task("owner", inside, new_owner=owner, obj_name="public", obj_type="schema")
    yield _task("privs", inside, roles=reader, type="schema", objs="public", privs="USAGE")
    yield _task("privs", inside, roles=reader, type="table", objs="ALL_IN_SCHEMA", schema="public", privs="SELECT")
    yield _task("privs", inside, roles=reader, type="default_privs", objs="TABLES", target_roles=owner, privs="SELECT")
    yield _task("query", inside, query="SELECT setconfig FROM pg_db_role_setting s JOIN pg_database d "
                                       "ON d.oid = s.setdatabase WHERE d.datname = current_database()")
    yield _task("query", inside, query="SELECT to_regclass('public.person')")  # whether to run the schema file


def _task(module: str, login: dict[str, Any], **options: Any) -> Task:
    return {f"community.postgresql.postgresql_{module}": {**login, **options}, "loop": "{{ rows }}", "no_log": True}


def _names(crowd: Crowd, number: int) -> dict[str, str]:
    row = crowd.allocation()[number]
    reader = row["readers"][0]
    return {"database": row["database"], "owner": row["owner"], "password": row["password"], "reader": reader["role"],
            "reading": reader["password"]}


def script(crowd: Crowd) -> Cost:
    """A playbook of one task that runs psql, with a script that makes all of it from nothing, each schema file over a
    session of its owner."""
    path = crowd.folder / "script.sql"
    path.touch(0o600)
    path.write_text("\n".join(_statements(crowd)))
    words = [programs()[1] / "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-f", path, _to(crowd, "postgres")]
    libraries = {"LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")}
    return play(crowd, {"ansible.builtin.command": {"argv": [str(word) for word in words]}, "environment": libraries})


def _statements(crowd: Crowd) -> Iterator[str]:
    admin = _to(crowd, "postgres")
    for number in range(crowd.count):
        n = _names(crowd, number)
        yield f"CREATE ROLE {n['owner']} LOGIN CONNECTION LIMIT 2 PASSWORD '{n['password']}';"
        yield f"CREATE ROLE {n['reader']} LOGIN CONNECTION LIMIT 1 PASSWORD '{n['reading']}';"
        yield f"CREATE DATABASE {n['database']} OWNER {n['owner']} CONNECTION LIMIT 3;"
        yield f"REVOKE ALL ON DATABASE {n['database']} FROM PUBLIC;"
        yield f"GRANT CONNECT ON DATABASE {n['database']} TO {n['reader']};"
        yield f"ALTER DATABASE {n['database']} SET statement_timeout = '5s';"
        yield f"\\connect \"{_to(crowd, 'postgres', n['database'])}\""
        yield f"ALTER SCHEMA public OWNER TO {n['owner']};"
        yield f"GRANT USAGE ON SCHEMA public TO {n['reader']};"
        yield f"ALTER DEFAULT PRIVILEGES FOR ROLE {n['owner']} GRANT SELECT ON TABLES TO {n['reader']};"
        yield f"\\connect \"{_to(crowd, n['owner'], n['database'], n['password'])}\""
        yield f"BEGIN;{crowd.schema}COMMIT;"
        yield f"\\connect \"{admin}\""


def _to(crowd: Crowd, role: str, database: str = "postgres", password: str = "") -> str:
    secret = f" password={password}" if password else ""
    return f"host={crowd.folder} port={crowd.port} user={role} dbname={database}{secret}"


def by_hand(crowd: Crowd) -> Cost:
    """A process that reads what the engine reads, and does nothing with it."""
    path = crowd.folder / "queries.json"
    if not path.exists():
        path.write_text(json.dumps(_queries(crowd)))
    arguments = json.dumps({**_parameters(crowd), "dbname": "postgres"})
    return measured(crowd, [sys.executable, Path(__file__).with_name("read.py"), path, arguments], dict(environment()))


def _parameters(crowd: Crowd) -> dict[str, Any]:
    return {"host": str(crowd.folder), "port": crowd.port, "user": "postgres"}


def _queries(crowd: Crowd) -> list[tuple[str, list[str]]]:
    """What the engine asks where there is nothing to do: each connection's database and its statements."""
    server = Listening(_parameters(crowd), "postgres")
    engine.check(server, face.request(crowd.arguments()))
    return server.asked


class Listening(Server):
    """Opens sessions and notes what they are asked."""

    def __init__(self, parameters: dict[str, Any], database: str) -> None:
        super().__init__(parameters, database)
        self.asked: list[tuple[str, list[str]]] = []

    def connect(self, database: str | None = None) -> Any:
        """A connection that notes."""
        said: list[str] = []
        self.asked.append((database or self.database, said))
        return Noting(super().connect(database), said)


class Noting:
    """A connection or cursor that notes every statement, its values put in."""

    def __init__(self, real: Any, said: list[str]) -> None:
        self._real, self._said = real, said

    def cursor(self) -> Noting:
        """One that notes too."""
        return Noting(self._real.cursor(), self._said)

    def execute(self, query: str, values: Any = None) -> None:
        """As the driver does."""
        self._said.append(self._real.mogrify(query, values).decode())
        self._real.execute(query, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

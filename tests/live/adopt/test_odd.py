"""Servers as people leave them: each oddity is drafted so that the matrix is valid, and told."""

from __future__ import annotations

from contextlib import closing

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import RETIRED, Login, SystemRole
from live.adopt.drafts import NAME, drafted, sql
from live.postgres import IDENT, SUPERUSER_LINE, Cluster


def test_nothing(bare: Cluster) -> None:
    draft = drafted(bare)
    assert draft.matrix.rows == ()
    assert set(draft.variables) == {"good_neighbor_servers"}
    spec = draft.matrix.server(NAME)
    assert (spec.max_connections, spec.maintenance_connections, spec.port) == (40, 10, bare.port)
    assert spec.system_identifier == sql(bare, "SELECT system_identifier::text FROM pg_control_system()")[0][0]
    assert (spec.hba, spec.ident) == ((SUPERUSER_LINE,), (IDENT,))


def test_names(bare: Cluster) -> None:
    """Names that need quotes in SQL, YAML, templates and comments."""
    names = [
        'a "b" c',
        "ü'é\\n",
        "{% raw %}",
        "{# x #}",
        "no",
        "1",
        "a: b",
        "- x",
        "# y",
        "名前 db",
        "tab#",
        "x" * 63,
        "Upper",
    ]
    for number, name in enumerate(names):
        quoted, role = name.replace('"', '""'), f'{name[:50]} "r" {number}'.replace('"', '""')
        sql(bare, f"""CREATE ROLE "{role}" LOGIN CONNECTION LIMIT 1;\nCREATE DATABASE "{quoted}" OWNER "{role}" """)
        sql(
            bare,
            f'SET SESSION AUTHORIZATION "{role}";\nCREATE TABLE "{quoted}" ();\nCREATE TABLE "T {quoted[:50]}" ()',
            name,
        )
    draft = drafted(bare)
    assert {row.database for row in draft.matrix.rows} == set(names)
    for number, name in enumerate(names):
        row = draft.row(name)
        assert (row.owner, row.connection_limit) == (f'{name[:50]} "r" {number}', 1)
        assert set(row.tables) == {name, f"T {name[:50]}"}
    assert len({row.password for row in draft.matrix.rows}) == len(names)


def test_names_that_no_matrix_takes(bare: Cluster) -> None:
    sql(
        bare,
        'CREATE DATABASE "two\nlines";\nCREATE DATABASE "{{ x }}";\nCREATE DATABASE "Shop";\nCREATE DATABASE shop;\n'
        'CREATE DATABASE fine;\nCREATE ROLE "current_user" LOGIN REPLICATION;\nCREATE ROLE "{{ y }}" LOGIN REPLICATION',
    )
    draft = drafted(bare)
    assert sorted(row.database for row in draft.matrix.rows) == ["Shop", "fine"]
    told = "\n".join(draft.result["draft"]["notes"])
    for name in ("two?lines", "{{ x }}", "database shop has no row"):
        assert name in told.replace("\n", "?") or name in told
    assert draft.matrix.server(NAME).system_roles == ()
    assert "\n".join(draft.result["draft"]["homeless"]) == "current_user\n{{ y }}"


def test_one_owner_of_two(bare: Cluster) -> None:
    sql(bare, "CREATE ROLE shop_app LOGIN;\nCREATE DATABASE shop OWNER shop_app;\nCREATE DATABASE billing OWNER shop_app")
    draft = drafted(bare)
    assert (draft.row("shop").owner, draft.row("billing").owner) == ("shop_app", "billing_user")
    assert "its owner shop_app owns shop too" in draft.notes("billing")
    assert "billing_user is to be made" in draft.notes("billing")


def test_one_owner_of_all_and_logins(bare: Cluster) -> None:
    """A group owns every database, each service has a login of its own."""
    sql(bare, "CREATE ROLE dba NOLOGIN")
    for name in ("one", "two"):
        sql(bare, f"CREATE ROLE {name}_app LOGIN;\nCREATE ROLE {name}_web LOGIN;\nCREATE DATABASE {name} OWNER dba")
        sql(bare, f"SET ROLE dba;\nCREATE TABLE t ();\nGRANT SELECT, INSERT, UPDATE ON t TO {name}_app, {name}_web", name)
    draft = drafted(bare)
    one, two = draft.row("one"), draft.row("two")
    assert (one.owner, [login.role for login in one.logins]) == ("dba", ["one_app", "one_web"])
    assert (two.owner, [login.role for login in two.logins]) == ("two_owner", ["two_app", "two_web"])
    assert (one.soft_delete_only, two.soft_delete_only) == (True, True)


def test_an_owner_without_login_and_nobody_else(bare: Cluster) -> None:
    sql(bare, "CREATE ROLE keeper NOLOGIN;\nCREATE DATABASE vault OWNER keeper")
    row = drafted(bare).row("vault")
    assert (row.owner, row.logins[0].role, len(row.logins)) == ("keeper", "vault_login", 1)
    assert isinstance(row.logins[0], Login)


def test_readers_strangers_and_system_roles(bare: Cluster) -> None:
    sql(
        bare,
        """CREATE ROLE app LOGIN;\nCREATE ROLE other LOGIN;\nCREATE ROLE look LOGIN CONNECTION LIMIT 4;
CREATE ROLE readers;\nCREATE ROLE via LOGIN;\nGRANT readers TO via;\nCREATE ROLE prom LOGIN;\nGRANT pg_monitor TO prom;
CREATE ROLE dumper LOGIN BYPASSRLS CONNECTION LIMIT 2;\nGRANT pg_read_all_data TO dumper;
CREATE ROLE standby LOGIN REPLICATION;
CREATE ROLE dual LOGIN REPLICATION;\nGRANT pg_monitor TO dual;\nCREATE ROLE chief LOGIN SUPERUSER;\nCREATE ROLE idle LOGIN;
CREATE DATABASE app OWNER app;\nCREATE DATABASE other OWNER other""",
    )
    sql(bare, "SET SESSION AUTHORIZATION app;\nCREATE TABLE t ();\nGRANT SELECT ON t TO look, readers, other", "app")
    draft = drafted(bare)
    assert [(reader.role, reader.connection_limit) for reader in draft.row("app").readers] == [("look", 4), ("via", 3)]
    assert draft.row("other").owner == "other"
    roles = {role.role: role for role in draft.matrix.server(NAME).system_roles}
    assert {name: role.use for name, role in roles.items()} == {
        "dual": None,
        "dumper": "backup",
        "prom": "monitoring",
        "standby": "replication",
    }
    assert roles["dumper"].connection_limit == 2
    assert roles["dual"] == SystemRole(
        "dual", None, "TODO: what role dual is for", ("LOGIN", "REPLICATION"), ("pg_monitor",), ("*",), 3
    )
    assert draft.result["draft"]["homeless"] == ["idle"]
    assert {row["role"] for row in draft.result["violations"] if row["rule"] == "role-unallocated"} == {
        "chief",
        "idle",
        "readers",
    }


def test_two_writers(bare: Cluster) -> None:
    """None of them owns anything: both stay what they are. Where one owns, the other is told."""
    sql(bare, "CREATE ROLE a LOGIN;\nCREATE ROLE b LOGIN;\nCREATE DATABASE work")
    sql(bare, "CREATE TABLE t ();\nGRANT ALL ON t TO a, b", "work")
    row = drafted(bare).row("work")
    assert (row.owner, [login.role for login in row.logins], row.soft_delete_only) == ("work_owner", ["a", "b"], False)
    sql(bare, "ALTER TABLE t OWNER TO b", "work")
    draft = drafted(bare)
    assert draft.row("work").owner == "b"
    assert "role a writes here too" in draft.notes("work")


def test_superusers(bare: Cluster) -> None:
    """They never own, whatever they own; who works as one is told."""
    sql(
        bare,
        "CREATE ROLE shop_app LOGIN SUPERUSER;\nCREATE DATABASE shop OWNER shop_app;\nCREATE DATABASE crm OWNER shop_app;\n"
        "CREATE ROLE crm_web LOGIN",
    )
    sql(bare, "CREATE TABLE t ();\nGRANT INSERT ON t TO crm_web", "crm")
    with closing(bare.admin("shop")):
        draft = drafted(bare)
    assert {row.database: row.owner for row in draft.matrix.rows} == {"shop": "shop_user", "crm": "crm_web"}
    assert "shop_app may be the service's role, and is a superuser" in draft.notes("shop")
    assert "somebody works here as the superuser postgres (1 at once)" in draft.notes("shop")
    assert "TODO: shop_app is a superuser" in draft.text


def test_closed_and_broken_databases(bare: Cluster) -> None:
    sql(
        bare,
        "CREATE ROLE keeper LOGIN;\nCREATE DATABASE shut OWNER keeper ALLOW_CONNECTIONS false;\nCREATE DATABASE half;\n"
        "CREATE DATABASE alone ALLOW_CONNECTIONS false;\n"
        "UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'half'",
    )
    draft = drafted(bare)
    assert {row.database: (row.status, row.owner) for row in draft.matrix.rows} == {
        "shut": (RETIRED, "keeper"),
        "alone": (RETIRED, "alone_user"),
    }
    assert "database half has no row: DROP DATABASE was interrupted" in draft.text.replace("\n# ", " ")


def test_what_lies_inside(bare: Cluster) -> None:
    sql(bare, "CREATE ROLE app LOGIN;\nCREATE DATABASE app OWNER app")
    sql(
        bare,
        """CREATE EXTENSION pg_trgm;\nCREATE EXTENSION dblink;\nCREATE EXTENSION postgres_fdw;
CREATE TABLE parts (n int) PARTITION BY LIST (n);\nCREATE TABLE part PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE memories (embedding real[]);\nCREATE VIEW shown AS SELECT 1 AS n;\nCREATE SCHEMA apart;
CREATE TABLE apart.hidden ();\nCREATE PUBLICATION news FOR TABLE memories;
ALTER DATABASE app SET statement_timeout TO '5s';\nALTER DATABASE app SET work_mem TO '8MB';
ALTER ROLE app SET work_mem TO '9MB';\nALTER DATABASE app SET "app.jwt_secret" TO 'fake-open-sesame';
ALTER DATABASE app SET "app.theme" TO 'no';
ALTER DATABASE app SET "app.store" TO 'https://me:fake-sesame@example.org';
SELECT pg_create_physical_replication_slot('standby_1')""",
        "app",
    )
    sql(bare, "CREATE EXTENSION pg_trgm")
    draft = drafted(bare)
    row = draft.row("app")
    assert row.extensions == ("pg_trgm",)
    assert (row.tables, row.vectors, row.publications) == (("memories", "parts"), True, ("news",))
    assert dict(row.settings) == {"statement_timeout": "5s", "work_mem": "9MB", "app.theme": "no"}
    assert "sesame" not in draft.text
    assert "setting app.jwt_secret is left out" in draft.notes("app")
    assert {"road-dblink", "road-foreign-data-wrapper"} <= draft.rules
    spec = draft.matrix.server(NAME)
    assert (spec.extensions, spec.replication_slots) == (("pg_trgm",), ("standby_1",))

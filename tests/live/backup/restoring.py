"""Backups made by hand for tests of restore: two services on one server, whose dumps lie encrypted in a folder."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import layout, restore_find
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.commands import Deadline
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.manifest import Content, Manifest, to_json
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.restore import Request, Restored, restore
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.restore_fill import Dump
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.restore_find import Shelf
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.restore_plan import BESIDE, Wanted
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.snapshot import Snapshot
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.stream import Keys
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.session import Server
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import Allocation
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema import records
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.files import SchemaFile
from live.postgres import SUPERUSER_LINE, Cluster, make_data, new_folder, programs

SERVER = "alpha.example"
PASSWORDS = {"shop_owner": "fake-for-tests-Xy7!", "blog_owner": "fake-for-tests-Zq3!"}
HBA = [SUPERUSER_LINE, *(f"host {role.split('_')[0]} {role} 127.0.0.1/32 scram-sha-256" for role in PASSWORDS),
       "local all all reject"]
SHOP = Allocation("shop", "Shop", SERVER, "shop", "shop_owner", "tests", "active", connection_limit=5, backup="critical")


@dataclass
class House:
    """A server with services shop and blog, the folder of its backups, and the key to them."""

    cluster: Cluster
    folder: Path
    secret: str = field(repr=False)
    public: str
    started: datetime = field(default_factory=lambda: datetime.now(timezone.utc).replace(microsecond=0))

    @property
    def server(self) -> Server:
        """As the module has it."""
        return Server({"host": str(self.cluster.folder), "port": self.cluster.port, "user": "postgres"}, "postgres")

    def query(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """What a superuser is answered."""
        with closing(self.cluster.admin(database)) as session, session.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def login(self, service: str) -> Any:
        """A session of a service, as it opens it itself."""
        return self.cluster.login(f"{service}_owner", PASSWORDS[f"{service}_owner"], service)

    def databases(self) -> set[str]:
        """Names of all databases but the server's own."""
        found = self.query("SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')")
        return {name for (name,) in found}

    def clear(self) -> None:
        """Takes all of it off the server."""
        for name in self.databases():
            self.query(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            self.query(f"DROP DATABASE {name} WITH (FORCE)")
        for (role,) in self.query("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres'"):
            self.query(f"DROP ROLE {role}")

    def save(self, *, hours: float = 0, database: str = "shop", service: str = "shop") -> str:
        """Makes a backup of a database as it is, begun `hours` ago; its name."""
        begun = self.started - timedelta(hours=hours)
        name = layout.stamp(begun)
        place = self.folder / layout.path(SERVER, service) / name
        place.mkdir(parents=True)
        with self.server.cursor(database) as cursor:
            shot = Snapshot(cursor, patience=0)
            facts = shot.facts(Deadline(60))
            dump = self.program("pg_dump", "-Fc", "-d", database, f"--snapshot={shot.name}")
        globals_ = self.program("pg_dumpall", "--globals-only", "--no-role-passwords")
        manifest = Manifest(
            SERVER, facts.system_identifier, service, database, f"{database}_owner", "critical", begun, begun,
            facts.server_version, facts.encoding, facts.locale, facts.extensions, facts.schema_files, facts.tables,
            facts.large_objects, content(dump), content(globals_))
        for part, plain in ((layout.DUMP, dump), (layout.GLOBALS, globals_), (layout.MANIFEST, to_json(manifest))):
            self.encrypt(place / part, plain)
        return name

    def encrypt(self, path: Path, plain: bytes) -> None:
        """What age makes of it, for the one who has the key."""
        subprocess.run(["age", "-r", self.public, "-o", path], input=plain, check=True)

    def program(self, name: str, *words: str) -> bytes:
        """The output of a program of PostgreSQL, run by the superuser."""
        return subprocess.run(
            [programs()[1] / name, "-h", self.cluster.folder, "-p", str(self.cluster.port), "-U", "postgres", *words],
            check=True, capture_output=True).stdout

    def request(self, name: str, place: str = BESIDE, *, check: bool = False, again: bool = False, key: str | None = None,
                row: Allocation = SHOP, seconds: int = 0) -> Request:
        """A restore of backup `name`, as the module asks for it."""
        keys = Keys(self.secret if key is None else key)
        source = Shelf(str(self.folder)).source(SERVER, row.service, name)
        manifest = restore_find.manifest(source, keys, SERVER, row.service, name)
        now = self.started + timedelta(seconds=seconds)
        return Request(row, Wanted(row.service, row.database, name, place, now, again),
                       Dump(source, keys, manifest, str(programs()[1])), check)

    def restore(self, name: str, place: str = BESIDE, **more: Any) -> Restored:
        """The restore of backup `name`."""
        return restore(self.server, self.request(name, place, **more))


def new_house(cluster: Cluster, folder: Path) -> House:
    """A house with a key of its own, on a server that is furnished."""
    secret = subprocess.run(["age-keygen"], check=True, capture_output=True, text=True).stdout
    return House(cluster, folder / "backups", secret, secret.split("public key: ")[1].split()[0])


def content(plain: bytes) -> Content:
    """Length and checksum."""
    return Content(len(plain), hashlib.sha256(plain).hexdigest())


@contextmanager
def running() -> Iterator[Cluster]:
    """A database server, which ends with the block."""
    made = Cluster(new_folder())
    try:
        make_data(made.data)
        made.access(HBA)
        made.start()
        yield made
    finally:
        made.remove()


@contextmanager
def furnished(cluster: Cluster, folder: Path) -> Iterator[House]:
    """Two services on it, and a key; the server is empty again after the block."""
    furnish(cluster)
    made = new_house(cluster, folder)
    try:
        yield made
    finally:
        made.clear()


def furnish(cluster: Cluster) -> None:
    """Two services, each with its rows; the shop with all that a dump may hold and that its owner may make."""
    with closing(cluster.admin()) as session, session.cursor() as cursor:
        for role, password in PASSWORDS.items():
            name = role.split("_", maxsplit=1)[0]
            cursor.execute(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 5 PASSWORD '{password}'")
            cursor.execute(f"CREATE DATABASE {name} OWNER {role} TEMPLATE template0 ENCODING 'UTF8'")
            cursor.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        cursor.execute("CREATE ROLE shop_reader LOGIN")
    fill(cluster, "blog", ["CREATE TABLE posts (id int PRIMARY KEY); INSERT INTO posts SELECT generate_series(1, 10)"])
    fill(cluster, "shop", GOODS)
    with closing(cluster.admin("shop")) as session:
        cursor = session.cursor()
        cursor.execute("SET search_path = pg_catalog")
        records.record_baseline(cursor, [SchemaFile("schemas/shop/1.sql", "-- what made it")])


def fill(cluster: Cluster, service: str, statements: Iterable[str]) -> None:
    """Statements of a service's owner."""
    with closing(cluster.login(f"{service}_owner", PASSWORDS[f"{service}_owner"], service)) as session:
        for statement in statements:
            session.cursor().execute(statement)
        session.commit()


GOODS = (
    'CREATE SCHEMA "odd schema"',
    "CREATE TABLE goods (id serial PRIMARY KEY, name text NOT NULL DEFAULT 'thing' CHECK (length(name) < 100))",
    "INSERT INTO goods (name) SELECT 'thing ' || n FROM generate_series(1, 500) n",
    'CREATE TABLE "odd schema"."odd table" (a int REFERENCES goods, b text)',
    """INSERT INTO "odd schema"."odd table" SELECT n, E'line\\nbreak, tab\\t, \\\\' FROM generate_series(1, 7) n""",
    "CREATE TABLE events (at date NOT NULL, what text) PARTITION BY RANGE (at)",
    "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    "INSERT INTO events VALUES ('2026-05-01', 'one')",
    "CREATE FUNCTION shout(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN upper($1); END'",
    "CREATE INDEX shouted ON goods (shout(name))",
    "CREATE VIEW names AS SELECT name FROM goods",
    "CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM goods",
    "ALTER TABLE goods ENABLE ROW LEVEL SECURITY; ALTER TABLE goods FORCE ROW LEVEL SECURITY",
    "CREATE POLICY all_of_it ON goods TO shop_owner, shop_reader USING (true)",
    "CREATE PUBLICATION told FOR TABLE events_1",
    "SELECT lo_from_bytea(0, 'a large object')",
    "COMMENT ON TABLE goods IS 'what is sold'",
    "GRANT SELECT ON goods TO shop_reader",
)

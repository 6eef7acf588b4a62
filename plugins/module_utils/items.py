# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The items that a model of a server (model.py) is made of, one class per kind of thing.

An item has a `key` (what it is) and values (how it is). Nothing here knows SQL, a connection, or a rule.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from .record import Sortable, record
from .hba_file.text import mask

PUBLIC = "public"  # PostgreSQL reserves the name, so no role can have it
DATABASE_OWNER = "pg_database_owner"
BOOKKEEPING = "good_neighbor"  # the schema in which applied schema files are recorded
MAINTENANCE = ("postgres", "template0", "template1")
UNLIMITED = -1
INVALID = -2  # the limit of a database whose DROP was interrupted

Key = tuple[object, ...]


def may_lead_out(extension: str) -> bool:
    """Whether an extension is made to reach into other databases: dblink, and every foreign data wrapper."""
    return extension in ("dblink", "multicorn") or extension.endswith("_fdw")


@record(frozen=True, slots=True)
class Obj(Sortable):
    """What a privilege or an owner belongs to. `database` is empty for what the whole server shares.

    `kind` is SQL's word (TABLE, SCHEMA, FUNCTION, LARGE OBJECT ...). `arguments` are a function's, as the server writes
    them. Kinds that PostgreSQL alone can name (operators and the like) keep its text in `name` and no schema.
    """

    database: str
    kind: str
    schema: str
    name: str
    arguments: str = ""

    @property
    def text(self) -> str:
        """How a person names it."""
        name = f"{self.schema}.{self.name}" if self.schema else self.name
        return f"{name}({self.arguments})" if self.kind in ROUTINES else name


RELATIONS = ("TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE")  # what SELECT is granted on, sequences aside
ROUTINES = ("FUNCTION", "PROCEDURE", "AGGREGATE")


@record(frozen=True, slots=True)
class Role(Sortable):
    """A role. `password`: none, declared (it is the matrix's), md5 or weak (hashed so, or in too few rounds; the matrix's
    where that has one), shared:ROLE (it is another role's of the matrix), name (it is the role's name), other, or unknown
    (nothing to compare with). `expiry`: none, future or past."""

    name: str
    login: bool = False
    superuser: bool = False
    createdb: bool = False
    createrole: bool = False
    replication: bool = False
    bypassrls: bool = False
    limit: int = UNLIMITED
    password: str = "none"
    expiry: str = "none"

    @property
    def key(self) -> Key:
        return (self.name,)

    def having(self, **attributes: bool) -> Role:
        """The same role with other attributes."""
        return replace(self, **cast(dict[str, Any], attributes))


@record(frozen=True, slots=True)
class Membership(Sortable):
    """`member` is a member of `role`, as granted by `grantor`."""

    role: str
    member: str
    grantor: str
    admin: bool = False
    inherit: bool = True
    set: bool = True

    @property
    def key(self) -> Key:
        return (self.role, self.member, self.grantor)


@record(frozen=True, slots=True)
class Database(Sortable):
    """A database; `connections`: whether it accepts any."""

    name: str
    owner: str
    connections: bool = True
    template: bool = False
    limit: int = UNLIMITED

    @property
    def key(self) -> Key:
        return (self.name,)

    @property
    def obj(self) -> Obj:
        return Obj("", "DATABASE", "", self.name)


@record(frozen=True, slots=True)
class Setting(Sortable):
    """A stored setting of a database, of a role, of a role in a database (both), or of all roles (neither)."""

    database: str
    role: str
    name: str
    value: str

    @property
    def key(self) -> Key:
        return (self.database, self.role, self.name)


@record(frozen=True, slots=True)
class Owner(Sortable):
    """Who owns an object. `linked`: the table whose column a sequence serves; it follows that table's owner."""

    obj: Obj
    owner: str
    linked: str = ""

    @property
    def key(self) -> Key:
        return (self.obj,)


@record(frozen=True, slots=True)
class Grant(Sortable):
    """What `grantor` has given to `grantee` on an object (or one column of it), NULL ACLs expanded."""

    obj: Obj
    column: str
    grantee: str
    grantor: str
    privileges: tuple[str, ...]
    grantable: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        return (self.obj, self.column, self.grantee, self.grantor)


@record(frozen=True, slots=True)
class DefaultGrant(Sortable):
    """What objects made later by `creator` give to `grantee`. `schema` is empty for all schemas; `kind` is TABLES,
    SEQUENCES, FUNCTIONS, TYPES or SCHEMAS."""

    database: str
    creator: str
    schema: str
    kind: str
    grantee: str
    privileges: tuple[str, ...]
    grantable: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        return (self.database, self.creator, self.schema, self.kind, self.grantee)


@record(frozen=True, slots=True)
class Extension(Sortable):
    """An installed extension. `schema`: where it is to be made, empty where the extension itself says so."""

    database: str
    name: str
    schema: str = "public"

    @property
    def key(self) -> Key:
        return (self.database, self.name)


@record(frozen=True, slots=True)
class Table(Sortable):
    """A relation that holds or shows rows; `vectors` are its embedding columns, `parent` the table it is a part of."""

    database: str
    schema: str
    name: str
    kind: str
    vectors: tuple[str, ...] = ()
    parent: str = ""

    @property
    def key(self) -> Key:
        return (self.database, self.schema, self.name)


@record(frozen=True, slots=True)
class Thing(Sortable):
    """Anything else whose presence alone matters: `kind` says what (event trigger, foreign server, slot ...),
    `detail` what a reader must know of it (a function's owner, where a foreign server points)."""

    database: str
    kind: str
    name: str
    detail: str = ""

    @property
    def key(self) -> Key:
        return (self.database, self.kind, self.name)


@record(frozen=True, slots=True)
class SchemaFile(Sortable):
    """A schema file of a row. `state`: applied, baseline, started (killed in between), or pending."""

    database: str
    path: str
    checksum: str
    state: str

    @property
    def key(self) -> Key:
        return (self.database, self.path)


@record(frozen=True, slots=True)
class ServerSetting(Sortable):
    """A setting of the running server that opens a door, weakens secrets, takes the reserve or stops every service."""
    name: str
    value: str

    @property
    def key(self) -> Key:
        return (self.name,)


@record(frozen=True, slots=True)
class Session(Sortable):
    """Live sessions of one role in one database; without a database those that replicate."""

    database: str
    role: str

    @property
    def key(self) -> Key:
        return (self.database, self.role)


@record(frozen=True, slots=True)
class Door(Sortable):
    """A line of pg_hba.conf as the server reads it. `line`: the how many-th the server asks, 0 for one that is wanted and
    not there; `place` where it stands, or what is in a wanted one's way; `error`: why it is not read, or is doubtful."""

    line: int
    type: str
    databases: tuple[str, ...]
    users: tuple[str, ...]
    address: str
    method: str
    options: tuple[str, ...] = ()
    error: str = ""
    place: str = ""

    @property
    def key(self) -> Key:
        return (self.line, self.type, self.databases, self.users, self.address)

    @property
    def text(self) -> str:
        """As a line, quotes left out, secrets hidden."""
        words = [",".join(self.databases), ",".join(self.users), *([self.address] if self.address else [])]
        return " ".join([self.type, *words, self.method, *map(mask, self.options)])

    @property
    def shut(self) -> bool:
        """Whether the server reads the line and never applies it: for TLS or GSSAPI where that is off. No reload fails."""
        return "record cannot match because" in self.error


@record(frozen=True, slots=True)
class IdentityMap(Sortable):
    """A line of pg_ident.conf: in `map`, the account `account` of the host may be `role`."""

    map: str
    account: str
    role: str

    @property
    def key(self) -> Key:
        return (self.map, self.account, self.role)

"""Models of the library (tests/live/engine/matrix.yml): as it should be, and with anything planted in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import acl, plan
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog import snapshot as snapshots
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.catalog.snapshot import RowSecurity, Snapshot
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.expand.scope import Scope
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.items import (
    PUBLIC,
    Database,
    DefaultGrant,
    Extension,
    Grant,
    Membership,
    Obj,
    Owner,
    Role,
    Session,
    Setting,
    Table,
    Thing,
)
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.parse import parse
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.model import Item, Model
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.plan import Options
from hypothesis import strategies as st

RAW: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "live" / "engine" / "matrix.yml").read_text())
MAJORS = (15, 17, 18)
ALL = ("safe", "disruptive", "removal")
SCOPE = Scope(parse(RAW["servers"], RAW["allocation"]), "shelf.example", "postgres")
PLACES = [place.name for place in SCOPE.places.values() if place.kind == "active"]
STRANGERS = ("stranger", "helpers")
ROLES = [*sorted(SCOPE.roles), *STRANGERS]


def tidy(major: int) -> Snapshot:
    """The library as the engine makes it from nothing, with its tables."""
    empty = replace(snapshots.empty(), major=major, predefined=frozenset({"pg_monitor"}))
    made = plan.make(SCOPE, empty, Options("enforce", ALL), {}).after
    made.model.put(Role("watcher", login=True, limit=2, password="unknown"))
    made.model.put(Membership("pg_monitor", "watcher", "postgres"))
    made.model.put(Role("pg_monitor"))
    for name in PLACES:
        place = SCOPE.places[name]
        for table in place.row.tables if place.row else ():
            put_table(made.model, Obj(name, "TABLE", "public", table), place.owner, major)
        put_object(made.model, Obj(name, "SEQUENCE", "public", "numbers"), place.owner, major)
        put_object(made.model, Obj(name, "FUNCTION", "public", "f", "integer"), place.owner, major)
        made.model.put(Extension(name, "plpgsql"))
    return plan.make(SCOPE, made, Options("enforce", ALL), {}).after


def put_object(model: Model, obj: Obj, owner: str, major: int) -> None:
    """An object as its owner makes it."""
    model.put(Owner(obj, owner))
    for grant in acl.default(obj, owner, major):
        model.put(grant)


def put_table(model: Model, obj: Obj, owner: str, major: int) -> None:
    """A table as its owner makes it."""
    put_object(model, obj, owner, major)
    model.put(Table(obj.database, obj.schema, obj.name, "TABLE"))


def objects(model: Model) -> list[Obj]:
    """All that has an owner, databases included."""
    return sorted([*(owner.obj for owner in model.of(Owner).values()), *(item.obj for item in model.of(Database).values())])


TIDY = {major: tidy(major) for major in MAJORS}
_PRIVILEGES = ("CONNECT", "CREATE", "TEMPORARY", "SELECT", "INSERT", "DELETE", "TRUNCATE", "USAGE", "UPDATE", "EXECUTE")


@st.composite
def planted(draw: st.DrawFn) -> Snapshot:
    """The library with some things changed that a superuser, or an owner, can change."""
    clean = TIDY[draw(st.sampled_from(MAJORS))]
    state = replace(clean, model=clean.model.copy())
    for name in STRANGERS:
        if draw(st.booleans()):
            state.model.put(Role(name, login=draw(st.booleans()), superuser=False, createdb=draw(st.booleans())))
    for _plant in range(draw(st.integers(1, 8))):
        draw(st.sampled_from(_PLANTS))(draw, state)
    return state


def _role(draw: st.DrawFn, state: Snapshot) -> str:
    return draw(st.sampled_from(sorted(name for name in ROLES if state.model.get(Role, name))))


def _grant(draw: st.DrawFn, state: Snapshot) -> None:
    obj = draw(st.sampled_from(objects(state.model)))
    database = state.model.get(Database, obj.name) if obj.kind == "DATABASE" else None
    owned = state.model.get(Owner, obj)
    owner = database.owner if database else owned.owner if owned else ""
    grantee = draw(st.sampled_from([PUBLIC, _role(draw, state)]))
    column = draw(st.sampled_from(["", "title"])) if obj.kind == "TABLE" else ""
    usual = [word for word in _PRIVILEGES if word in acl.owners_privileges(obj.kind, state.major)]
    words = draw(st.lists(st.sampled_from(usual), min_size=1, unique=True)) if usual else []
    if column:
        words = [word for word in words if word in ("SELECT", "INSERT", "UPDATE")]
    options = words[: draw(st.integers(0, 1))] if grantee != PUBLIC else []
    if words and owner and grantee != owner:
        state.model.put(Grant(obj, column, grantee, owner, tuple(sorted(words)), tuple(sorted(options))))


def _revoke(draw: st.DrawFn, state: Snapshot) -> None:
    grants = sorted(state.model.of(Grant).values())
    state.model.drop(draw(st.sampled_from(grants)))


def _member(draw: st.DrawFn, state: Snapshot) -> None:
    role, member = _role(draw, state), _role(draw, state)
    if role != member and state.model.get(Membership, member, role, "postgres") is None:
        plain = state.major < 16
        state.model.put(Membership(role, member, "postgres", draw(st.booleans()), plain or draw(st.booleans()), True))


def _owner(draw: st.DrawFn, state: Snapshot) -> None:
    owners = [item for item in sorted(state.model.of(Owner).values()) if item.obj.kind != "FUNCTION"]
    item, new = draw(st.sampled_from(owners)), draw(st.sampled_from(["postgres", _role(draw, state)]))
    moved = acl.new_owner([grant for grant in state.model.of(Grant).values() if grant.obj == item.obj], item.owner, new)
    for grant in state.model.near(Grant, item.obj):
        state.model.drop(grant)
    for item_ in (replace(item, owner=new), *moved):
        state.model.put(item_)


def _database(draw: st.DrawFn, state: Snapshot) -> None:
    item = state.model.of(Database)[draw(st.sampled_from(PLACES)),]
    state.model.put(replace(item, limit=draw(st.sampled_from([-1, 0, 3])), template=draw(st.booleans())))


def _attributes(draw: st.DrawFn, state: Snapshot) -> None:
    item = state.model.of(Role)[_role(draw, state),]
    state.model.put(
        replace(
            item,
            login=draw(st.booleans()),
            createdb=draw(st.booleans()),
            replication=draw(st.booleans()),
            limit=draw(st.sampled_from([-1, 0, 2, 30])),
            expiry=draw(st.sampled_from(["none", "past", "future"])),
            password=draw(st.sampled_from(["none", "declared", "md5", "other", "shared:loans_owner", "unknown"])),
        )
    )


def _setting(draw: st.DrawFn, state: Snapshot) -> None:
    database, role = draw(st.sampled_from(["", *PLACES])), draw(st.sampled_from(["", _role(draw, state)]))
    state.model.put(Setting(database, role, draw(st.sampled_from(["search_path", "statement_timeout", "work_mem"])), "1"))


def _default(draw: st.DrawFn, state: Snapshot) -> None:
    database = draw(st.sampled_from(PLACES))
    words = draw(st.lists(st.sampled_from(["SELECT", "INSERT", "DELETE"]), min_size=1, unique=True))
    state.model.put(
        DefaultGrant(
            database,
            SCOPE.places[database].owner,
            draw(st.sampled_from(["", "public"])),
            "TABLES",
            draw(st.sampled_from([PUBLIC, _role(draw, state)])),
            tuple(sorted(words)),
        )
    )


def _thing(draw: st.DrawFn, state: Snapshot) -> None:
    kind = draw(st.sampled_from(["publication", "foreign server", "event trigger", "comet"]))
    state.model.put(Thing(draw(st.sampled_from(PLACES)), kind, "x"))


def _definer(draw: st.DrawFn, state: Snapshot) -> None:
    state.model.put(Thing(draw(st.sampled_from(PLACES)), "definer function", "public.x()", _role(draw, state)))


def _row_security(draw: st.DrawFn, state: Snapshot) -> None:
    tables = [obj for obj in objects(state.model) if obj.kind == "TABLE"]
    table, view = draw(st.sampled_from(tables)), draw(st.sampled_from(tables))
    rules = RowSecurity(draw(st.booleans()), frozenset({_role(draw, state)}))
    state.row_security = {**state.row_security, table: rules}
    if view != table and view.database == table.database:
        state.row_readers = {**state.row_readers, view: {table}}


def _session(draw: st.DrawFn, state: Snapshot) -> None:
    state.model.put(Session(draw(st.sampled_from([*PLACES, "old_letters"])), _role(draw, state)))


def _gone(draw: st.DrawFn, state: Snapshot) -> None:
    items: list[Item] = [
        *state.model.of(Extension).values(),
        *state.model.of(DefaultGrant).values(),
        *state.model.of(Setting).values(),
    ]
    state.model.drop(draw(st.sampled_from(sorted(items, key=str))))


_PLANTS = (
    _grant,
    _grant,
    _grant,
    _revoke,
    _member,
    _owner,
    _database,
    _attributes,
    _setting,
    _default,
    _thing,
    _definer,
    _row_security,
    _session,
    _gone,
)

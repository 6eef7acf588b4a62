"""Cases are data (tests/cases/*.yml): what breaks the library, what that lets happen, what ends it. README there."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.files import SchemaFile
from live.engine.neighborhood import BOTH, SOURCES, Neighborhood, secrets
from live.postgres import major, programs

FOLDER = Path(__file__).resolve().parents[2] / "cases"
SUPERUSER = "superuser"
WORKS, REFUSED = "works", "refused"
ENDED, FENCED, OPEN = "ended", "fenced", "open"
STANDING = ("open", "deferred", "unchecked")
INSUFFICIENT_PRIVILEGE = "42501"


@dataclass(frozen=True)
class Probe:
    """A statement of a login with its own secret (or of the superuser): how it fares `now`, and `then`. works, refused,
    another SQLSTATE, or the first value that it returns."""

    sql: str = "SELECT 1"
    db: str = "postgres"
    by: str = SUPERUSER
    password: str | None = None
    now: str = WORKS
    then: str = REFUSED

    def ask(self, library: Neighborhood, wanted: str) -> str:
        """How it fares, in the words of what is wanted."""
        try:
            session = (
                library.cluster.admin(self.db) if self.by == SUPERUSER else library.login(self.by, self.db, self.password)
            )
        except psycopg2.OperationalError:
            return REFUSED
        with closing(session), session.cursor() as cursor:
            try:
                cursor.execute(_filled(self.sql, library))
                values = cursor.fetchall() if cursor.description else []
            except psycopg2.Error as error:
                return REFUSED if error.pgcode == INSUFFICIENT_PRIVILEGE else str(error.pgcode)
            finally:
                if not session.autocommit:
                    session.rollback()
        return str(values[0][0]) if values and wanted not in (WORKS, REFUSED) else WORKS


@dataclass(frozen=True)
class Case:
    """One breach. `at`: fields of the violation. `also`: other rules that the plant breaks as well; `stays`: rules that
    are open afterwards; `lost`: what the remedy may drop; `needs`: extensions; `files`: schema files of loans; `doors`:
    what is wrong with pg_hba.conf; `foreseen`: whether check mode can tell all of it."""

    id: str
    rule: str = ""
    why: str = ""
    at: dict[str, str] = field(default_factory=dict)
    matrix: dict[str, Any] = field(default_factory=dict)
    plant: tuple[dict[str, Any], ...] = ()
    prove: tuple[Probe, ...] = ()
    kind: str = "safe"
    severity: str = ""
    end: str = ENDED
    also: tuple[str, ...] = ()
    stays: tuple[str, ...] | None = None
    remedies: tuple[str, ...] = BOTH
    lost: tuple[str, ...] = ()
    majors: tuple[int, int] = (15, 99)
    needs: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    doors: dict[str, Any] = field(default_factory=dict)
    work: bool = True
    foreseen: bool = True

    @property
    def left(self) -> set[str]:
        """The rules that are open in the end."""
        if self.stays is not None:
            return set(self.stays)
        return set() if self.end == ENDED else {self.rule}


def load(name: str = "*") -> list[Case]:
    """All cases of one file of tests/cases, or of all but right.yml."""
    found = []
    for path in sorted(FOLDER.glob(f"{name}.yml")):
        if path.stem == "right" and name == "*":
            continue
        for raw in yaml.safe_load(path.read_text()):
            raw["prove"] = tuple(Probe(**probe) for probe in raw.get("prove", ()))
            raw["plant"] = tuple({"sql": step} if isinstance(step, str) else step for step in raw.get("plant", ()))
            lists = {key: tuple(value) for key, value in raw.items() if isinstance(value, list)}
            found.append(Case(**{**raw, **lists}))
    return found


def here(cases: Iterable[Case]) -> list[Case]:
    """Those that this PostgreSQL can play."""
    share = programs()[1].parent / "share"
    debian = Path(f"/usr/share/postgresql/{major()}/extension")
    installed = {path.stem for path in (*share.rglob("*.control"), *debian.glob("*.control"))}
    return [case for case in cases if case.majors[0] <= major() <= case.majors[1] and installed.issuperset(case.needs)]


def plant(library: Neighborhood, case: Case, stack: ExitStack) -> None:
    """Break the library. Sessions that stay open end with `stack`."""
    if case.files:
        texts = {**{source.path: source.text for source in SOURCES}, **case.files}
        library.sources = {"loans": tuple(SchemaFile(path, text) for path, text in texts.items())}
    for step in case.plant:
        match step:
            case {"session": role, "db": database, **more}:
                library.doors(opened=True)
                session = stack.enter_context(closing(library.login(role, database, more.get("password"))))
                for statement in more.get("run", ()):
                    session.cursor().execute(statement)
                library.doors(opened=False)
            case {"replicate": role}:
                library.doors(opened=True)
                stack.enter_context(closing(library.replicate(role)))
                library.doors(opened=False)
            case {"file": name, "text": text}:
                (library.cluster.data / name).write_text(text)
            case {"restart": settings}:
                library.cluster.restart(**settings)
            case {"sql": statement}:
                library.sql(_filled(statement, library), step.get("db", "postgres"), step.get("by"))
    if case.doors:
        library.break_doors(**case.doors)


def _filled(sql: str, library: Neighborhood) -> str:
    """The way to the server itself, for statements that leave their database."""
    return sql.replace("@port@", str(library.cluster.port))


def states(result: dict[str, Any], *wanted: str) -> list[dict[str, Any]]:
    """The violations in these states; without any, those that make a server not compliant."""
    return [violation for violation in result["violations"] if violation["state"] in (wanted or STANDING)]


def rules(result: dict[str, Any], *wanted: str) -> set[str]:
    """The rules that are broken; `wanted` as for `states`."""
    return {violation["rule"] for violation in states(result, *wanted)}


def told(result: dict[str, Any]) -> str:
    """The violations for a person who reads why a test failed."""
    line = "  {state:9} {rule} [{severity}, {remedy_kind}] {message}"
    return "\n".join(line.format_map(violation) for violation in result["violations"])


def assert_no_secrets(library: Neighborhood, *results: dict[str, Any]) -> None:
    """Neither a password of the matrix nor a stored verifier is in what was returned."""
    text = json.dumps(results, ensure_ascii=False)
    verifiers = [word for (word,) in library.sql("SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL")]
    for secret in (*secrets(library.matrix).values(), *verifiers):
        assert secret not in text
        assert json.dumps(secret)[1:-1] not in text


def prove(library: Neighborhood, case: Case, moment: str) -> None:
    """The probes, with every door of pg_hba.conf open, for the database must keep people out by itself."""
    if not case.doors:
        library.doors(opened=True)
    for probe in case.prove:
        wanted = str(getattr(probe, moment))
        found = probe.ask(library, wanted)
        end = time.monotonic() + 5
        while found != wanted and "pg_stat_activity" in probe.sql and time.monotonic() < end:
            time.sleep(0.02)  # who has left is listed for a moment
            found = probe.ask(library, wanted)
        assert found == wanted, f"{moment}: {probe.by} in {probe.db}: {probe.sql}: {found}, not {wanted}"
    if not case.doors:
        library.doors(opened=False)

"""A schema that nobody wrote by hand: thousands of lines with everything that a service's dump may hold."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

EXTENSIONS = ("pg_trgm", "btree_gist")
_KINDS = ("integer", "text", "numeric(10,2)", "timestamptz", "jsonb", "uuid", "text[]", "boolean", "interval", "inet")
# What a careless reader of SQL takes for the end of a statement, or for one.
_TRAPS = (
    "'it''s; COMMIT;'", "E'it\\'s; ROLLBACK;'", "$$ BEGIN; $$", "$q$ $$; END; $$ $q$", "U&'\\0041; COMMIT;'", "'\\d; \\'",
    "'/* -- '", "'Grüße; 🐘'",
)


@dataclass
class Generated:
    """The text, and how many objects of each kind it makes."""

    lines: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def text(self) -> str:
        """The file."""
        return "\n".join(self.lines) + "\n"

    def add(self, kind: str, text: str) -> None:
        """A statement that makes one object of `kind`, or none where that is empty."""
        self.lines += text.strip("\n").split("\n")
        if kind:
            self.counts[kind] += 1


def generate(modules: int = 110, seed: int = 0) -> Generated:
    """A schema of so many modules, about fifty lines each, the same for the same seed."""
    chance = random.Random(seed)
    made = Generated()
    for extension in EXTENSIONS:
        made.add("", f"CREATE EXTENSION IF NOT EXISTS {extension};")
    for number in range(modules):
        _module(made, number, chance)
    return made


def _module(made: Generated, number: int, chance: random.Random) -> None:
    schema = f'"Module {number % 7}"' if number % 3 else "public"
    name = f"{schema}.{chance.choice(('item', 'Entry', 'größe'))}_{number}"
    made.add("", f"-- module {number}; it''s a comment with a quote ' and a semicolon; COMMIT;")
    made.add("", f"/* nested /* comment; ROLLBACK; */ of {name} */")
    made.add("", f"CREATE SCHEMA IF NOT EXISTS {schema};")
    made.add("type", f"CREATE TYPE {name}_state AS ENUM ('new', 'it''s; old', 'gone');")
    _table(made, name, number, chance)
    _code(made, name, chance)
    _views(made, name)
    _partitions(made, name, chance)
    _rows(made, name, chance)


def _table(made: Generated, name: str, number: int, chance: random.Random) -> None:
    columns = [f"    column_{n} {chance.choice(_KINDS)}" for n in range(chance.randint(4, 12))]
    made.add("table", "\n".join([
        f"CREATE TABLE {name} (",
        "    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,",
        f"    parent_id bigint REFERENCES {name} ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,",
        f"    state {name}_state NOT NULL DEFAULT 'new',",
        f"    label text NOT NULL DEFAULT {chance.choice(_TRAPS)} CHECK (label <> ''),",
        "    during tstzrange,",
        "    doubled numeric GENERATED ALWAYS AS (length(label) * 2) STORED,",
        ",\n".join([*columns, "    EXCLUDE USING gist (id WITH =, during WITH &&)"]),
        ") WITH (fillfactor = 90);",
    ]))
    made.add("index", f"CREATE INDEX index_{number} ON {name} USING gin (label gin_trgm_ops) WHERE state <> 'gone';")
    made.add("index", f"CREATE INDEX expression_{number} ON {name} (lower(label), (doubled + 1)) INCLUDE (parent_id);")
    made.add("", f"COMMENT ON TABLE {name} IS {chance.choice([trap for trap in _TRAPS if trap[0] == chr(39)])};")
    made.add("", f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;")
    made.add("policy", f"CREATE POLICY everybody ON {name} USING (label IS NOT NULL) WITH CHECK (true);")


def _code(made: Generated, name: str, chance: random.Random) -> None:
    made.add("function", f"""
CREATE OR REPLACE FUNCTION {name}_touch() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    said text := {chance.choice(_TRAPS[:5])};
BEGIN
    -- COMMIT; in a comment of the body
    IF NEW.label = said THEN
        NEW.label := NEW.label || '; END; $$';
    END IF;
    RETURN NEW;
EXCEPTION WHEN division_by_zero THEN
    RETURN NULL;
END;
$body$;""")
    made.add("trigger", f"CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON {name}\n"
             f"    FOR EACH ROW EXECUTE FUNCTION {name}_touch();")
    made.add("function", f"""
CREATE FUNCTION {name}_count(wanted text DEFAULT {chance.choice(_TRAPS)}) RETURNS bigint LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT CASE WHEN true THEN 1 END;
    SELECT count(*) FROM {name} WHERE label = wanted OR CASE state WHEN 'new' THEN true ELSE false END;
END;""")
    made.add("function", f"""
CREATE PROCEDURE {name}_clean() LANGUAGE sql
BEGIN ATOMIC
    DELETE FROM {name} WHERE state = 'gone';
END;""")


def _views(made: Generated, name: str) -> None:
    made.add("view", f"""
CREATE VIEW {name}_live AS
    SELECT id, label, CASE WHEN state = 'new' THEN 'n;' ELSE 'o' END AS "end", count(*) OVER (PARTITION BY state) AS same
    FROM {name} WHERE state <> 'gone';""")
    made.add("view", f"CREATE VIEW {name}_plain AS SELECT id, label FROM {name};")
    made.add("rule", f"""
CREATE RULE remember AS ON DELETE TO {name}_plain DO INSTEAD (
    UPDATE {name} SET state = 'gone' WHERE id = OLD.id;
    UPDATE {name} SET parent_id = NULL WHERE parent_id = OLD.id;
);""")
    made.add("matview", f"CREATE MATERIALIZED VIEW {name}_sums AS\n"
             f"    SELECT state, count(*) FROM {name} GROUP BY state WITH NO DATA;")


def _partitions(made: Generated, name: str, chance: random.Random) -> None:
    made.add("partitioned", f"""
CREATE TABLE {name}_log (
    at timestamptz NOT NULL DEFAULT now(),
    id bigint NOT NULL,
    said text,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);""")
    for month in range(1, chance.randint(3, 5)):
        made.add("table", f"CREATE TABLE {name}_log_{month} PARTITION OF {name}_log"
                 f" FOR VALUES FROM ('2026-{month:02}-01') TO ('2026-{month + 1:02}-01');")
    made.add("table", f"CREATE TABLE {name}_log_rest PARTITION OF {name}_log DEFAULT;")


def _rows(made: Generated, name: str, chance: random.Random) -> None:
    for _row in range(3):
        made.add("row", f"INSERT INTO {name} (label, during) VALUES ({chance.choice(_TRAPS)}, '[2026-01-01, 2026-02-01)');")
    made.add("", f"""
DO $do$
BEGIN
    PERFORM 1 FROM {name} WHERE label = $x$ COMMIT; $x$;
    INSERT INTO {name}_log (id, said) SELECT id, label FROM {name};
END
$do$;""")
    made.add("", "")

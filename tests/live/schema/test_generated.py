"""Thousands of generated lines, applied as the owner in one run; and one that fails in its last line."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import SchemaFileError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema import records
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.lexer import statements
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.text import created_tables, refusals
from live.schema.conftest import Place
from live.schema.generated import EXTENSIONS, Generated, generate

PATH = "schemas/generated.sql"
# All that belongs to nobody's extension, outside of the server's own schemas, by kind and owner.
COUNTS = """
WITH ours AS (
    SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'good_neighbor')
),
things AS (
    SELECT CASE relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'matview' WHEN 'p' THEN 'partitioned' END
        AS kind, relowner AS owner, oid
    FROM pg_class WHERE relnamespace IN (SELECT oid FROM ours) AND relkind IN ('r', 'v', 'm', 'p')
    UNION ALL SELECT 'function', proowner, oid FROM pg_proc WHERE pronamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'type', typowner, oid FROM pg_type WHERE typtype = 'e' AND typnamespace IN (SELECT oid FROM ours)
    UNION ALL SELECT 'trigger', relowner, t.oid FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal
    UNION ALL SELECT 'policy', relowner, p.oid FROM pg_policy p JOIN pg_class c ON c.oid = polrelid
    UNION ALL SELECT 'rule', relowner, r.oid FROM pg_rewrite r JOIN pg_class c ON c.oid = ev_class
        WHERE rulename = 'remember'
)
SELECT kind, pg_get_userbyid(owner), count(*) FROM things
WHERE NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = things.oid AND d.deptype = 'e') GROUP BY 1, 2
"""


def make_extensions(place: Place) -> None:
    """What the row names comes first, by the superuser."""
    for extension in EXTENSIONS:
        place.query(f"CREATE EXTENSION {extension} SCHEMA public")


def test_thousands_of_lines_in_one_run(place: Place) -> None:
    make_extensions(place)
    made = generate()
    assert len(made.lines) > 5000
    assert refusals(PATH, made.text) == []
    began = time.monotonic()
    assert place.apply(made.text, PATH)
    assert time.monotonic() - began < 60  # seconds, on a busy machine
    found: Counter[str] = Counter()
    for kind, owner, count in place.query(COUNTS):
        assert owner == place.owner
        found[kind] = count
    expected = Counter(made.counts)
    rows = expected.pop("row")
    expected.pop("index")
    assert found == expected
    assert len(created_tables(made.text)) == expected["table"] + expected["partitioned"]
    logs = [name for (name,) in place.query("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'p'")]
    assert sum(place.query(f"SELECT count(*) FROM {name}")[0][0] for name in logs) == rows
    assert not place.apply(made.text, PATH)


def test_thousands_of_lines_of_which_the_last_one_fails(place: Place) -> None:
    make_extensions(place)
    leaves_nothing(place, generate(), "SELECT nothing FROM nowhere;")


@pytest.mark.parametrize("last", ["SELECT 1 / 0;", "SELECT 'open", "DROP DATABASE x;", "x"])
def test_other_last_lines(place: Place, last: str) -> None:
    make_extensions(place)
    made = generate(modules=3)
    leaves_nothing(place, made, last)
    assert place.apply(made.text, PATH)


def leaves_nothing(place: Place, made: Generated, last: str) -> None:
    """Apply what was generated with one more line, which must fail."""
    with pytest.raises(SchemaFileError, match=f"^{PATH}:{len(made.lines) + 1}: "):
        place.apply(made.text + last + "\n", PATH)
    assert place.query(COUNTS) == []
    assert place.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'Module%'") == []
    assert records.read(place.admin.cursor()) == ()


def test_each_statement_is_one_for_the_server(place: Place) -> None:
    """The statements that we tell apart, one by one, do what the whole text does."""
    make_extensions(place)
    made = generate(modules=20, seed=7)
    session = place.connect_as(place.owner, str(place.password))
    cursor = session.cursor()
    for statement in statements(made.text):
        cursor.execute(made.text[statement.start : statement.end])
    session.commit()
    session.close()
    expected = Counter(made.counts)
    found = sum(count for _kind, _owner, count in place.query(COUNTS))
    assert found == expected.total() - expected["row"] - expected["index"]

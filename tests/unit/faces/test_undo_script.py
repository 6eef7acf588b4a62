"""An undo file is cut where it changes the database, and nowhere else."""

from __future__ import annotations

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.undo_script import sections

FILE = """\
-- Takes back what a run changed.
\\set ON_ERROR_STOP on
\\connect "od""d; name"
ALTER TABLE a OWNER TO b;
GRANT SELECT ON "it;s" TO c;

REVOKE SELECT ON "it;s" FROM d;
\\connect "postgres"
ALTER ROLE a PASSWORD 'x
\\connect "elsewhere"
;y';
"""


def test_parts_are_databases_with_their_statements_and_lines() -> None:
    """What a blank line parts may be taken back one without the other."""
    found = sections(FILE)
    assert [(part.database, part.groups) for part in found] == [
        ('od"d; name', (((4, "ALTER TABLE a OWNER TO b"), (5, 'GRANT SELECT ON "it;s" TO c')),
                        ((7, 'REVOKE SELECT ON "it;s" FROM d'),))),
        ("postgres", (((9, "ALTER ROLE a PASSWORD 'x\n\\connect \"elsewhere\"\n;y'"),),)),
    ]
    assert [part.count for part in found] == [3, 1]
    assert "PASSWORD" not in repr(sections(FILE))


@pytest.mark.parametrize(("text", "says"), [
    ("DROP TABLE a;", "line 1 is none that a run"), ("\\connect \"a\"\n\\! rm", "line 2 is none that a run"),
    ("\\connect \"a\"\nSELECT 'x", "the file ends inside line 2"),
])
def test_other_files_are_refused(text: str, says: str) -> None:
    with pytest.raises(GoodNeighborError, match=says):
        sections(text)

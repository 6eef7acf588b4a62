"""A dump's list, parted by who may restore it. The lines are those of pg_restore 15 and 17."""

from __future__ import annotations

import re

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup import restore_list
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.errors import BackupError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.backup.restore_list import Extension

LISTING = """;
; Archive created at 2026-11-28 17:45:36 UTC
;
10; 2615 16558 SCHEMA - DATA o
8; 2615 16423 SCHEMA - ext o
9; 2615 16552 SCHEMA - good_neighbor postgres
3; 3079 16424 EXTENSION - hstore
2701; 0 0 COMMENT - EXTENSION hstore
2; 3079 16386 EXTENSION - pgcrypto
221; 1259 16560 TABLE DATA x y o
219; 1259 16553 TABLE good_neighbor schema_file postgres
2691; 0 16560 TABLE DATA DATA x y o
2689; 0 16553 TABLE DATA good_neighbor schema_file postgres
2690; 2606 16559 CONSTRAINT good_neighbor schema_file schema_file_pkey postgres
3000; 0 0 ACL public TABLE goods o
3001; 826 16600 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES o
2684; 6104 16570 PUBLICATION - p o
2685; 6104 16572 PUBLICATION - pa postgres
2687; 6106 16571 PUBLICATION TABLE DATA p x y o
2688; 6237 16577 PUBLICATION TABLES IN SCHEMA DATA ps DATA postgres
2700; 3466 16578 EVENT TRIGGER - watch postgres
2702; 1417 16579 SERVER - elsewhere o
"""
SCRIPT = """
CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA ext;
COMMENT ON EXTENSION hstore IS 'of
CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA forged;
CREATE EXTENSION IF NOT EXISTS evil WITH SCHEMA public;
';
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA "Odd ""one";
CREATE PUBLICATION p WITH (publish = 'insert, update, delete, truncate');
CREATE PUBLICATION "all of it" FOR ALL TABLES WITH (publish = 'insert');
CREATE PUBLICATION x FOR ALL TABLES WITH (publish = 'insert'); DROP TABLE y; --);
"""


LISTING = re.sub(r"(EXTENSION .*)", r"\1 ", LISTING)  # as pg_restore writes them, with an empty owner


def names(some: tuple[restore_list.Entry, ...]) -> list[str]:
    """What the entries say behind their numbers."""
    return [entry.rest.strip() for entry in some]


def test_only_declared_extensions_are_the_superusers() -> None:
    parts = restore_list.parts(LISTING, ["hstore"])
    assert names(parts.extensions) == ["EXTENSION - hstore"]
    assert "EXTENSION - pgcrypto" in names(parts.rest)  # PostgreSQL trusts it, or refuses it


def test_our_records_and_rights_are_left_out_silently() -> None:
    rest = "\n".join(names(restore_list.parts(LISTING, []).rest))
    assert "good_neighbor" not in rest and "ACL" not in rest and "COMMENT" not in rest


def test_what_only_a_superuser_could_make_is_told() -> None:
    assert restore_list.parts(LISTING, []).told == (
        "publication of a whole schema PUBLICATION TABLES IN SCHEMA DATA ps DATA", "event trigger watch",
        "foreign server elsewhere")


def test_the_rest_keeps_its_order_and_odd_names() -> None:
    parts = restore_list.parts(LISTING, ["hstore", "pgcrypto"])
    assert [entry.number for entry in parts.rest] == [10, 8, 221, 2691, 2684, 2685, 2687]
    assert restore_list.chosen(parts.rest).splitlines()[2] == "221; 1259 16560 TABLE DATA x y o"
    assert [entry.number for entry in restore_list.without_schemas(parts.rest, ["ext"])][:2] == [10, 221]
    assert 2685 not in [entry.number for entry in restore_list.without_publications(parts.rest, ["pa"])]


@pytest.mark.parametrize("forged", [
    "5; 1259 16400 TABLE public EXTENSION - hstore o", "5; 0 16400 TABLE DATA public EXTENSION - hstore  o",
    "5; 1255 16400 FUNCTION EXTENSION - hstore  o"])
def test_no_name_makes_an_extension(forged: str) -> None:
    parts = restore_list.parts(forged, ["hstore"])
    assert parts.extensions == () and len(parts.rest) == 1


def test_other_line_breaks_in_a_name_make_no_line() -> None:
    parts = restore_list.parts("5; 1259 1 TABLE public a\u20289; 3079 1 EXTENSION - hstore  o", ["hstore"])
    assert parts.extensions == () and [entry.number for entry in parts.rest] == [5]


def test_what_is_no_line_is_refused() -> None:
    with pytest.raises(BackupError, match="nobody can read"):
        restore_list.parts("no list at all", [])


def test_names_are_taken_out_of_a_script() -> None:
    declared = ("uuid-ossp", "hstore", "vector")
    assert restore_list.extensions(SCRIPT, declared) == (Extension("uuid-ossp", 'Odd "one'), Extension("hstore", "ext"))
    assert restore_list.for_all_tables(SCRIPT) == {"all of it": "publish = 'insert'"}

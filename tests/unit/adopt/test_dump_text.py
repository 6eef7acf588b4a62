"""What pg_dump says becomes a schema file, or says why not."""

from __future__ import annotations

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.adopt.dump_text import NotAcceptable, schema_file
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.schema.text import refusals

DUMP = r"""--
-- PostgreSQL database dump
--

\restrict Xq7

SET statement_timeout = 0;
SET lock_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';

CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;
COMMENT ON EXTENSION vector IS 'vector data type';

CREATE FUNCTION public.said() RETURNS text
    LANGUAGE sql
    AS $$
-- a comment of the function's own

SELECT 'CREATE EXTENSION; \restrict'
$$;
CREATE USER MAPPING FOR app SERVER s OPTIONS (password 'fake-of-the-tests');
CREATE TABLE public.t (
    n integer
);
\unrestrict Xq7
"""


def test_what_is_left_out() -> None:
    text = schema_file("data base\nof one", DUMP)
    assert refusals("x", text) == []
    for word in ("timeout", "EXTENSION IF", "COMMENT ON", "fake-of-the-tests", "\\unrestrict", "database dump"):
        assert word not in text
    assert "-- a comment of the function's own\n\nSELECT 'CREATE EXTENSION; \\restrict'\n" in text
    assert text.startswith("-- the schema of database data base of one as it was found\nSET client_encoding = 'UTF8';\n")
    assert text.endswith("CREATE TABLE public.t (\n    n integer\n);\n")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE SERVER s FOREIGN DATA WRAPPER w",
        "CREATE EVENT TRIGGER e ON ddl_command_end",
        "COPY t FROM stdin",
        "CREATE INDEX CONCURRENTLY i ON t (n)",
    ],
)
def test_what_cannot_be_one(statement: str) -> None:
    with pytest.raises(NotAcceptable):
        schema_file("app", f"{statement};\n")

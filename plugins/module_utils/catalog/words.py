# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SQL for where somebody may have written a secret down in one database: place, text.

Stored credentials (user mappings) are told themselves. Expressions are read as the server keeps them: to write them out as
SQL locks what they name, and takes ten times as long.
"""

from __future__ import annotations

from .rare import of

_TEXT = "LIKE '%:constlen -1 %'"  # a constant in it may be a text

WORDS = (
    of("pg_description", """'the comment on ' || pg_catalog.pg_describe_object(o.classoid, o.objoid, o.objsubid),
       o.description""", "o.objoid >= 16384"),
    of("pg_proc", """'the body of function ' || o.oid::regprocedure,
       pg_catalog.concat_ws(' ', o.prosrc, o.prosqlbody::text, o.proargdefaults::text,
       pg_catalog.array_to_string(o.proconfig, ' '))""", "o.oid >= 16384",
       "JOIN pg_catalog.pg_language l ON l.oid = o.prolang", "AND l.lanname NOT IN ('c', 'internal')"),
    of("pg_foreign_server", "'the options of foreign server ' || o.srvname, pg_catalog.array_to_string(o.srvoptions, ' ')",
       further="AND o.srvoptions IS NOT NULL"),
    of("pg_foreign_table", "'the options of foreign table ' || o.ftrelid::regclass, "
       "pg_catalog.array_to_string(o.ftoptions, ' ')", further="AND o.ftoptions IS NOT NULL"),
    of("pg_attrdef", "'the ' || pg_catalog.pg_describe_object(o.tableoid, o.oid, 0), o.adbin::text",
       further=f"AND o.adbin::text {_TEXT}"),
    of("pg_rewrite", "'the definition of view ' || o.ev_class::regclass, o.ev_action::text", "o.oid >= 16384",
       further=f"AND o.ev_action::text {_TEXT}"),
    of("pg_trigger", """'the definition of trigger ' || o.tgname || ' on ' || o.tgrelid::regclass,
       pg_catalog.concat_ws(' ', pg_catalog.encode(o.tgargs, 'escape'), o.tgqual::text)""",
       further="AND NOT o.tgisinternal AND (o.tgargs <> '' OR o.tgqual IS NOT NULL)"),
    of("pg_constraint", "'the constraint ' || o.conname, o.conbin::text", "o.oid >= 16384 AND o.conbin IS NOT NULL",
       further=f"AND o.conbin::text {_TEXT}"),
    of("pg_policy", """'the policy ' || o.polname || ' on ' || o.polrelid::regclass,
       pg_catalog.concat_ws(' ', o.polqual::text, o.polwithcheck::text)"""),
    of("pg_index", """'the definition of index ' || o.indexrelid::regclass,
       pg_catalog.concat_ws(' ', o.indexprs::text, o.indpred::text)""",
       "o.indexrelid >= 16384 AND (o.indexprs IS NOT NULL OR o.indpred IS NOT NULL)"),
    of("pg_type", "'the default of domain ' || o.oid::regtype, o.typdefault", "o.oid >= 16384 AND o.typdefault IS NOT NULL"),
    of("pg_enum", "'the labels of type ' || o.enumtypid::regtype, o.enumlabel"))

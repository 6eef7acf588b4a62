# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Code: functions that run as somebody else, or that somebody else has planted."""

from __future__ import annotations

from collections.abc import Iterator

from ..expand.scope import MAINTAINED
from ..items import ROUTINES, Grant, Obj, Owner, Thing
from ..model import Change
from .base import CRITICAL, HIGH, MANUAL, MEDIUM, Rule, Violation, World

DEFINER = Rule("code-definer-foreign", CRITICAL, MANUAL, "A function runs as somebody else than the database's owner.",
               "Who may call it acts as a superuser, or as another service.",
               "None: only a human can say what the function is for. Read it, then drop it, or give it to the owner.",
               "pg_proc.prosecdef and proowner, those inside extensions that PUBLIC may call too.")
UNTRUSTED = Rule("code-untrusted", CRITICAL, MANUAL, "A function, or its language, runs outside of what SQL can forbid.",
                 "It reads files and runs commands as the server.",
                 "None: read it, then drop it, or revoke EXECUTE from PUBLIC.",
                 "pg_proc.prolang, inside extensions prosrc and probin too, pg_language, pg_am, parsers and templates of "
                 "text search.")
FOREIGN = Rule("code-foreign-owner", CRITICAL, MANUAL, "A function in a service's database belongs to another role.",
               "Found on the search path, in a trigger or a default, its code runs with the service's rights.",
               "None: to give it to the owner would run a stranger's code as the owner. Read it, then decide.",
               "pg_proc.proowner and pg_extension.extowner against the declared owner.")
EVENT_TRIGGER = Rule("code-event-trigger", CRITICAL, MANUAL, "An event trigger is defined.",
                     "Its function runs in everybody's session, the superuser's too.", "None: read it, then drop it.",
                     "pg_event_trigger.")
TEMPLATE = Rule("code-template", CRITICAL, MANUAL,
                "Something was made in template1, or by a service in a maintenance database.",
                "Every database made from the template is born with it; services do not meet in maintenance databases.",
                "None: read it, then drop it.",
                "Whatever in template1, and whatever a service owns in postgres, initdb has not made.")
SYSTEM_SCHEMA = Rule("code-system-schema", CRITICAL, MANUAL,
                     "Something of somebody's stands among PostgreSQL's own objects, or in place of one.",
                     "Every session finds it, the superuser's too, whatever its search_path, and runs it as itself.",
                     "None: read it, then drop it, or put back what the server came with.",
                     "Objects made later than initdb in pg_catalog, information_schema or pg_toast, triggers, rules and "
                     "policies on system tables, casts and transforms between system types, system functions and views "
                     "whose rows are younger than the server, where no grant explains that.")
RULES = (DEFINER, UNTRUSTED, FOREIGN, EVENT_TRIGGER, TEMPLATE, SYSTEM_SCHEMA)

_MACHINE = "runs machine code as the server, and belongs to no extension: drop it once nothing uses it"
_THINGS = {"definer function": (DEFINER, "Function", "runs with the rights of its owner {detail}, whoever calls it: read "
                                "it, then drop it or ALTER FUNCTION ... OWNER TO the service's owner"),
           "untrusted function": (UNTRUSTED, "Function", "is written in a language without walls ({detail}): read it, then "
                                  "drop it or revoke EXECUTE from PUBLIC"),
           "unwalled language": (UNTRUSTED, "Language", "is {detail}, and lets whoever may create functions run machine "
                                 "code as the server: UPDATE pg_language SET lanpltrusted = false"),
           "extension owner": (FOREIGN, "Extension", "belongs to role {detail}, who may alter and drop it: create it anew "
                               "as superuser once nothing of the service is lost by that"),
           "untrusted language": (UNTRUSTED, "Language", "has no walls (owner {detail}): drop it once no function needs it"),
           "handmade language": (UNTRUSTED, "Language", "(owner {detail}) belongs to no extension: its handler runs what it "
                                 "likes as the server; read the handler, then drop the language"),
           "access method": (UNTRUSTED, "Access method", _MACHINE),
           "text search parser": (UNTRUSTED, "Text search parser", _MACHINE),
           "text search template": (UNTRUSTED, "Text search template", _MACHINE),
           "system schema object": (SYSTEM_SCHEMA, "Handmade", "stands among PostgreSQL's own objects (owner {detail}): "
                                    "every session finds it first; read it, then drop it"),
           "function in an extension": (DEFINER, "Function", "(of extension {detail}) runs with the rights of its owner, "
                                        "whoever calls it: somebody may have hidden it there; read it, then drop it"),
           "foreign code in an extension": (UNTRUSTED, "Function", "(of extension {detail}) runs machine code that the "
                                            "extension did not bring: somebody may have hidden it there; read it, then "
                                            "drop it"),
           "altered function": (SYSTEM_SCHEMA, "PostgreSQL's function", "{detail}, which it did not when the server was "
                                "made: look who has changed it, then put it back"),
           "altered view": (SYSTEM_SCHEMA, "PostgreSQL's view", "is not as it was when the server was made: read it with "
                            "pg_get_viewdef, then put back what a new server of the same version has"),
           "hook on a system table": (SYSTEM_SCHEMA, "Hook", "(a {detail}) acts when somebody touches the server's own "
                                      "tables: read it, then drop it"),
           "cast": (SYSTEM_SCHEMA, "Cast", "between two of PostgreSQL's own types acts in every session, unasked: read its "
                    "function, then drop it"),
           "transform": (SYSTEM_SCHEMA, "Transform", "of one of PostgreSQL's own types acts in every function of the "
                         "language: read it, then drop it"),
           "event trigger": (EVENT_TRIGGER, "Event trigger", "runs its function in everybody's session (on {detail}): read "
                             "it, then drop it")}


def judge(change: Change, world: World) -> list[Violation]:
    """Things of code that may not stay."""
    item = change.item
    if not isinstance(item, Thing) or change.after is not None or item.kind not in _THINGS:
        return []
    rule, word, says = _THINGS[item.kind]
    place = world.place(item.database)
    if place is not None and place.kind == MAINTAINED and item.database == "template1":
        rule = TEMPLATE
    return [Violation(rule, f"{word} {item.name} in database {item.database} {says.format(detail=item.detail)}.",
                      database=item.database, object=item.name, service=world.service(item.database))]


def planted(world: World) -> Iterator[Violation]:
    """Functions of strangers in a service's database, and anything in the maintenance databases that should not be."""
    for owner in sorted(world.now.of(Owner).values()):
        obj, place = owner.obj, world.place(owner.obj.database)
        if place is None or obj in world.snapshot.builtins or obj in world.snapshot.beside or (
                obj.kind == "SCHEMA" and obj.name == "public"):
            continue
        superuser = owner.owner in world.snapshot.superusers
        if place.kind == MAINTAINED:
            if obj.database == "template1" or not superuser:
                yield Violation(TEMPLATE, f"{obj.kind.capitalize()} {obj.text} of role {owner.owner} lies in database "
                                f"{obj.database}, where nothing of a service belongs: read it, then drop it.",
                                database=obj.database, role=owner.owner, object=obj.text,
                                severity=CRITICAL if obj.kind in ROUTINES else HIGH if not superuser else MEDIUM)
        elif obj.kind in ROUTINES and owner.owner != place.owner and not superuser and not _told(world, owner):
            yield Violation(FOREIGN, f"Function {obj.text} in database {obj.database} belongs to role {owner.owner} "
                            f"({world.scope.home(owner.owner)}): where the service calls it, that role's code runs with the "
                            "service's rights. Read it, then drop it or ALTER FUNCTION ... OWNER TO "
                            f"{place.owner}.", database=obj.database, role=owner.owner, object=obj.text,
                            service=place.service)


def hidden(world: World) -> Iterator[Violation]:
    """Functions that somebody has put into an extension, and that roles of this server may call."""
    callers: dict[tuple[Obj, str], set[str]] = {}
    for key, runs in world.snapshot.brought.items():
        grant = world.now.of(Grant).get(key)
        if grant is not None and runs:
            callers.setdefault((grant.obj, runs), set()).add(grant.grantee)
    for (obj, runs), roles in sorted(callers.items()):
        rule, how = (DEFINER, "runs with the rights of its owner") if runs == "definer" else (
            UNTRUSTED, "is written in a language without walls")
        yield Violation(rule, f"Function {obj.text} in database {obj.database} {how}, hides in an extension, and "
                        f"may be called by {', '.join(sorted(roles))}: read it, then drop it.", database=obj.database,
                        object=obj.text, service=world.service(obj.database))


def _told(world: World, owner: Owner) -> bool:
    """Whether the function is reported already for how it runs."""
    return any(world.now.get(Thing, owner.obj.database, kind, owner.obj.text)
               for kind in ("definer function", "untrusted function"))

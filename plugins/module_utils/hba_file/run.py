# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run over both files: look, judge, and where it is told to manage them, replace, reload and look again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

from ..catalog.session import Server, ServerAbsent
from ..errors import GoodNeighborError, ServerError
from . import change, compare, scratch
from .live import Facts, Live
from .match import decide, is_role
from .rules import Rules
from .text import mask


@dataclass(frozen=True)
class Request:
    """What is wanted. `ident` None leaves pg_ident.conf alone; `given`: where things are while no server runs; `dry`: check
    mode; `account`: that of the host we run as; `timeout` in seconds."""

    hba: str
    ident: str | None
    given: Facts | None
    account: str
    manage: bool = False
    dry: bool = False
    lock_out: bool = False
    timeout: float = 10


@dataclass
class Outcome:
    """What was found, and done."""

    facts: Facts
    files: tuple[change.File, ...]
    wanted: tuple[bytes, ...]
    differences: list[compare.Difference] = field(default_factory=list)
    guests: list[compare.Guest] = field(default_factory=list)
    as_wanted: bool = False  # as it was found
    changed: bool = False
    notes: list[str] = field(default_factory=list)


def run(server: Server, request: Request) -> Outcome:
    """Does all of it. Raises GoodNeighborError, in words without secrets; then what stood there stands there."""
    with _session(server, request) as (live, facts, why):
        writes = request.manage and not request.dry
        folder = change.found(facts.hba_file).path.parent
        with change.alone(folder, request.timeout) if writes else nullcontext():
            outcome = _settle(live, facts, request)
    if why:
        outcome.notes.append(why)
    return outcome


@contextmanager
def _session(server: Server, request: Request) -> Iterator[tuple[Live | None, Facts, str]]:
    """A session of the server, what it tells, and what to warn of; no session where all that it would tell was given."""
    try:
        live = Live(server)
    except ServerError as error:
        if request.given is None:
            raise GoodNeighborError(f"{error}. Where the server does not run or lets nobody in, hba_file, ident_file and "
                                    "bindir must say where its files and programs are") from None
        note = f"{error}. If the server runs, reload it: the new lines do not count before"
        yield None, request.given, "" if isinstance(error, ServerAbsent) else note
        return
    try:
        yield live, live.facts(), ""
    finally:
        live.close()


def _settle(live: Live | None, facts: Facts, request: Request) -> Outcome:
    files = (change.found(facts.ident_file), change.found(facts.hba_file))
    if live:
        _same_host(live, files)
    ident, hba = (file.text for file in files)
    want = (ident if request.ident is None else request.ident, request.hba)
    present = live.rules(facts, hba, ident) if live else scratch.read(facts.bindir, hba, ident)
    same = (ident, hba) == want and all(file.state for file in files)
    wanted = present if same else scratch.read(facts.bindir, want[1], want[0], facts.settings)
    faults = compare.faults(wanted)
    if faults:
        raise GoodNeighborError("The wanted files cannot be read by the server; nothing was changed:\n" + "\n".join(faults))
    outcome = Outcome(facts, files, tuple(text.encode("utf-8", "surrogateescape") for text in want))
    outcome.differences = compare.differences(present, wanted, tls=facts.tls or live is None, text=hba)
    loaded = live.loaded() if live else float("inf")
    unread = [file for file in files if loaded < file.changed_at]
    outcome.differences = compare.sorted_by_consequence([
        *map(_unread, unread), *(_open(file) for file in files if file.open_to), *outcome.differences])
    outcome.as_wanted = same and not unread and not any(file.open_to for file in files)
    if live:
        outcome.guests = compare.guests(live.others(), wanted, live.groups(), facts.major)
    if request.manage and not outcome.as_wanted:
        _stay_in(live, wanted, facts, request)
        outcome.changed = True
        if not request.dry:
            outcome.notes = _replace(live, outcome, wanted, request)
    if request.manage and not request.dry:
        for file in files:
            file.beside.unlink(missing_ok=True)
    return outcome


def _same_host(live: Live, files: tuple[change.File, ...]) -> None:
    for file in files:
        seen = live.of_file(file.name)
        ours = (file.state.st_size, int(file.state.st_mtime)) if file.state else None
        if (seen and (seen[0], int(seen[1]))) != ours:
            raise GoodNeighborError(f"the server's {file.name} is not the one of this host: run on the server's own host, "
                                    "and try again if somebody was just writing it")


def _unread(file: change.File) -> compare.Difference:
    return compare.Difference(compare.CRITICAL, "unread", 0, "", f"{file.name}, or who may reach it, was changed after the "
                              "server had read it: what it says may not be what happens.")


def _open(file: change.File) -> compare.Difference:
    severity, lets = {"write": (compare.CRITICAL, "change it, and so let himself in as whom he likes"),
                      "read": (compare.LOW, "read who comes in from where")}[file.open_to]
    return compare.Difference(severity, "open", 0, "", f"Not only the server's account may reach {file.name}: another may "
                              f"{lets}.")


def _stay_in(live: Live | None, wanted: Rules, facts: Facts, request: Request) -> None:
    """Raises GoodNeighborError where the wanted lines would certainly lock this very login out."""
    if live is None or request.lock_out:
        return
    me = live.me()
    verdict = decide(me, wanted.doors, live.groups(), facts.major)
    by = f"by «{verdict.rule.shown}»" if verdict.rule else "for no line is for it"
    refused = verdict.refused is True
    if not refused and verdict.sure and verdict.rule and verdict.rule.door.method == "peer":
        names = [option[4:] for option in verdict.rule.door.options if option.startswith("map=")]
        refused = is_role(request.account, me.role, "".join(names), wanted.identities) is False
    if refused:
        raise GoodNeighborError(f"the wanted pg_hba.conf would lock out this very login (role {me.role}, database "
                                f"{me.database}, {me.address or 'socket'}), {by}; nothing was changed. Add a line for it to "
                                "hba of the server, or allow it with lock_out")


def _replace(live: Live | None, outcome: Outcome, wanted: Rules, request: Request) -> list[str]:
    """Writes what differs, and has the server go by it; else the former files come back. Returns warnings."""
    put: list[change.File] = []
    notes: list[str] = []
    try:
        for file, content in zip(outcome.files, outcome.wanted):
            if file.content != content or file.open_to:
                put.append(file)
                change.put(file, content)
        if live:
            notes = _go_by(live, outcome, wanted, request)
    except GoodNeighborError as error:
        raise GoodNeighborError(f"{mask(str(error))}. {_put_back(live, put, request.timeout)}") from None
    return notes


def _go_by(live: Live, outcome: Outcome, wanted: Rules, request: Request) -> list[str]:
    """Reloads, and raises GoodNeighborError unless the server reads in its files what the scratch server has read."""
    since = max(file.changed_at for file in outcome.files)
    why = live.reload(request.timeout)
    if why and not (request.lock_out and live.loaded_here() > since):
        raise ServerError(f"the server does not go by the new lines: {why}")
    ident, hba = (content.decode("utf-8", "surrogateescape") for content in outcome.wanted)
    if live.rules(outcome.facts, hba, ident).meaning != wanted.meaning:
        raise ServerError("the server reads other lines than those that were written")
    return [f"this login is locked out now, as allowed: {why}"] if why else []


def _put_back(live: Live | None, put: list[change.File], timeout: float) -> str:
    """Writes the former files again; returns what became of it, in a sentence."""
    try:
        replaced = [file for file in put if change.found(file.name).content != file.content]
        for file in replaced:
            change.put_back(file)
        why = live.reload(timeout) if live and replaced else ""
    except GoodNeighborError as error:
        return f"The former lines could not be brought back: {error}"
    if not replaced:
        return "Nothing was changed"
    return f"The former files stand again, but {why}" if why else "The former lines are in force again"

# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server compares itself with its matrix: by the engine that allocation_info runs, without secrets."""

from __future__ import annotations

import datetime
import fcntl
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .. import audit_memory, engine, result
from ..audit_text import verdict
from ..catalog.session import DRIVER
from ..plan import Options
from ..rules.secret import NEED_SECRETS
from ..schema.files import KnownFile
from ..text_table import cell, counted
from ..whole_file import write_whole
from . import certificate, compliance, expose
from .config import Config
from .errors import MonitoringError
from .expose import Sample
from .session import ReadOnly

NAME = "check"
MEMORY = "known.json"
# https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-SSL-CERT-FILE
CERTIFICATE = """
SELECT CASE WHEN setting LIKE '/%' THEN setting ELSE current_setting('data_directory') || '/' || setting END
FROM pg_settings WHERE name = 'ssl_cert_file' AND current_setting('ssl') = 'on'"""
_TOLD = 50  # new violations; the metrics and the audit have all


def judge(config: Config) -> dict[str, Any]:
    """What allocation_info would return of the server. Raises GoodNeighborError where it cannot be read."""
    matrix = config.matrix
    sources = {row.database: tuple(KnownFile(path, "", config.schema_files[path]) for path in row.schema_files
                                   if path in config.schema_files)
               for row in matrix.on(config.server)}
    options = Options("audit", baseline=config.baseline, today=datetime.date.today().isoformat(), withheld=True)
    request = engine.Request(matrix, config.server, options, sources)
    try:
        return result.of(engine.check(ReadOnly(config), request))
    except DRIVER as error:
        raise MonitoringError(f"the server ended the reading: {' '.join(str(error).split())}") from error


def ends(config: Config) -> list[Sample]:
    """When the server's certificate ends, if it has one. Nobody but the server's account, as which this runs, may read the
    file: the key may lie in it too. Raises GoodNeighborError where the server cannot be asked."""
    try:
        with ReadOnly(config).cursor() as cursor:
            cursor.execute(CERTIFICATE)
            paths = [path for (path,) in cursor.fetchall()]
    except DRIVER as error:
        raise MonitoringError(f"the server ended the reading: {' '.join(str(error).split())}") from error
    times = [end for end in map(certificate.end, paths) if end is not None]
    return [Sample("good_neighbor_certificate_end_timestamp_seconds", (("server", config.server),), end) for end in times]


def run(config: Config) -> Iterator[str]:
    """Judges, leaves the metrics, and says in lines what is new. Raises GoodNeighborError where the server was not judged or
    the metrics were not written: then the old ones stay, and their time tells."""
    found = judge(config)
    now = time.time()
    samples = compliance.samples(config.server, found, now, [rule.id for rule in NEED_SECRETS]) + ends(config)
    text = expose.text(samples, compliance.HELPS)
    try:
        with open(Path(config.directory, "lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            config.metrics(NAME).parent.mkdir(mode=0o755, exist_ok=True)
            write_whole(config.metrics(NAME), text.encode(), 0o644)
    except OSError as error:
        raise MonitoringError(f"the metrics cannot be written: {error.strerror}: {error.filename}") from error
    memory = Path(config.directory, MEMORY)
    before = audit_memory.recall(memory)
    yield from told(config.server, audit_memory.marked(found, before))
    since = datetime.datetime.fromtimestamp(now, datetime.timezone.utc).isoformat(timespec="seconds")
    yield from filter(None, (before.note, audit_memory.keep(memory, since, found["violations"])))


def told(server: str, found: Mapping[str, Any]) -> Iterator[str]:
    """What a person reads of a result that audit_memory has marked: the verdict, and each violation once, when it is new."""
    rows = [row for row in found["violations"] if row["state"] in audit_memory.STANDING]
    new = [row for row in rows if row["new"]]
    yield verdict(server, found)
    for row in new[:_TOLD]:
        yield f"new: {row['severity']} {row['rule']}: {cell(row['message'])}"
    if len(new) > _TOLD:
        yield f"new: {len(new) - _TOLD} more"
    yield f"{counted(len(rows) - len(new), 'violation')} as before, {found['ended']} ended"
    yield f"not judged here, for it takes the secrets: {', '.join(rule.id for rule in NEED_SECRETS)}"

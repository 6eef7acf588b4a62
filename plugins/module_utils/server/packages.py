# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which packages of Debian and Ubuntu a server needs: itself, the libraries that it loads, the extensions of its rows.

Debian's packages of PostgreSQL, those of PGDG and those of Ubuntu have the same names.
"""

from __future__ import annotations

from collections.abc import Iterable

# What is not in the server's own package. The key is the extension's or library's name, the value the package's suffix.
PACKAGED = {
    "vector": "pgvector", "set_user": "set-user", "pgaudit": "pgaudit", "credcheck": "credcheck", "postgis": "postgis-3",
    "postgis_raster": "postgis-3", "postgis_topology": "postgis-3", "pg_cron": "cron", "pg_partman": "partman",
    "pg_repack": "repack", "hll": "hll", "pg_hint_plan": "pg-hint-plan", "hypopg": "hypopg", "pgrouting": "pgrouting",
    "pg_stat_kcache": "pg-stat-kcache", "pg_qualstats": "pg-qualstats", "orafce": "orafce", "pgtap": "pgtap", "rum": "rum",
    "ip4r": "ip4r", "timescaledb": "timescaledb", "wal2json": "wal2json", "pgsphere": "pgsphere", "unit": "unit",
}
# and these have packages named otherwise
LANGUAGES = {"plpython3u": "postgresql-plpython3", "plperl": "postgresql-plperl", "plperlu": "postgresql-plperl",
             "pltcl": "postgresql-pltcl", "pltclu": "postgresql-pltcl"}
DRIVER = "python3-psycopg2"  # the modules' own


def server(version: str) -> str:
    """The package of the server."""
    return f"postgresql-{version}"


def of(name: str, version: str) -> str | None:
    """The package that holds an extension or library; none where the server's own package does."""
    if name in LANGUAGES:
        return f"{LANGUAGES[name]}-{version}"
    return f"postgresql-{version}-{PACKAGED[name]}" if name in PACKAGED else None


def needed(version: str, names: Iterable[str]) -> list[str]:
    """All packages, the server first."""
    others = {package for name in names for package in [of(name, version)] if package}
    return [server(version), *sorted(others), DRIVER]

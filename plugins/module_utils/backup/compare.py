# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is a restored database what its manifest says?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .manifest import Content, Manifest, SchemaFile, Table
from .snapshot import Facts

_OURS = "good_neighbor"  # its records are compared as schema files, and written anew
_TOLD = 5  # of each kind, so many are told by name


def differences(manifest: Manifest, found: Facts) -> list[str]:
    """What is not as the manifest says; empty: it is equal. Versions of extensions may differ: the data are the same."""
    return [*_rows(manifest.tables, found.tables), *_names("extension", dict(manifest.extensions), dict(found.extensions)),
            *_files(manifest.schema_files, found.schema_files), *_objects(manifest.large_objects, found.large_objects)]


def of_the_dump(manifest: Manifest, content: Content) -> list[str]:
    """Whether what was read is the dump that the manifest was made for."""
    if content.bytes != manifest.dump.bytes:
        return [f"the dump has {content.bytes} bytes, and had {manifest.dump.bytes} when it was made"]
    if content.sha256 != manifest.dump.sha256:
        return ["the dump is not the one that the manifest was made for (SHA-256)"]
    return []


def versions(manifest: Manifest, found: Facts) -> list[str]:
    """Extensions that are there in another version than they were."""
    now = dict(found.extensions)
    return [f"extension {name} was {was}, and is {now[name]} here" for name, was in manifest.extensions
            if name in now and now[name] != was]


def _rows(wanted: Iterable[Table], found: Iterable[Table]) -> Iterator[str]:
    was, now = ({(one.schema, one.name): one.rows for one in some if one.schema != _OURS} for some in (wanted, found))
    wrong = [f"{schema}.{name} has {_count(now, (schema, name))}, and had {_count(was, (schema, name))}"
             for schema, name in sorted({*was, *now}) if was.get((schema, name)) != now.get((schema, name))]
    yield from _some(wrong, "tables")


def _count(tables: Mapping[tuple[str, str], int], key: tuple[str, str]) -> str:
    return f"{tables[key]} rows" if key in tables else "no such table"


def _names(what: str, was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    yield from _some([f"{what} {name} is missing" for name in sorted(was) if name not in now], f"{what}s")
    yield from _some([f"{what} {name} was not there" for name in sorted(now) if name not in was], f"{what}s")


def _files(was: Iterable[SchemaFile], now: Iterable[SchemaFile]) -> Iterator[str]:
    wrong = sorted({file.name for file in {*was} ^ {*now}})
    yield from _some([f"the record of schema file {name} is another" for name in wrong], "schema files")


def _objects(was: int, now: int) -> Iterator[str]:
    if was != now:
        yield f"there are {now} large objects, and there were {was}"


def _some(all_of: list[str], what: str) -> Iterator[str]:
    yield from all_of[:_TOLD]
    if len(all_of) > _TOLD:
        yield f"{len(all_of) - _TOLD} more {what} differ"

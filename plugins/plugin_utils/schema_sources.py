# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The schema files of the matrix, read on the controller: hosts have no copy of them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path

from ..module_utils.errors import Problem
from ..module_utils.matrix.place import Place, shown
from ..module_utils.schema.text import refusals

COLLECTION = Path(__file__).parents[2]


def declared(rows: object, statuses: Container[object], server: object = None) -> Iterator[tuple[str, str]]:
    """Row and path of each schema file of the raw rows with these statuses, on one server or on all.

    Rows that are wrong in another way are passed over, so that their files are judged along with their other faults.
    """
    for row in rows if isinstance(rows, (list, tuple)) else ():
        if not isinstance(row, Mapping) or not isinstance(row.get("service"), str):
            continue
        status, files = row.get("status"), row.get("schema_files")
        if not isinstance(status, str) or status not in statuses or server not in (None, row.get("server")):
            continue
        for path in files if isinstance(files, (list, tuple)) else ():
            if isinstance(path, str) and path:
                yield row["service"], path


def read_all(
    files: Iterable[tuple[str, str]], playbook: Path, problems: list[Problem]
) -> list[dict[str, str]]:
    """`path` (as the row has it) and `content` of each file. What cannot be read is added to `problems`."""
    contents: dict[str, str] = {}
    for service, path in files:
        place = Place(f"service {shown(service)}", f"schema_files[{shown(path)}]", problems)
        content = contents.get(path)
        content = _read(path, playbook, place) if content is None else content
        if content is not None:
            contents[path] = content
            for refusal in refusals(path, content):
                place.wrong(f"cannot run: {refusal}", "correct the file")
    return [{"path": path, "content": content} for path, content in contents.items()]


def _read(path: str, playbook: Path, place: Place) -> str | None:
    """The text of a file, looked for beside the playbook and then in the collection."""
    candidates = [Path(path)] if path.startswith("/") else [playbook / path, COLLECTION / path]
    found = next((candidate for candidate in candidates if _is_file(candidate)), None)
    if found is None:
        where = "no file" if path.startswith("/") else f"neither in {playbook} nor in {COLLECTION}"
        place.wrong(f"is {where}", "write a whole path, or one beside the playbook or in the collection")
        return None
    try:
        return found.read_bytes().decode()
    except OSError as error:
        place.wrong(f"cannot be read: {error.strerror}", "let the account that runs Ansible read it")
    except UnicodeDecodeError:
        place.wrong("is not encoded as UTF-8", "save it as UTF-8")
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # an over-long name, a NUL in it
        return False

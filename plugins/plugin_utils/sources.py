# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which files of module_utils a part of it is made of, for what is sent to hosts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1] / "module_utils"


def needed(first: str) -> set[str]:
    """The paths below ROOT of a file, all that it imports, and what that imports."""
    found, ahead = {first}, [first]
    while ahead:
        for path in _imports(ahead.pop()):
            if path not in found and (ROOT / path).is_file():
                found.add(path)
                ahead.append(path)
    return found


def _imports(path: str) -> Iterator[str]:
    """The files that a file's relative imports may mean, in functions too."""
    base = Path(path).parent.parts
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            words = [*base[: len(base) - node.level + 1], *(node.module or "").split(".")]
            stem = "/".join(word for word in words if word)
            yield f"{stem}.py"
            yield f"{stem}/__init__.py".lstrip("/")
            yield from (f"{stem}/{alias.name}.py".lstrip("/") for alias in node.names)

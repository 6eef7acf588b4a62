# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Metrics that programs leave as text for the node exporter.

The format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]

LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+-?\d+)?")
LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"\s*(?:,|$)')
ESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}
LARGEST = 4 * 2**20  # bytes of one file; larger ones are no work of ours


def samples(text: str) -> Iterator[Row]:
    """Each `name`, `labels` and `value`; comments, and lines that are none of the format, are passed over."""
    for line in text.splitlines():
        found = LINE.fullmatch(line.strip())
        if not found or line.lstrip().startswith("#"):
            continue
        try:
            value = float(found[3])
        except ValueError:
            continue
        labels = {
            name: re.sub(r'\\[\\"n]', lambda escape: ESCAPED[escape[0]], text)
            for name, text in LABEL.findall(found[2] or "")
        }
        yield {"name": found[1], "labels": labels, "value": value}


def read(folder: str, prefix: str) -> tuple[list[Row], list[str]]:
    """The samples of all files `*.prom` in a folder whose name begins with `prefix`, and in words what could not be read.
    A folder that is not there has none. What is no finite number is left out: JSON has no word for it."""
    found: list[Row] = []
    notes: list[str] = []
    try:
        paths = sorted(path for path in Path(folder).iterdir() if path.suffix == ".prom")
    except FileNotFoundError:
        return [], []
    except OSError as error:
        return [], [f"{folder}: {error.strerror}"]
    for path in paths:
        try:
            if path.stat().st_size > LARGEST:
                notes.append(f"{path}: larger than {LARGEST} bytes, not read")
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            notes.append(f"{path}: {error.strerror}")
            continue
        found += [row for row in samples(text) if row["name"].startswith(prefix) and abs(row["value"]) < float("inf")]
    return found, notes

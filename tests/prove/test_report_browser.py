"""The report in a real browser: axe-core finds no fault in light, dark and on a phone; it prints, and runs no script."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.build import document
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.report.html import html
from unit.report.test_same import worlds

from .browser import DARK, PHONE, ROOT, chromium, seen

WORLDS = worlds()
# axe-core cannot tell the colours behind a drawing; tests/unit/report/test_style.py computes them
UNDECIDED = {"color-contrast"}


@pytest.fixture(scope="module", autouse=True)
def browser() -> None:
    """Chromium and axe-core are there."""
    subprocess.run([ROOT / "tools" / "debian-packages", "chromium:chromium", "fc-list:fontconfig"], check=True)
    subprocess.run([ROOT / "tools" / "setup", "--axe"], check=True)


@pytest.mark.parametrize("name", WORLDS)
def test_no_fault_is_found(name: str, tmp_path: Path) -> None:
    page = html(document(WORLDS[name]))
    light, dark, phone = seen(page, tmp_path), seen(page, tmp_path, *DARK), seen(page, tmp_path, phone=True)
    for found in (light, dark, phone):
        assert found["violations"] == []
        assert {rule["id"] for rule in found["incomplete"]} <= UNDECIDED
        assert all(node.startswith("<text") for rule in found["incomplete"] for node in rule["nodes"])
        assert found["passes"] > 20
        assert found["wide"] <= found["window"]
    assert phone["window"] == PHONE
    assert light["back"] != dark["back"]
    print(f"{name}: {light['passes']} rules of axe-core passed in light, {phone['passes']} on a phone; no fault")


def test_faults_would_be_found(tmp_path: Path) -> None:
    page = html(document(WORLDS["well"])).replace(
        "</main>", '<img src="x"><p style="color:#ccc;background:#fff">pale</p></main>'
    )
    assert {rule["id"] for rule in seen(page, tmp_path)["violations"]} >= {"image-alt", "color-contrast"}
    wide = html(document(WORLDS["well"])).replace("</main>", '<div style="width:900px">wide</div></main>')
    assert seen(wide, tmp_path, phone=True)["wide"] > PHONE


def test_it_prints(tmp_path: Path) -> None:
    path, printed = tmp_path / "report.html", tmp_path / "report.pdf"
    path.write_text(html(document(WORLDS["broken"])))
    chromium(path, f"--print-to-pdf={printed}", "--no-pdf-header-footer", *DARK)
    pages = len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes()))
    assert 2 <= pages <= 12
    print(f"printed on {pages} pages")


def test_its_policy_lets_no_script_run(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    planted = "<script>document.title = 'it ran'</script></body>"
    path.write_text(html(document(WORLDS["well"])).replace("</body>", planted))
    assert "<title>it ran</title>" not in chromium(path, "--dump-dom")
    path.write_text(re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", path.read_text()))
    assert "<title>it ran</title>" in chromium(path, "--dump-dom")

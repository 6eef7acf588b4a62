"""A page in a browser without a screen: what axe-core says of it, and how wide it is."""

from __future__ import annotations

import html
import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / ".cache" / "axe.min.js"
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
PHONE = 360  # pixels
DARK = ("--blink-settings=preferredColorScheme=0",)
# runs in the page: axe-core's verdict, how wide it is against its window, its colour
LOOK = """
axe.run({resultTypes: ['violations', 'incomplete']}).then(found => {
  const short = rules => rules.map(rule => ({id: rule.id, impact: rule.impact, nodes: rule.nodes.map(node => node.html)}));
  const seen = {violations: short(found.violations), incomplete: short(found.incomplete), passes: found.passes.length,
    wide: document.documentElement.scrollWidth, window: innerWidth, back: getComputedStyle(document.body).backgroundColor};
  const note = document.createElement('script');
  note.type = 'application/json'; note.id = 'seen'; note.textContent = JSON.stringify(seen).replace(/</g, '\\u003c');
  parent.document.body.append(note);
});
"""


def chromium(page: Path, *more: str) -> str:
    """Opens a page and ends; what it wrote on its standard output."""
    with tempfile.TemporaryDirectory(prefix="gn-browser-") as profile:
        command = ["chromium", *OPTIONS, f"--user-data-dir={profile}", "--window-size=1200,900", *more, page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=180)
    return done.stdout


def seen(page: str, folder: Path, *more: str, phone: bool = False) -> dict[str, Any]:
    """What LOOK says of a page, in a window of 1200 pixels or in a frame as wide as a phone. The checker is put into a
    copy, whose policy must let it run."""
    copy = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    copy = copy.replace("</body>", f"<script>{AXE.read_text()}</script><script>{LOOK}</script></body>")
    if phone:
        frame = f'<iframe title="phone" width="{PHONE}" height="800" style="border:0" srcdoc="{html.escape(copy)}"></iframe>'
        copy = f'<!DOCTYPE html><html lang="en"><head><title>A phone</title></head><body>{frame}</body></html>'
    path = folder / "looked-at.html"
    path.write_text(copy)
    dom = chromium(path, "--dump-dom", "--virtual-time-budget=60000", *more)
    [note] = re.findall(r'<script type="application/json" id="seen">(.*?)</script>', dom, re.DOTALL)
    found: dict[str, Any] = json.loads(note)
    return found

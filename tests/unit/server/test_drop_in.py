"""What the server says of a text of settings, in a person's words."""

from __future__ import annotations

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import ServerError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server import drop_in

SAID = """\
2026-11-28 15:33:32.381 UTC [6897] LOG:  skipping missing configuration file "/tmp/good_neighbor.x/postgresql.auto.conf"
2026-11-28 15:33:32.381 UTC [6897] user=,db= LOG:  22023: invalid value for parameter "random_page_cost": "much"
2026-11-28 15:33:32.381 UTC [6897] user=,db= LOCATION:  parse_and_validate_value, guc.c:3206
2026-11-28 15:33:32.381 UTC [6897] LOG:  unrecognized configuration parameter "x" in file "/tmp/x/postgresql.conf" line 3
2026-11-28 15:33:32.381 UTC [6897] FATAL:  configuration file "/tmp/good_neighbor.x/postgresql.conf" contains errors
"""


def test_faults_are_told_by_line_and_without_noise() -> None:
    assert drop_in.faults(SAID) == [
        'invalid value for parameter "random_page_cost": "much"', 'unrecognized configuration parameter "x" (line 3)']
    assert drop_in.faults("killed\n") == ["killed"]


def test_a_text_that_the_server_refuses_is_an_error() -> None:
    with pytest.raises(ServerError, match='would not take these settings: invalid value .*; unrecognized .* .line 3.'):
        drop_in.check("random_page_cost = much\n", "/bin", lambda _command: (1, "", SAID), libraries=False)


def test_a_library_that_is_not_there_is_an_error() -> None:
    def run(command: list[str]) -> tuple[int, str, str]:
        return (0, "/nowhere\n", "") if command[-1] == "--pkglibdir" else (0, "/tmp/x/postgresql.conf\n", "")
    text = "shared_preload_libraries = 'gone, \"other\"'\n"
    with pytest.raises(ServerError, match="names gone, and the server has no such library"):
        drop_in.check(text, "/bin", run, libraries=True)
    drop_in.check(text, "/bin", run, libraries=False)

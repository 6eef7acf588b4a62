"""Files with secrets: as wanted, never open to others, never through a link."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import GoodNeighborError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.secret_file import (
    SecretFile,
    is_as_wanted,
    mark,
    remove_half,
    write,
)

SECRET = "DB_PASSWORD=fake-Hb7qWz2mKx9vTn4c\n"


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """The worst umask there is."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_file_is_written_whole_and_then_left_alone(tmp_path: Path) -> None:
    file = SecretFile(f"{tmp_path}/new/folder/database.env", SECRET, mode="0600")
    assert not is_as_wanted(file)
    write(file)
    assert is_as_wanted(file)
    found = os.stat(file.path)
    assert (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (0o600, os.geteuid(), os.getegid())
    assert Path(file.path).read_text() == SECRET
    assert stat.S_IMODE(os.stat(tmp_path / "new").st_mode) == 0o755
    assert os.listdir(tmp_path / "new" / "folder") == ["database.env"]


def test_at_no_moment_others_may_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    for name in ("fchmod", "fsync", "replace"):
        original = getattr(os, name)

        def watched(*arguments: object, original: object = original) -> None:
            assert callable(original)
            seen.extend(stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir())
            original(*arguments)

        monkeypatch.setattr(os, name, watched)
    write(SecretFile(f"{tmp_path}/database.env", SECRET))
    assert seen == [0o600, 0o640, 0o640]


@pytest.mark.parametrize("changed", [{"content": "x"}, {"mode": "0600"}])
def test_what_differs_is_replaced(tmp_path: Path, changed: dict[str, str]) -> None:
    wanted = {"path": f"{tmp_path}/database.env", "content": SECRET, "mode": "0640"}
    write(SecretFile(**wanted))
    assert not is_as_wanted(SecretFile(**(wanted | changed)))


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text(SECRET)
    victim.chmod(0o640)
    link = tmp_path / "database.env"
    link.symlink_to(victim)
    file = SecretFile(str(link), SECRET)
    assert not is_as_wanted(file)
    write(file)
    assert not link.is_symlink()
    assert is_as_wanted(file)
    assert victim.read_text() == SECRET


def test_an_account_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(GoodNeighborError, match="x: this host has no account no-such-account"):
        write(SecretFile(f"{tmp_path}/x", SECRET, owner="no-such-account"))
    with pytest.raises(GoodNeighborError, match="x: this host has no group no-such-group"):
        write(SecretFile(f"{tmp_path}/x", SECRET, group="no-such-group"))
    assert list(tmp_path.iterdir()) == []


def test_what_stands_in_the_way_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GoodNeighborError, match="nothing can be written into .*/file: File exists"):
        write(SecretFile(f"{tmp_path}/file/x", SECRET))
    (tmp_path / "folder" / "x").mkdir(parents=True)
    with pytest.raises(GoodNeighborError, match="folder/x cannot be written"):
        write(SecretFile(f"{tmp_path}/folder/x", SECRET))
    assert os.listdir(tmp_path / "folder") == ["x"]


def test_what_a_killed_run_left_is_removed_and_what_another_writes_now_is_not(tmp_path: Path) -> None:
    left, held = tmp_path / ".good_neighbor.new.left", tmp_path / ".good_neighbor.new.held"
    for path in (left, held, tmp_path / "other"):
        path.write_text(SECRET)
    (tmp_path / ".good_neighbor.new.link").symlink_to(tmp_path / "other")
    with held.open() as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        remove_half(f"{tmp_path}/database.env")
        assert {path.name for path in tmp_path.iterdir()} == {".good_neighbor.new.held", ".good_neighbor.new.link", "other"}
    remove_half(f"{tmp_path}/database.env")
    remove_half("/no/such/folder/database.env")
    assert not held.exists()


def test_that_a_file_is_unread_is_noted_before_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = SecretFile(f"{tmp_path}/database.env", SECRET)
    replace = os.replace

    def killed(*arguments: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write(file, unread=True)
    assert Path(mark(file.path)).exists() and not Path(file.path).exists()
    monkeypatch.setattr(os, "replace", replace)
    remove_half(file.path)
    write(file)
    assert {path.name for path in tmp_path.iterdir()} == {"database.env", Path(mark(file.path)).name}
    assert stat.S_IMODE(os.stat(mark(file.path)).st_mode) == 0o600

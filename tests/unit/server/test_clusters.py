"""How far a cluster is, by what a run has left on the disk; and making one, wherever the run before was killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import ServerError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.server import clusters, making

IDENTIFIER = "7423000000000000001"


class Programs:
    """Stands for pg_createcluster and pg_controldata; `dies_after` makes so many files and then raises, as a kill would."""

    def __init__(self, cluster: clusters.Cluster) -> None:
        self.cluster, self.calls, self.dies_after = cluster, 0, 99

    def files(self) -> Iterator[Path]:
        """What a cluster consists of, in the order of its making."""
        yield self.cluster.data / "PG_VERSION"
        yield self.cluster.data / "global/pg_control"
        yield self.cluster.configuration / "postgresql.conf"
        yield self.cluster.configuration / "start.conf"

    def __call__(self, command: list[str]) -> tuple[int, str, str]:
        if "pg_createcluster" not in command:
            there = (self.cluster.data / "global/pg_control").exists()
            return (0, f"Database system identifier:           {IDENTIFIER}\n", "") if there else (1, "", "no such file")
        self.calls += 1
        if self.cluster.there():
            return 1, "", "Error: cluster configuration already exists"
        for number, path in enumerate(self.files()):
            if number == self.dies_after:
                raise KeyboardInterrupt
            path.parent.mkdir(parents=True, exist_ok=True)
            start = command[command.index("--start-conf") + 1] if "--start-conf" in command else "auto"
            path.write_text(f"# how\n{start}\n" if path.name == "start.conf" else "port = 5432\n")
        return 0, "", ""


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> clusters.Cluster:
    """A host without a cluster."""
    monkeypatch.setattr(clusters.os.path, "exists", lambda _path: True)  # pg_controldata
    return clusters.Cluster("17", "main", tmp_path)


def test_a_new_one_is_made_once(cluster: clusters.Cluster) -> None:
    run = Programs(cluster)
    assert clusters.state(cluster, run) == "absent"
    assert making.make(cluster, 5432, run, dry=True)
    assert not cluster.there()
    assert making.make(cluster, 5432, run, dry=False)
    assert clusters.state(cluster, run) == "made"
    start = cluster.configuration / "start.conf"
    assert start.read_text() == "# how\nmanual\n"  # no boot starts what is not known to be whole
    assert not making.make(cluster, 5432, run, dry=False)
    assert making.finish(cluster, run, dry=True)
    assert clusters.state(cluster, run) == "made"
    assert making.finish(cluster, run, dry=False)
    assert start.read_text() == "# how\nauto\n"
    assert not making.finish(cluster, run, dry=False)
    assert (clusters.state(cluster, run), run.calls) == ("finished", 1)


@pytest.mark.parametrize("after", range(5))
def test_killed_anywhere_it_is_made_anew(cluster: clusters.Cluster, after: int) -> None:
    run = Programs(cluster)
    run.dies_after = after
    try:
        making.make(cluster, 5432, run, dry=False)
    except KeyboardInterrupt:
        assert clusters.state(cluster, run) in ("absent", "making")
    run.dies_after = 99
    making.make(cluster, 5432, run, dry=False)
    assert clusters.state(cluster, run) == "made"
    assert all(path.exists() for path in run.files())


def test_killed_before_the_note_of_its_end_it_is_made_anew(cluster: clusters.Cluster) -> None:
    run = Programs(cluster)
    making.make(cluster, 5432, run, dry=False)
    clusters.write_note(cluster, "making")
    assert making.make(cluster, 5432, run, dry=False)
    assert (clusters.state(cluster, run), run.calls) == ("made", 2)


def test_nothing_that_a_server_ran_on_is_removed(cluster: clusters.Cluster) -> None:
    run = Programs(cluster)
    making.make(cluster, 5432, run, dry=False)
    clusters.write_note(cluster, "making")
    (cluster.data / "postmaster.opts").write_text("")
    for dry in (True, False):
        with pytest.raises(ServerError, match="a server has run on it since"):
            making.make(cluster, 5432, run, dry=dry)
    assert all(path.exists() for path in run.files())


def test_somebody_elses_is_left_alone(cluster: clusters.Cluster) -> None:
    run = Programs(cluster)
    run(["pg_createcluster"])
    assert clusters.state(cluster, run) == "foreign"
    assert not making.make(cluster, 5432, run, dry=False)
    assert not making.finish(cluster, run, dry=False)
    assert not cluster.note.exists()


def test_a_note_of_another_cluster_says_nothing(cluster: clusters.Cluster) -> None:
    run = Programs(cluster)
    making.make(cluster, 5432, run, dry=False)
    clusters.write_note(cluster, "finished", "1")
    assert clusters.state(cluster, run) == "foreign"


def test_a_program_that_fails_is_told(cluster: clusters.Cluster) -> None:
    def run(command: list[str]) -> tuple[int, str, str]:
        return 1, "", "no space left\n"
    with pytest.raises(ServerError, match="pg_createcluster failed: no space left"):
        making.make(cluster, 5432, run, dry=False)
    assert not cluster.there()


@pytest.mark.parametrize(("text", "value"), [
    ("port = 5433\n", "5433"), ("port=5433 # mine\n", "5433"), ("port 5433\n", "5433"), ("#port = 5433\n", ""),
    ("port = '5433'\n", "5433"), ("port = 1\nport = 5433\n", "5433"), ("porter = 5433\n", ""), ("port = 'it''s'\n", "it's"),
])
def test_what_one_file_says(tmp_path: Path, text: str, value: str) -> None:
    path = tmp_path / "postgresql.conf"
    path.write_text(text)
    assert clusters.setting(path, "port") == value
    assert clusters.setting(tmp_path / "none", "port") == ""


def test_all_clusters_in_order(tmp_path: Path) -> None:
    for name in ("17/main", "15/main", "15/a", "backup/main"):
        (tmp_path / "etc/postgresql" / name).mkdir(parents=True)
        (tmp_path / "etc/postgresql" / name / "postgresql.conf").write_text("port = 6000\n")
    found = clusters.everything(tmp_path)
    assert [f"{one.version}/{one.name} {one.port}" for one in found] == ["15/a 6000", "15/main 6000", "17/main 6000"]

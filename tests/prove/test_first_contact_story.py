"""docs/first-contact.md, command for command, on the server that somebody made by hand: nothing that worked breaks."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils import hba
from live.adopt.contact import Contact, adopt
from live.adopt.drafts import Drafted
from live.proofs.house import BY_HAND, SERVER, STRANGER, SUPERUSER, checksums


def test_first_contact(contact: Contact) -> None:
    before, house = checksums(contact.house), contact.house
    assert len(before) == 9
    adopt(contact)
    known = contact.draft.parent / "all" / "allocation.yml"
    contact.play("secrets", "-e", f"@{contact.draft}")
    assert "1 row, 1 server: valid" in contact.play("validate", "-e", f"@{contact.draft}")
    assert "NOT COMPLIANT" in contact.play("audit", "-e", f"@{contact.draft}", status=2)
    contact.draft.rename(known)
    _decide(known)
    contact.play("audit", status=2)

    additive = ("-e", "good_neighbor_mode=additive")
    contact.play("site", "--check", "--diff", *additive, status=2)
    contact.play("site", *additive, status=2)
    assert contact.owner() == "postgres"

    enforce = ("-e", "good_neighbor_mode=enforce", "-e", f"service_databases_undo_file={contact.undo}")
    one = ("-e", json.dumps({"good_neighbor_services": ["voice_ninja"]}))
    contact.play("site", *enforce, *one, status=2)
    assert contact.owner() == "voice_ninja_user"
    contact.play("undo", "-e", f"good_neighbor_undo_file={contact.undo}")
    assert contact.owner() == "postgres"
    contact.play("site", *enforce, status=2)  # what is left is pg_hba.conf's
    house.access(hba.lines(_matrix(known, contact), SERVER))
    assert f"{SERVER}: compliant" in contact.play("audit")
    assert "nothing to change" in contact.play("site", "-e", "good_neighbor_mode=enforce")
    assert checksums(house) == before
    assert [word for word in (*BY_HAND, SUPERUSER, "SCRAM-SHA-256$") if word in "".join(contact.said)] == []


def _decide(path: Path) -> None:
    """What the operator corrects: the role that no row took is somebody's."""
    found = yaml.safe_load(path.read_text())
    found["good_neighbor_servers"][SERVER]["system_roles"] = [
        {"role": STRANGER[0], "purpose": "knocks at every door", "attributes": ["LOGIN"]}
    ]
    path.write_text(yaml.safe_dump(found, allow_unicode=True))


def _matrix(path: Path, contact: Contact) -> object:
    assert contact.folder in path.parents
    return Drafted({}, path.read_text()).matrix

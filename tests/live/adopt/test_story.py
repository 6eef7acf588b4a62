"""The first commands of docs/first-contact.md; tests/prove/test_first_contact_story.py types all of them."""

from __future__ import annotations

from live.adopt.contact import Contact, adopt


def test_adopt_and_audit(contact: Contact) -> None:
    adopt(contact)
    assert "NOT COMPLIANT" in contact.play("audit", "-e", f"@{contact.draft}", status=2)

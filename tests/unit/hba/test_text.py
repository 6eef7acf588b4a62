"""The text of pg_hba.conf: lines as the server counts them, words, and secrets that nobody sees."""

from __future__ import annotations

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.hba_file import text
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.hba_file.text import Line
from hypothesis import given
from hypothesis import strategies as st

SECRET = "fake-Wq7, 'x' #y"
WAYS = [
    'host all all 10.0.0.1/32 ldap ldapserver=x ldapbindpasswd="{0}" ldapprefix=y',
    'host all all 10.0.0.1/32 ldap "ldapbindpasswd={0}"',
    'host all all 10.0.0.1/32 ldap ldap"bind"passwd="{0}"',
    'host all all 10.0.0.1/32 radius radiusservers=x radiussecrets="""{0}"",""{0}"""',
    '# host all all 10.0.0.1/32 ldap LDAPBINDPASSWD={0}',
    'host all all 10.0.0.1/32 ldap ldapbindpasswd "{0}"',
    'host all all 10.0.0.1/32 ldap ldapbind\\\npasswd="{0}"',
    'host all all 10.0.0.1/32 ldap ldapbindpasswd="\\\n{0}"',
]


@pytest.mark.parametrize("way", WAYS)
def test_no_secret_is_shown(way: str) -> None:
    whole = f"local all all peer\n{way.format(SECRET)}\nhost all all all reject\n"
    assert SECRET[:8] not in text.masked(whole)
    assert text.masked(whole).splitlines()[::2] == ["local all all peer", "host all all all reject"]
    assert all(SECRET[:8] not in line.shown + line.origin for line in text.lines(whole))
    assert SECRET[:8] not in text.without(f"the server says: {SECRET}", whole)
    assert any(SECRET[:8] in secret for secret in text.secrets(whole))


@given(st.text(st.characters(exclude_characters="\r", exclude_categories=("Cs",)), max_size=60))
def test_a_text_without_secrets_is_shown_as_it_is(whole: str) -> None:
    if "\\\n" not in whole and not whole.endswith("\\") and not text.secrets(whole):
        assert text.masked(whole).rstrip("\n") == whole.rstrip("\n")


def test_what_cannot_be_printed_is_replaced() -> None:
    assert text.mask("a\udce9b\ud800") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"


def test_lines_are_counted_as_the_server_counts() -> None:
    whole = '# kitchen.\nlocal all all peer\n\n  # gallery\\\nlost in the comment\nhost all \\\n  all all\\\n\n reject\r\nx'
    assert text.lines(whole) == [
        Line(2, "local all all peer", "kitchen"),
        Line(6, "host all   all all", "gallerylost in the comment"),
        Line(9, " reject", "gallerylost in the comment"),
        Line(10, "x", "gallerylost in the comment"),
    ]


def test_words() -> None:
    fields = text.words('host a,"all" , "say ""x""", b\xa0c +x#y')
    assert [[(word.text, word.quoted) for word in field] for field in fields] == [
        [("host", False)], [("a", False), ("all", True), ('say "x"', True), ("b\xa0c", False)], [("+x", False)]]

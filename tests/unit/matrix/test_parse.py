"""What is right becomes typed values; what is wrong is told, all of it, in exactly these words, and without a secret."""

from __future__ import annotations

import contextlib
import copy
import functools
import hashlib
import operator
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.errors import MatrixError
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix import secrets
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.parse import parse
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.secrets import without_secrets
from ansible_collections.bbworlds.good_neighbor.plugins.module_utils.matrix.types import LOCAL_ADDRESSES
from hypothesis import given
from hypothesis import strategies as st

from .conftest import CLEAN, WRONG, Raw, changed, strings


class Tagged(str):
    """Text as a template engine hands it on: it is more than a string, and prints as something else."""

    def __str__(self) -> str:
        return "<tagged>"


def problems(matrix: Raw, **options: bool) -> list[str]:
    """Every line of what is wrong with a matrix."""
    with pytest.raises(MatrixError) as told:
        parse(matrix.servers, matrix.allocation, **options)
    return [str(problem) for problem in told.value.problems]


def test_a_wrong_matrix_is_told_in_these_words(wrong: dict[str, Any]) -> None:
    assert problems(changed(wrong)) == wrong["says"]


def test_there_are_enough_wrong_ones() -> None:
    assert len(WRONG) >= 40
    assert len({case["name"] for case in WRONG}) == len(WRONG)


def test_everything_is_told_at_once_with_a_headline(clean: Raw) -> None:
    names = {"a limit below one", "a key that is misspelled", "a server without keys", "a port that there is not"}
    said = []
    for case in (case for case in WRONG if case["name"] in names):
        said += case["says"]
        for service, keys in case.get("rows", {}).items():
            clean.row(service).update(keys)
        clean.servers.update(case.get("servers", {}))
    with pytest.raises(MatrixError) as told:
        parse(clean.servers, clean.allocation)
    head, *lines = str(told.value).splitlines()
    assert head == f"the allocation matrix has {len(said)} errors:"
    assert sorted(lines) == sorted(f"- {line}" for line in said)


def test_a_right_one_becomes_typed_values(clean: Raw) -> None:
    matrix = parse(clean.servers, clean.allocation)
    kitchen, gallery, attic, till = matrix.rows
    assert kitchen.settings == (("jit", "off"), ("statement_timeout", "5s"), ("work_mem", "4096"))
    assert kitchen.extensions == ("pg_trgm",)
    assert kitchen.client_addresses == ("local", "10.1.0.0/16", "::1/128") == kitchen.readers[0].client_addresses
    assert (kitchen.env_files[0].login, kitchen.env_files[0].owner, kitchen.env_files[0].mode) == ("cook", "1001", "0600")
    assert (gallery.title, gallery.env_files[0].login, gallery.env_files[0].mode) == ("gallery", "painter", "0640")
    assert (attic.client_addresses, attic.secret_managed, till.backup) == (LOCAL_ADDRESSES, False, None)
    shelf = matrix.server("shelf.example")
    assert (shelf.exceptions[0].expires, shelf.system_identifier) == ("2027-03-31", "7400000000000000001")
    assert (shelf.system_roles[1].client_addresses, shelf.system_roles[1].connect) == (("10.0.0.7/32",), ("pictures",))
    assert shelf.system_roles[1].grants[0].privileges == ("EXECUTE",)
    assert [row.service for row in matrix.on("bank.example")] == ["till"]


def test_a_reader_without_any_address_is_not_a_reader_from_the_rows_addresses(clean: Raw) -> None:
    clean.row("kitchen")["readers"][0]["client_addresses"] = []
    assert parse(clean.servers, clean.allocation).rows[0].readers[0].client_addresses == ()


def test_null_is_the_same_as_no_key(clean: Raw) -> None:
    expected = parse(clean.servers, clean.allocation)
    clean.row("gallery").update(tables=None, client_pool=None, vectors=None, title=None)
    clean.servers["shelf.example"].update(hba=None, port=None)
    assert parse(clean.servers, clean.allocation) == expected


@pytest.mark.parametrize("change", [
    {"tables": ["dishes"], "client_addresses": []},
    {"tables": [], "settings": {}, "extensions": []},
    {"database": 'Pictures of "Ü" %s.1', "settings": {"search_path": ""}},
    {"connection_limit": 61},
])  # fmt: skip
def test_what_only_looks_wrong_is_right(clean: Raw, change: dict[str, Any]) -> None:
    clean.servers["shelf.example"]["system_roles"][1].update(connect=[], grants=[])
    clean.row("gallery").update(change)
    parse(clean.servers, clean.allocation)


def test_the_budget_holds_to_the_last_connection(clean: Raw) -> None:
    clean.row("gallery")["connection_limit"] = 62
    assert len(problems(clean)) == 1


def tagged(value: object) -> object:
    """The same, all text tagged."""
    if isinstance(value, dict):
        return {tagged(key): tagged(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [tagged(entry) for entry in value]
    return Tagged(value) if isinstance(value, str) else value


def test_tagged_text_becomes_plain(clean: Raw) -> None:
    found = parse(tagged(clean.servers), tagged(clean.allocation))
    assert found == parse(clean.servers, clean.allocation)
    assert "<tagged>" not in repr(found)
    assert type(found.rows[0].database) is type(found.rows[0].password) is type(found.servers[0].name) is str


def test_wrong_tagged_text_is_told_alike(wrong: dict[str, Any]) -> None:
    matrix = changed(wrong)
    assert problems(Raw(tagged(matrix.servers), tagged(matrix.allocation))) == wrong["says"]


def test_withheld_secrets_are_not_missed(clean: Raw) -> None:
    for bare in (without_secrets, lambda row: {**without_secrets(row), "password": None}):
        allocation = [bare(row) for row in clean.allocation]
        found = parse(clean.servers, allocation, secrets_withheld=True)
        assert [row.service for row in found.rows] == ["kitchen", "gallery", "attic", "till"]
        assert found.rows[0].password is found.rows[0].readers[0].password is found.rows[1].logins[0].password is None
    assert len(problems(Raw(clean.servers, [without_secrets(row) for row in clean.allocation]))) == 3


def test_withheld_secrets_that_are_there_are_judged(clean: Raw) -> None:
    clean.row("kitchen")["password"] = "fake-short"
    assert len(problems(clean, secrets_withheld=True)) == 1


def test_a_password_that_the_policy_printed_is_refused(clean: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(secrets.LEAKED) == 5
    leaked = "fake-but-printed-somewhere"
    monkeypatch.setattr(secrets, "LEAKED", {hashlib.sha256(leaked.encode()).hexdigest()})
    clean.row("kitchen")["password"] = leaked
    assert problems(clean) == [
        "service kitchen: password: was printed in the policy, so that everybody knows it; write a new one, or "
        '"{{ vault_cook }}" and let the secrets playbook make it'
    ]


def test_no_secret_is_in_a_repr(clean: Raw) -> None:
    assert "fake-" not in repr(parse(clean.servers, clean.allocation))


def test_no_secret_is_in_a_message(wrong: dict[str, Any]) -> None:
    matrix = changed(wrong)
    passwords = {text for text in strings([matrix.servers, matrix.allocation]) if "fake-" in text}
    assert passwords or "allocation" in wrong
    assert not [line for line in problems(matrix) for password in passwords if password in line]


WORDS = st.sampled_from(sorted({text for text in strings(CLEAN) if "fake-" not in text}))
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates() | WORDS,
    lambda inner: st.lists(inner) | st.dictionaries(WORDS | st.integers() | st.none() | st.text(), inner),
    max_leaves=8,
)


def paths(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside."""
    for key, entry in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from paths(entry, (*path, key))


@given(servers=JUNK, allocation=JUNK, secrets_withheld=st.booleans())
def test_nothing_but_a_matrix_error_is_raised(servers: object, allocation: object, secrets_withheld: bool) -> None:
    with pytest.raises(MatrixError):
        parse(servers, allocation, secrets_withheld=secrets_withheld)


@given(changes=st.lists(st.tuples(st.sampled_from(list(paths(CLEAN))), JUNK), min_size=1, max_size=4))
def test_junk_in_a_right_matrix_is_told_and_no_secret_with_it(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    whole: Any = copy.deepcopy(CLEAN)
    for path, junk in changes:
        with contextlib.suppress(LookupError, TypeError):  # an earlier change took the place away
            functools.reduce(operator.getitem, path[:-1], whole)[path[-1]] = copy.deepcopy(junk)
    try:
        parse(whole["servers"], whole["allocation"])
    except MatrixError as error:
        assert "fake-" not in str(error)


def test_two_hundred_rows_are_read(clean: Raw) -> None:
    few = {"readers": [], "env_files": [], "client_pool": None, "connection_limit": 1}
    rows = [
        {**clean.row("kitchen"), **few, "service": f"s{n}", "database": f"d{n}", "owner": f"o{n}",
         "password": f"fake-secret-number-{n:04}"}
        for n in range(200)
    ]  # fmt: skip
    clean.servers["shelf.example"].update(max_connections=1000, system_roles=[])
    assert len(parse(clean.servers, rows).rows) == 200

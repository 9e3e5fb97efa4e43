"""References to secrets: found, revealed in a copy, and concealed again."""

import pytest

from podium.expressions.secret_references import conceal, names_in, reveal

SECRETS = {"A": "alpha", "DOC": '{"k": "value", "n": [12345]}'}
A = "${workflow.secrets.A}"


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({}, set()),
        ({"x": 1, "y": None, "z": "${workflow.input.x}"}, set()),
        ({"x": A}, {"A"}),
        ({A: "x"}, set()),
        ({"x": [{"y": f"a {A} b ${{workflow.secrets.DOC.k}}"}]}, {"A", "DOC"}),
    ],
)
def test_names(value, names):
    assert names == names_in(value)


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        (A, "alpha"),
        (f"{A}{A}", "alphaalpha"),
        ("${workflow.secrets.DOC.k}!", "value!"),
        ("${workflow.secrets.DOC.n}", [12345]),
        ("${workflow.secrets.DOC.n[0]}", 12345),
        ("${workflow.secrets.DOC.n}!", "[12345]!"),
        ("${workflow.secrets.DOC.[}", None),
        ("$${workflow.secrets.A}", "$alpha"),
        ("${workflow.secrets.}", "${workflow.secrets.}"),
    ],
)
def test_reveal(written, seen):
    assert {"x": seen} == reveal({"x": written}, SECRETS)


def test_what_is_revealed_is_a_copy():
    given = {"x": [A], "y": {"z": 1}}
    assert {"x": ["alpha"], "y": {"z": 1}} == reveal(given, SECRETS)
    assert {"x": [A], "y": {"z": 1}} == given


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (None, None),
        ("nothing", "nothing"),
        ("no alpha here", f"no {A} here"),
        ("bad value 12345", "bad ${workflow.secrets.DOC} ${workflow.secrets.DOC}"),
    ],
)
def test_conceal(said, shown):
    assert shown == conceal(said, SECRETS)


def test_the_longest_value_is_concealed_first():
    assert "${workflow.secrets.B}" == conceal(
        "secretly", {"A": "secret", "B": "secretly"}
    )


def test_references_are_found_and_revealed_however_deep_they_lie():
    value = A
    for _ in range(5_000):
        value = {"x": [value]}

    shown = reveal(value, SECRETS)

    assert {"A"} == names_in(value)
    for _ in range(5_000):
        [shown] = shown["x"]
    assert "alpha" == shown


def test_the_value_of_a_secret_is_not_looked_into():
    secrets = {"DOC": '{"k": {"text": "${workflow.secrets.A}"}}', "A": "alpha"}

    assert {"x": {"text": A}} == reveal({"x": "${workflow.secrets.DOC.k}"}, secrets)


def test_revealing_leaves_what_is_written_as_it_is():
    written = {"x": [{"y": A}]}

    assert {"x": [{"y": "alpha"}]} == reveal(written, SECRETS)
    assert {"x": [{"y": A}]} == written

"""Masked fields: by their name, wherever they stand."""

from podium.service.masking import MASK, mask


def test_fields_are_hidden_by_their_name_and_nothing_is_changed():
    value = {"card": {"number": 1}, "list": [{"card": 2, "kept": 3}], "card2": 4}
    before = {"card": {"number": 1}, "list": [{"card": 2, "kept": 3}], "card2": 4}

    shown = mask(value, ["card"])

    assert {"card": MASK, "list": [{"card": MASK, "kept": 3}], "card2": 4} == shown
    assert before == value


def test_fields_are_hidden_however_deep_they_lie():
    value = {"card": 1}
    for _ in range(5_000):
        value = {"x": [value]}

    shown = mask(value, ["card"])

    for _ in range(5_000):
        [shown] = shown["x"]
    assert {"card": MASK} == shown

"""What a task computes with where its input refers to secrets (reference 4.12).

Only what is computed knows the values: the task is recorded with the input as written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from podium.decider.facts import SecretValues, require
from podium.decider.turn import Turn
from podium.expressions.secret_references import conceal, names_in, reveal


@dataclass(frozen=True, slots=True, repr=False)
class Revealed:
    """An input with the values of its secrets."""

    inputs: dict[str, Any]
    secrets: Mapping[str, str]

    def conceal(self, text: str) -> str:
        """Return a message about the input without the values."""
        return conceal(text, self.secrets) or ""


def revealed(turn: Turn, inputs: dict[str, Any]) -> Revealed:
    """Return an input to compute with."""
    names = names_in(inputs)
    if not names:
        return Revealed(inputs, {})
    secrets: Mapping[str, str] = require(turn.facts, SecretValues(names))
    return Revealed(reveal(inputs, secrets), secrets)

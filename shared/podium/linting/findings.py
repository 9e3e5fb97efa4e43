"""What a linter finds: a rule, how bad it is, where, and in which words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

Steps: TypeAlias = tuple[str | int, ...]
"""The keys and indices that lead to a value of a definition's JSON."""


class Severity(StrEnum):
    """An error cannot work; a warning can, and probably not as it was meant."""

    ERROR = "ERROR"
    WARNING = "WARNING"


CONDUCTOR = "conductor"
"""The rule of everything that Conductor itself refuses a definition for."""

RULES: Mapping[str, Severity] = {
    CONDUCTOR: Severity.ERROR,
    "unknown-type": Severity.ERROR,
    "unknown-reference": Severity.ERROR,
    "never-before": Severity.ERROR,
    "race": Severity.WARNING,
    "own-output": Severity.WARNING,
    "unknown-field": Severity.WARNING,
    "unset-variable": Severity.WARNING,
    "no-expression": Severity.WARNING,
    "unknown-input": Severity.WARNING,
    "missing-parameter": Severity.ERROR,
    "unknown-evaluator": Severity.ERROR,
    "unreachable": Severity.WARNING,
    "ignored-branch": Severity.WARNING,
    "no-join": Severity.ERROR,
    "join-unknown": Severity.ERROR,
    "join-never": Severity.ERROR,
    "join-may-wait": Severity.WARNING,
    "endless-loop": Severity.ERROR,
    "endless-recursion": Severity.ERROR,
    "unknown-workflow": Severity.WARNING,
    "broken-schema": Severity.ERROR,
    "schema-not-enforced": Severity.WARNING,
    "not-followed": Severity.WARNING,
}
"""Every rule and how bad it is to break it."""


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing that a rule found, ``value`` being what stands there."""

    rule: str
    steps: Steps
    message: str
    value: Any = None

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return RULES[self.rule]

    @property
    def is_error(self) -> bool:
        """Whether the definition cannot work because of it."""
        return self.severity is Severity.ERROR

    @property
    def path(self) -> str:
        """Where it is, such as ``tasks[2].decisionCases.a[0].inputParameters.x``."""
        return write_path(self.steps)

    def to_json(self) -> dict[str, Any]:
        """Return the finding as the API shows it."""
        shown = {
            "severity": str(self.severity),
            "path": self.path,
            "rule": self.rule,
            "message": self.message,
        }
        return shown if self.value is None else {**shown, "value": self.value}


def write_path(steps: Steps) -> str:
    """Return steps as a text."""
    written = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps
    )
    return written.removeprefix(".")


_STEP = re.compile(r"\[(\d+)\]|\[([^\]]*)\]|\.?([^.\[]+)")


def read_path(path: str) -> Steps:
    """Return the steps of a path as bean validation writes it."""
    return tuple(
        int(index) if index else key or name for index, key, name in _STEP.findall(path)
    )

"""What a check finds, how it is shown, and what becomes of a check that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from botocore.exceptions import BotoCoreError, ClientError

from podium.errors import PodiumError
from podium_sdk.errors import SdkError


class Grade(Enum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "FAILED"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; ``advice`` says what to do."""

    what: str
    grade: Grade
    detail: str
    advice: str = ""

    @classmethod
    def ok(cls, what: str, detail: str) -> Finding:
        """Return that something is as it should be."""
        return cls(what, Grade.OK, detail)

    @classmethod
    def warning(cls, what: str, detail: str, advice: str) -> Finding:
        """Return that something works, but not as it should."""
        return cls(what, Grade.WARNING, detail, advice)

    @classmethod
    def failure(cls, what: str, detail: str, advice: str = "") -> Finding:
        """Return that something does not work."""
        return cls(what, Grade.FAILURE, detail, advice)


@dataclass(frozen=True, slots=True)
class Check:
    """A name, and the work that finds something."""

    what: str
    work: Callable[[], Finding]


Broken: TypeAlias = BotoCoreError | ClientError | PodiumError | SdkError | OSError


def carry_out(checks: Iterable[Check]) -> Iterator[Finding]:
    """Yield what each check finds; one that cannot be done has found a failure."""
    for check in checks:
        try:
            yield check.work()
        except (BotoCoreError, ClientError, PodiumError, SdkError, OSError) as broken:
            yield Finding.failure(check.what, _explain(broken), _advise(broken))


def _explain(broken: Broken) -> str:
    text = broken.message if isinstance(broken, PodiumError) else str(broken)
    return " ".join(text.split()) or type(broken).__name__


def _advise(broken: Broken) -> str:
    if not isinstance(broken, ClientError):
        return ""
    code = broken.response.get("Error", {}).get("Code", "")
    if "AccessDenied" in code or code in {"403", "UnauthorizedOperation"}:
        return "the caller lacks the right to look"
    if "NotFound" in code or "NonExistent" in code or code in {"404", "NoSuchBucket"}:
        return "deploy infra/data.yaml, or look at region and names"
    return ""


def lines(findings: Iterable[Finding], *, colours: bool) -> Iterator[str]:
    """Yield the report's lines, each as soon as its finding is there."""
    for one in findings:
        grade = f"{one.grade.value:<8}"
        if colours:
            grade = f"{_COLOURS[one.grade]}{grade}\x1b[0m"
        yield f"{grade} {one.what:<38} {one.detail}"
        if one.advice:
            yield f"{'':8} {'':26} -> {one.advice}"


_COLOURS = {
    Grade.OK: "\x1b[32m",
    Grade.WARNING: "\x1b[33m",
    Grade.FAILURE: "\x1b[31m",
}

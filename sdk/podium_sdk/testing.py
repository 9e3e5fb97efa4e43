"""A server made of prepared answers, and a clock that is moved by hand.

::

    def test_a_card_is_charged():
        result = run_once(charge_card, {"order_id": "o-1", "amount": "9.90"})
        assert result.status == "COMPLETED"

    def test_an_order_starts_its_workflow():
        transport = ScriptedTransport().on("POST", "/workflow", "wf-1")
        place_order(PodiumClient(transport=transport))
        assert transport.sent("POST", "/workflow")[0].json()["name"] == "orders"
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Self

from podium.model.task import Task, TaskStatus
from podium.model.task_result import TaskResult
from podium_sdk.api import encode
from podium_sdk.timing import SystemTiming
from podium_sdk.transport import Request, Response
from podium_sdk.worker import WorkerTask

PATIENCE = 10.0
"""How many real seconds a test waits for what should come at once."""


class ScriptedTransport:
    """Answers requests as it was told to, and remembers them; threads may share it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._requests: list[Request] = []
        self._answers: dict[tuple[str, str], list[Any]] = {}

    def on(self, method: str, path: str, *answers: Any) -> Self:
        """Answer such requests by these, one after the other; the last one stays.

        ``path`` starts below ``/api`` and may have ``*`` in it.  An answer is a
        Response, an exception to raise, a function of the request that returns an
        answer, None for 204, a string for bare text, or any other value for JSON.
        Where two paths match, the one told later counts.
        """
        if not answers:
            raise ValueError("say at least one answer")
        with self._changed:
            self._answers.pop((method, path), None)
            self._answers[method, path] = list(answers)
        return self

    def __call__(self, request: Request, /) -> Response:
        """Answer a request; one that nobody spoke of has no route."""
        with self._changed:
            answer = self._next_answer(request)
            self._requests.append(request)
            self._changed.notify_all()
        while callable(answer):
            answer = answer(request)
        if isinstance(answer, BaseException):
            raise answer
        return _response(answer)

    def _next_answer(self, request: Request) -> Any:
        for (method, path), answers in reversed(self._answers.items()):
            if method == request.method and fnmatchcase(request.path, path):
                return answers.pop(0) if len(answers) > 1 else answers[0]
        message = f"No answer is prepared for {request.method} {request.path}"
        return Response.of_json({"status": 404, "message": message}, 404)

    def sent(self, method: str, path: str) -> list[Request]:
        """Return the requests so far that match."""
        with self._changed:
            return self._matching(method, path)

    def wait_for(self, method: str, path: str, count: int = 1) -> list[Request]:
        """Wait until so many matching requests have come, and return them."""
        with self._changed:
            met = self._changed.wait_for(
                lambda: len(self._matching(method, path)) >= count, PATIENCE
            )
            found = self._matching(method, path)
        if not met:
            raise AssertionError(f"{len(found)} of {count} times: {method} {path}")
        return found

    def _matching(self, method: str, path: str) -> list[Request]:
        return [
            one
            for one in self._requests
            if one.method == method and fnmatchcase(one.path, path)
        ]


def _response(answer: Any) -> Response:
    if isinstance(answer, Response):
        return answer
    if answer is None:
        return Response(204)
    if isinstance(answer, str):
        return Response.of_text(answer)
    return Response(200, encode(answer), {"Content-Type": "application/json"})


@dataclass(frozen=True, eq=False, slots=True)
class _Wait:
    condition: threading.Condition
    seconds: float | None


class ManualTiming:
    """A time that stands still until it is moved; waits end by moving it."""

    def __init__(self, now: int = 1_700_000_000_000) -> None:
        self._started = now
        self._seconds = 0.0
        self._changed = threading.Condition()
        self._waiting: set[_Wait] = set()
        self._seen = threading.local()

    def now(self) -> int:
        """Return the epoch time in milliseconds."""
        return self._started + round(self.monotonic() * 1000)

    def monotonic(self) -> float:
        """Return the seconds that the time was moved by."""
        with self._changed:
            self._seen.seconds = self._seconds
            return self._seconds

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait on a held condition until it is notified or the time is moved."""
        entry = _Wait(condition, seconds)
        with self._changed:
            if seconds is not None and self._seen.seconds != self._seconds:
                return  # moved since this thread looked: it would miss its end
            self._waiting.add(entry)
            self._changed.notify_all()
        condition.wait(PATIENCE)
        with self._changed:
            self._waiting.discard(entry)

    def advance(self, seconds: float) -> None:
        """Move the time and wake whoever waits, to look at it again."""
        with self._changed:
            self._seconds += seconds
            conditions = {entry.condition for entry in self._waiting}
            self._waiting.clear()  # all wake up; who is not done waits anew
        for condition in conditions:
            with condition:
                condition.notify_all()

    def expect_wait(self, seconds: float) -> None:
        """Return as soon as some thread waits for so many seconds."""

        def is_waiting() -> bool:
            return any(
                entry.seconds is not None and abs(entry.seconds - seconds) < 1e-6
                for entry in self._waiting
            )

        with self._changed:
            if not self._changed.wait_for(is_waiting, PATIENCE):
                waits = [entry.seconds for entry in self._waiting]
                raise AssertionError(f"nobody waits for {seconds} s, but {waits}")

    def pass_wait(self, seconds: float) -> None:
        """Wait until a thread waits for so many seconds, and let them pass."""
        self.expect_wait(seconds)
        self.advance(seconds)


def run_once(
    worker: WorkerTask[..., Any],
    input: Mapping[str, Any] | None = None,
    task: Task | None = None,
) -> TaskResult:
    """Execute a worker's function on this input as a runner would."""
    base = task or Task(task_id="task-1", workflow_instance_id="workflow-1")
    given: dict[str, Any] = {"status": TaskStatus.IN_PROGRESS}
    if input is not None:
        given["input_data"] = dict(input)
    if not base.task_def_name:
        given |= {"task_type": worker.task_type, "task_def_name": worker.task_type}
    return worker.execute(base.model_copy(update=given), SystemTiming().now)

"""Scheduling one task: inputs, definition, domain, hand-over to its type's rule.

Scheduling the same reference twice is scheduling it once (Conductor's dedupe, reference
4.1): a decision that was cut short can simply be made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from msgspec import Raw

from podium import ids
from podium.decider import events as ev
from podium.decider.beginning import begin, is_checked, why_refused
from podium.decider.facts import LastPolls, TaskDefinition, require
from podium.decider.payload_limits import too_large_for_task, within_limit
from podium.decider.state import TaskState
from podium.decider.task_types import LAUNCHING, NAMED_BY_TYPE, SYSTEM
from podium.decider.turn import EndWorkflow, Place, Turn, encode
from podium.expressions.template import compile_template
from podium.model.task import TaskStatus
from podium.model.task_definition import TaskDef, TimeoutPolicy
from podium.model.workflow import WorkflowStatus
from podium.model.workflow_task import WorkflowTask

ACTIVE_WORKER_WINDOW = 10_000
QUEUE_REACH = 15 * 60 * 1000
NO_DOMAIN = "NO_DOMAIN"
_COPIED_TO_LIMITS = ("response", "task", "total", "poll")


class Delay(NamedTuple):
    """How long a task is not to be handed out: seconds, and milliseconds of jitter."""

    seconds: int
    jitter: int = 0


class Attempt:
    """Which attempt of a task is being scheduled, and what it takes over.

    The first one is ``Attempt()``; a retry names the attempt before it and its delay in
    seconds, with a jitter in milliseconds on top.
    """

    def __init__(
        self,
        before: TaskState | None = None,
        delay: int = 0,
        jitter: int = 0,
    ) -> None:
        self.before = before
        self.delay = Delay(delay, jitter)

    def fields(self) -> dict[str, Any]:
        """Return the fields of TaskScheduled that link the attempts (reference 4.4)."""
        if self.before is None:
            return {}
        return {
            "retry_of": self.before.seq,
            "retry_count": self.before.retry_count + 1,
            "first_scheduled_at": self.before.first_scheduled_at,
            "reason": self.before.reason,
        }


class Operator(Protocol):
    """Schedules a task of one type: its TaskScheduled and what follows at once."""

    def __call__(self, turn: Turn, place: Place, attempt: Attempt) -> None:
        """Schedule the task that stands at ``place``."""
        ...


def schedule(turn: Turn, place: Place, attempt: Attempt | None = None) -> None:
    """Schedule the task at ``place``, unless it already is.

    One that a client has skipped is passed over now.  What a fork or a case begins with
    comes before what stands beside it, as Conductor counts them (reference 3.5).
    """
    from podium.decider.operators import operator_for
    from podium.decider.settling import settle_container

    if attempt is None:
        attempt = Attempt()
        present = turn.state.tasks.get(place.node.ref)
        if present is not None and present.iterations == place.iterations:
            if present.status is TaskStatus.SKIPPED and not present.settled:
                turn.come_to(present)
            return
    operator_for(place.node.task.type)(turn, place, attempt)
    settle_container(turn, turn.state.tasks[place.node.ref])


def add(  # noqa: PLR0913 - one event, many optional fields
    turn: Turn,
    place: Place,
    attempt: Attempt,
    *,
    status: TaskStatus,
    task_input: Mapping[str, Any],
    task_type: str | None = None,
    name: str | None = None,
    output: Mapping[str, Any] | None = None,
    definition: TaskDef | None = None,
    **fields: Any,
) -> TaskState:
    """Emit the TaskScheduled event of the task at ``place`` and return its state.

    With a ``definition`` the task is held to the schemas of that.
    """
    task = place.node.task
    kind = task_type or task.type
    if "reason" not in fields and status.is_terminal:
        fields["reason"] = None
    given = encode(task_input)
    answered = ev.ABSENT if output is None else encode(output)
    merged = {"seq": turn.state.last_seq + 1} | attempt.fields() | fields
    refused = too_large_for_task(next_task_id(turn), given, answered)
    if definition is not None and refused is None:
        merged["checked"] = is_checked(definition)
        refused = why_refused(definition, _own_input(task, task_input))
        answered = answered if refused is None else ev.ABSENT
    if refused is not None:
        status = TaskStatus.FAILED_WITH_TERMINAL_ERROR
        kept = {key: merged[key] for key in ("seq", "delivery") if key in merged}
        merged = attempt.fields() | kept | {"reason": refused}
    event = ev.TaskScheduled(
        ref=place.node.ref,
        type=kind,
        name=name or (kind if kind in NAMED_BY_TYPE else task.name),
        status=status,
        input=within_limit(given),
        output=within_limit(answered),
        iterations=place.iterations,
        loop=place.node.loop,
        root=place.root,
        definition=_definition_to_record(place),
        **merged,
    )
    turn.emit(event)
    return turn.state.tasks[place.node.ref]


def _own_input(task: WorkflowTask, task_input: Mapping[str, Any]) -> Any:
    """Return what the definition has made of a task's ``inputParameters``."""
    if task.type == "SUB_WORKFLOW":
        return task_input["workflowInput"]
    return task_input


def _definition_to_record(place: Place) -> Raw:
    """Return the task's definition where no snapshot has it."""
    if place.root != place.node.ref:
        return ev.ABSENT
    return encode(place.node.task.to_json())


def next_task_id(turn: Turn) -> str:
    """Return the id that the next scheduled task will have."""
    return ids.task_id(turn.state.workflow_id, turn.state.last_seq + 1)


def definition_of(turn: Turn, place: Place, name: str | None = None) -> TaskDef:
    """Return the task definition that governs a task (reference 3.0).

    What nobody registered is governed by an ad-hoc one: a SIMPLE task by Conductor's
    defaults, but without a retry where a dynamic fork made it, any other by one that
    neither retries nor times out.
    """
    found = registered_definition_of(turn, place, name)
    if found is not None:
        return found
    task = place.node.task
    name = name or task.name
    if task.type == "SIMPLE":
        is_forked = place.root is not None
        return TaskDef(name=name, retry_count=0) if is_forked else TaskDef(name=name)
    return TaskDef(name=name, retry_count=0, response_timeout_seconds=0)


def registered_definition_of(
    turn: Turn, place: Place, name: str | None = None
) -> TaskDef | None:
    """Return the task definition that is registered for a task, if there is one.

    The snapshot carries those of static tasks, and has none where none was registered
    at the start; tasks that are named at run time look theirs up.
    """
    task = place.node.task
    if name is None or name == task.name:
        if task.task_definition is not None or place.root is None:
            return task.task_definition
        name = task.name
    found: TaskDef | None = require(turn.facts, TaskDefinition(name))
    return found


def resolve_input(
    turn: Turn, place: Place, definition: TaskDef | None = None
) -> dict[str, Any]:
    """Return the task's input, resolved anew for each attempt.

    The definition's ``inputTemplate`` fills absent and null keys (reference 4.12).
    """
    if place.given is not None:
        return dict(place.given)
    template = definition.input_template if definition is not None else {}
    absent = {
        key: value
        for key, value in template.items()
        if key not in place.node.task.input_parameters
    }
    resolved = dict(turn.resolve(place.node.input, next_task_id(turn)))
    if absent:
        resolved |= turn.resolve(compile_template(absent), next_task_id(turn))
    for key, value in template.items():
        if resolved.get(key) is None:
            resolved[key] = value
    return resolved


def limits_of(definition: TaskDef) -> ev.TaskLimits | None:
    """Return the timeouts of a definition, None where there are none."""
    limits = ev.TaskLimits(
        response=definition.response_timeout_seconds,
        task=definition.timeout_seconds,
        total=definition.total_timeout_seconds,
        poll=definition.poll_timeout_seconds or 0,
        policy=TimeoutPolicy(definition.timeout_policy),
    )
    if not any(getattr(limits, field) for field in _COPIED_TO_LIMITS):
        return None
    return limits


def quota_of(definition: TaskDef) -> ev.TaskQuota | None:
    """Return the limits of a definition on its tasks as a whole, None without any."""
    concurrent = max(0, definition.concurrent_exec_limit or 0)
    rate = max(0, definition.rate_limit_per_frequency)
    window = max(0, definition.rate_limit_frequency_in_seconds)
    if not window:
        rate = 0
    if not concurrent and not rate:
        return None
    return ev.TaskQuota(concurrent, rate, window)


def delay_of(place: Place, attempt: Attempt) -> Delay:
    """Return how long a task is not to be handed out."""
    if attempt.before is not None:
        return attempt.delay
    return Delay(place.node.task.start_delay)


def delay_fields(task_type: str, delay: Delay) -> dict[str, Any]:
    """Return the fields of an event that offers a task after ``delay``."""
    milliseconds = delay.seconds * 1000 + delay.jitter
    return {
        "delay": milliseconds,
        "callback_after": delay.seconds,
        "parked": milliseconds > reach_of(task_type),
    }


def reach_of(task_type: str) -> int:
    """Return how far ahead a task of this type can be offered.

    Queues hold a message back for up to 15 minutes.  What starts a workflow has no
    queue of its own: it waits in the state until it is due.
    """
    return 0 if task_type in LAUNCHING else QUEUE_REACH


def schedule_worker_task(
    turn: Turn, place: Place, attempt: Attempt, name: str | None = None
) -> None:
    """Schedule a task that an external worker polls (reference 3.1)."""
    task = place.node.task
    name = name or task.name
    simple = task.type in ("SIMPLE", "DYNAMIC")
    task_type = name if simple else task.type
    registered = registered_definition_of(turn, place, name)
    if registered is None and not simple:
        reason = (
            "Invalid task specified. Cannot find task by name "
            f"{name} in the task definitions"
        )
        raise EndWorkflow(WorkflowStatus.FAILED, reason)
    definition = definition_of(turn, place, name)
    inputs = resolve_input(turn, place, definition)
    delay = delay_fields(task_type, delay_of(place, attempt))
    add(
        turn,
        place,
        attempt,
        task_input=inputs,
        task_type=task_type,
        name=name,
        domain=choose_domain(turn, task_type),
        limits=limits_of(definition),
        quota=quota_of(definition),
        definition=definition,
        **begin(turn, place, inputs, name, delay),
    )


def choose_domain(turn: Turn, task_type: str) -> str | None:
    """Return the domain a task is queued in (reference 4.10).

    The first domain of the list with a worker that polled in the last ten seconds,
    else the last of the list.
    """
    mapping = turn.state.task_to_domain
    choices = mapping.get(task_type) or mapping.get("*")
    if not choices or task_type in SYSTEM:
        return None
    domains = [domain.strip() for domain in choices.split(",") if domain.strip()]
    chosen = domains[-1] if domains else NO_DOMAIN
    if len(domains) > 1:
        polls: Mapping[str, int] = require(turn.facts, LastPolls(task_type))
        since = turn.now - ACTIVE_WORKER_WINDOW
        alive = (one for one in domains if polls.get(one, 0) >= since)
        chosen = next(alive, chosen)
    return None if chosen.upper() == NO_DOMAIN else chosen

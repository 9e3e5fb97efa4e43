"""A whole Podium in memory whose time stands still until it is told to move.

What queues and timers trigger elsewhere is done here when asked for, in the calling
thread, so a test of thirty days takes milliseconds and never waits.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from podium.adapters.environment_secrets import EnvironmentSecrets
from podium.adapters.sqlite.home import open_home
from podium.bootstrap import build
from podium.clock import ManualClock
from podium.eventing import Eventing
from podium.model.event_handler import EventHandler
from podium.model.requests import StartWorkflowRequest
from podium.model.task import TaskStatus
from podium.model.task_definition import TaskDef
from podium.model.task_result import TaskResult
from podium.model.workflow_definition import WorkflowDef
from podium.service.announcer import NOTIFICATIONS

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_MAX_ROUNDS = 20_000


@contextmanager
def new_world(environment=None) -> Iterator["World"]:
    """Open a world and close it again: in memory, or as :func:`worlds_by` says."""
    with _opens.get()(environment) as world:
        yield world


@contextmanager
def worlds_by(opens) -> Iterator[None]:
    """Have ``opens(environment)`` open the worlds meanwhile."""
    token = _opens.set(opens)
    try:
        yield
    finally:
        _opens.reset(token)


@contextmanager
def in_memory(environment) -> Iterator["World"]:
    """Open a world on the embedded home."""
    world = World(environment)
    try:
        yield world
    finally:
        world.opened.close()


_opens = ContextVar("how worlds are opened", default=in_memory)


class World:
    """One service, its clock, and workers that do what the test says."""

    def __init__(self, environment=None, path=":memory:", clock=None, seed=7):
        self.clock = clock or ManualClock()
        self.environment = environment
        self._variables = {}
        self.opened = self.equip(self.open(path, seed))
        self.connect(Eventing())

    def open(self, path, seed):
        """Return an opened home with the receiving sides of its queues and timers."""
        draw = random.Random(seed).getrandbits
        secrets = EnvironmentSecrets(self._variables)
        return open_home(path, clock=self.clock, draw=draw, secrets=secrets)

    def connect(self, eventing):
        """Put the service together, with these sinks and listeners."""
        self.podium = build(self.opened.home, self.environment, eventing=eventing)
        self.decider_queue = self.podium.decider_queue

    def equip(self, opened):
        """Return the home that the world is to use in place of this one."""
        return opened

    def keep_secret(self, name, value):
        """Do what an operator does who adds a secret."""
        self._variables[f"CONDUCTOR_SECRET_{name}"] = value

    # --- definitions -----------------------------------------------------------

    def register(self, name, tasks, **fields):
        """Register a workflow definition from JSON tasks."""
        definition = {"name": name, "tasks": tasks, "schemaVersion": 2, **fields}
        self.podium.definitions.update_workflows([WorkflowDef.from_json(definition)])

    def register_task(self, name, **fields):
        """Register a task definition."""
        fields.setdefault("responseTimeoutSeconds", 3600)
        self.podium.definitions.register_tasks(
            [TaskDef.from_json({"name": name, **fields})]
        )

    def register_handler(self, **fields):
        """Register an event handler."""
        handler = {"active": True, **fields}
        self.podium.events.add(EventHandler.from_json(handler))

    # --- time ------------------------------------------------------------------

    def settle(self):
        """Work off commands, system tasks and due timers until nothing is left."""
        for _ in range(_MAX_ROUNDS):
            if not self._work():
                return
        raise AssertionError("the world never comes to rest")

    def _work(self):
        """Do one thing that waits to be done; tell whether there was any."""
        return (
            self._run_command()
            or self._run_system_task()
            or self._notify()
            or self._fire()
        )

    def _run_command(self):
        for command in self.opened.commands.receive(1):
            self.decider_queue.handle(command.workflow_id, command.command)
            self.opened.commands.delete(command.receipt)
            return True
        return False

    def _run_system_task(self):
        for task_type in self.podium.system_tasks.types:
            for message in self.podium.system_tasks.receive(task_type, 1, 0):
                self.podium.system_tasks.handle(task_type, message)
                return True
        return False

    def _notify(self):
        for message in self.podium.notifications.receive(NOTIFICATIONS, 1, 0):
            self.podium.notifications.handle(NOTIFICATIONS, message)
            return True
        return False

    def _fire(self):
        for timer in self.opened.timers.due(self.clock.now(), 1):
            self.decider_queue.wake(timer.workflow_id, timer.due)
            self.opened.timers.done([timer])
            return True
        return False

    def advance(self, milliseconds):
        """Let time pass: every timer fires at its time, not at the end.

        Where something takes its time meanwhile, it may be later in the end.
        """
        end = self.clock.now() + milliseconds
        self.settle()
        while (due := self.opened.timers.next_due()) is not None and due <= end:
            self.clock.advance(due - self.clock.now())
            self.settle()
        self.clock.advance(max(0, end - self.clock.now()))
        self.settle()

    def pass_time(self):
        """Move on to the next timer or delayed message; False where there is none."""
        queues = self.opened.queues
        due = [queues.next_due(queue) for queue in queues.sizes()]
        due = [time for time in (*due, self.opened.timers.next_due()) if time]
        if due:
            self.advance(min(due) - self.clock.now())
        return bool(due)

    # --- workflows -------------------------------------------------------------

    def start(self, name, workflow_input=None, *, settle=True, **fields):
        """Start a workflow and return its id; settle what it calls for, or do not."""
        request = {"name": name, "input": workflow_input or {}, **fields}
        started = self.podium.starter.start(StartWorkflowRequest.from_json(request))
        if settle:
            self.settle()
        return started

    def run(self, tasks, workflow_input=None, **fields):
        """Register a definition of these tasks, start it, and return the id."""
        name = fields.pop("name", "tested")
        started = {key: fields.pop(key) for key in _OF_START if key in fields}
        self.register(name, tasks, **fields)
        return self.start(name, workflow_input, **started)

    def workflow(self, workflow_id):
        """Return the workflow as the API shows it."""
        return self.podium.workflows.get(workflow_id)

    def status(self, workflow_id):
        """Return the workflow's status."""
        return self.workflow(workflow_id)["status"]

    def output(self, workflow_id):
        """Return the workflow's output."""
        return self.workflow(workflow_id)["output"]

    def tasks(self, workflow_id):
        """Return ``[(reference, status), ...]`` in order of sequence."""
        tasks = self.workflow(workflow_id)["tasks"]
        return [(task["referenceTaskName"], task["status"]) for task in tasks]

    def task(self, workflow_id, ref):
        """Return the latest task with this reference."""
        found = [
            task
            for task in self.workflow(workflow_id)["tasks"]
            if task["referenceTaskName"] == ref
        ]
        return found[-1]

    def refs(self, workflow_id):
        """Return the references of all tasks in order of sequence."""
        return [ref for ref, _ in self.tasks(workflow_id)]

    def status_of(self, workflow_id, ref):
        """Return the status of the latest task with this reference."""
        return self.task(workflow_id, ref)["status"]

    def input_of(self, workflow_id, ref):
        """Return the input of the latest task with this reference."""
        return self.task(workflow_id, ref)["inputData"]

    def output_of(self, workflow_id, ref):
        """Return the output of the latest task with this reference."""
        return self.task(workflow_id, ref)["outputData"]

    def signal_task(self, workflow_id, ref, status="COMPLETED", output=None):
        """Report on an open task by its reference, as a client may."""
        updated = self.podium.tasks.update_by_reference(
            workflow_id, ref, TaskStatus(status), output or {}, None
        )
        self.settle()
        return updated

    def terminate(self, workflow_id, reason):
        """Terminate a workflow, as an operator may."""
        self.podium.workflows.terminate(workflow_id, reason)
        self.settle()

    def push(self, workflow_id, payload):
        """Push a message to a workflow, as a client may."""
        self.podium.messages.push(workflow_id, payload)
        self.settle()

    # --- workers ---------------------------------------------------------------

    def answer_http(self, answers):
        """Have ``answers.run(call)`` instead of the HTTP task."""
        self.podium.system_tasks._types["HTTP"] = answers

    def queue_sizes(self):
        """Return how many tasks wait, by queue."""
        return self.opened.queues.sizes()

    def poll(self, task_type, worker="worker", domain=None, count=1):
        """Return the tasks that a worker gets."""
        return self.podium.polling.poll(task_type, worker, domain, count)

    def take(self, task_type, **options):
        """Return the one task that a worker gets; it is an error if there is none."""
        tasks = self.poll(task_type, **options)
        assert tasks, f"no {task_type} is waiting"
        return tasks[0]

    def report(self, task, status="COMPLETED", output=None, **fields):
        """Report on a polled task."""
        result = {
            "workflowInstanceId": task["workflowInstanceId"],
            "taskId": task["taskId"],
            "workerId": task.get("workerId"),
            "status": status,
            "outputData": output or {},
            **fields,
        }
        self.podium.tasks.update(TaskResult.from_json(result))
        self.settle()

    def update_and_poll(self, task, status="COMPLETED", output=None):
        """Report on a polled task and return the next one that comes with it."""
        result = {
            "workflowInstanceId": task["workflowInstanceId"],
            "taskId": task["taskId"],
            "workerId": task.get("workerId"),
            "status": status,
            "outputData": output or {},
        }
        return self.podium.tasks.update_and_poll(TaskResult.from_json(result))

    def complete(self, task_type, output=None, **options):
        """Poll one task of a type and complete it."""
        task = self.take(task_type, **options)
        self.report(task, output=output)
        return task

    def fail(self, task_type, reason="it broke", status="FAILED"):
        """Poll one task of a type and fail it."""
        task = self.take(task_type)
        self.report(task, status, reasonForIncompletion=reason)
        return task


_OF_START = ("correlationId", "priority", "taskToDomain", "idempotencyKey", "createdBy")


def simple(ref, name=None, **fields):
    """Return the JSON of a SIMPLE task."""
    return {
        "name": name or ref,
        "taskReferenceName": ref,
        "type": "SIMPLE",
        **fields,
    }


def task(kind, ref, **fields):
    """Return the JSON of a task of any type."""
    return {"name": ref, "taskReferenceName": ref, "type": kind, **fields}


def inline(ref, expression, **inputs):
    """Return the JSON of an INLINE task."""
    return task("INLINE", ref, inputParameters={"expression": expression, **inputs})


def fork_join(*branches, ref="fork", **fields):
    """Return the JSON of a FORK_JOIN over these lists of tasks."""
    return task("FORK_JOIN", ref, forkTasks=list(branches), **fields)


def join_on(*refs, ref="join", **fields):
    """Return the JSON of a JOIN over these references."""
    return task("JOIN", ref, joinOn=list(refs), **fields)


def do_while(*body, condition="$.loop.iteration < 2", ref="loop", **fields):
    """Return the JSON of a DO_WHILE over these tasks, by default of two iterations."""
    return task("DO_WHILE", ref, loopCondition=condition, loopOver=list(body), **fields)

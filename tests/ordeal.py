"""Orders that have something for every function to do, while processes die.

A client starts each once, by its key.  It has branches for workers, one that fails at
first and two of whom one may be worked on at a time; a loop, children that wait and
compute, a call by HTTP, a workflow that is started apart, and events: one to the
handlers of its own kind, one to a queue from which it comes back.  Each event starts a
workflow and completes a task.  Children of an order run one after the other.  With an
order goes a funeral: a workflow that fails, and has itself mourned.  And all the while
a schedule starts something every twenty seconds.
"""

from collections import Counter

from attempts import assert_each_completed_once
from world import do_while, fork_join, inline, join_on, simple, task

WORK, ALONE = "mortal_work", "mortal_alone"
QUEUE = "podium-events-told"
TURNS = 3
BRANCHES = ("branch_1", "branch_2", "branch_3")
CHILDREN = ("child_1", "child_2")
EVENTS = {"tell": "conductor:order:tell", "send": f"sqs:{QUEUE}"}
TOLD = {"tell": "told", "send": "heard"}
"""Which workflow each event starts."""
APART = ("begun", *TOLD.values())
"""What is started once for each order, and is no child of it."""

EVERY = 20_000
"""Milliseconds from one run of the schedule to the next."""
_SCHEDULE = {
    "name": "ticking",
    "cronExpression": "0/20 * * * * ?",
    "runCatchupScheduleInstances": True,
    "startWorkflowRequest": {"name": "ticked", "version": 1, "input": {}},
}
_ONE_BY_ONE = {
    "rateLimitKey": "${workflow.correlationId}",
    "concurrentExecLimit": 1,
}

_PATIENT = {
    "ownerEmail": "orders@example.org",
    "retryCount": 50,
    "retryDelaySeconds": 0,
    "responseTimeoutSeconds": 10,
}
_TASKS = [
    {"name": WORK, **_PATIENT},
    {"name": ALONE, **_PATIENT, "concurrentExecLimit": 1},
]
_LEAF = [
    simple("first", WORK),
    task("WAIT", "wait", inputParameters={"duration": "1 seconds"}),
    inline("script", "1 + 1"),
    simple("second", WORK),
]
_FUNERAL = [
    fork_join([task("HUMAN", "stay")], [simple("doomed", WORK)]),
    join_on("stay", "doomed"),
]
_ORDER_REFS = (
    *(*BRANCHES, *CHILDREN, "flaky", "alone_1", "alone_2", "loop", "call", "begin"),
    *("fork", "join", *EVENTS, *(f"await_{ref}" for ref in EVENTS), "events", "all"),
    *(f"in_loop__{turn}" for turn in range(1, TURNS + 1)),
    "last",
)


def answer(polled):
    """Return the status that a worker reports."""
    reference = polled["referenceTaskName"]
    if reference == "doomed":
        return "FAILED_WITH_TERMINAL_ERROR"
    is_first = polled.get("retryCount", 0) == 0
    return "FAILED" if reference == "flaky" and is_first else "COMPLETED"


class Ordeal:
    """Orders in a world, and what must have become of them."""

    def __init__(self, world, site):
        self._world = world
        self._site = site
        self.orders = []
        self.funerals = []
        self._running = set()

    def register(self):
        world = self._world
        world.ask("POST", "/metadata/taskdefs", _TASKS)
        definitions = [
            _definition("leaf", _LEAF, rateLimitConfig=_ONE_BY_ONE),
            _definition("order", self._order()),
            _definition("funeral", _FUNERAL, failureWorkflow="mourning"),
            _definition("mourning", [simple("mourn", WORK)]),
            *(_definition(name, [inline("note", "1")]) for name in (*APART, "ticked")),
        ]
        world.ask("PUT", "/metadata/workflow", definitions)
        for ref in EVENTS:
            world.ask("POST", "/event", _handler(ref))
        world.ask("POST", "/scheduler/schedules", _SCHEDULE)

    def _order(self):
        http = {"uri": self._site.uri, "method": "GET"}
        begun = {"name": "begun", "correlationId": "${workflow.correlationId}"}
        leaf = {"subWorkflowParam": {"name": "leaf", "version": 1}}
        branches = [
            *([simple(ref, WORK)] for ref in (*BRANCHES, "flaky")),
            *([simple(ref, ALONE)] for ref in ("alone_1", "alone_2")),
            [do_while(simple("in_loop", WORK), condition=_is_below(TURNS))],
            *([task("SUB_WORKFLOW", ref, **leaf)] for ref in CHILDREN),
            [task("HTTP", "call", inputParameters={"http_request": http})],
            [task("START_WORKFLOW", "begin", inputParameters={"startWorkflow": begun})],
        ]
        ends = [branch[-1]["taskReferenceName"] for branch in branches]
        events = [
            *([task("EVENT", ref, sink=_sink(ref))] for ref in EVENTS),
            *([task("WAIT", f"await_{ref}")] for ref in EVENTS),
        ]
        heard = [branch[-1]["taskReferenceName"] for branch in events]
        return [
            fork_join(*branches),
            join_on(*ends),
            fork_join(*events, ref="events"),
            join_on(*heard, ref="all"),
            simple("last", WORK),
        ]

    # --- while it lasts --------------------------------------------------------------

    def begin(self):
        """Start one more order, and a funeral."""
        number = len(self.orders) + 1
        self.orders.append(self._start("order", f"o-{number}"))
        self.funerals.append(self._start("funeral", f"f-{number}"))

    def _start(self, name, key):
        started = self._world.start(
            name,
            {},
            correlationId=key,
            idempotencyKey=key,
            idempotencyStrategy="RETURN_EXISTING",
        )
        self._running.add(started)
        return started

    def running(self):
        """Return what of all that was started has not ended."""
        ended = {one for one in self._running if self._world.status(one) != "RUNNING"}
        self._running -= ended
        return sorted(self._running)

    def stop_ticking(self):
        self._world.ask("DELETE", "/scheduler/schedules/ticking")

    # --- in the end ------------------------------------------------------------------

    def amiss(self):
        """Yield what a search finds that has not ended, and what it does not find."""
        for row in self._found("status='RUNNING'"):
            running = self._world.workflow(row["workflowId"])
            yield f"found as running: {_short(running)}"
        for name in ("order", "funeral", "mourning", *APART):
            found = len(self._found(f"workflowType='{name}'"))
            if found < len(self.orders):
                yield f"{found} of {len(self.orders)} found of {name}"

    def check(self):
        """Hold all to its end: once is not twice."""
        for order in self.orders:
            self._check_order(self._world.workflow(order))
        keys = Counter(f"o-{number + 1}" for number in range(len(self.orders)))
        for name in APART:
            rows = self._found(f"workflowType='{name}' AND status='COMPLETED'")
            assert (name, keys) == (name, Counter(one["correlationId"] for one in rows))
        mourned = [self._mourned_by(one) for one in self.funerals]
        rows = self._found("workflowType='mourning'")
        assert sorted(mourned) == sorted(one["workflowId"] for one in rows)
        ticks = self._ticks()
        assert list(range(ticks[0], ticks[-1] + 1, EVERY)) == ticks

    def _ticks(self):
        """Return for which times the schedule started something, in order."""
        rows = self._found("workflowType='ticked' AND status='COMPLETED'")
        started = [self._world.workflow(one["workflowId"]) for one in rows]
        return sorted(one["input"]["_scheduledTime"] for one in started)

    def _found(self, query):
        query = {"query": query, "size": 1_000}
        return self._world.ask("GET", "/workflow/search", **query)["results"]

    def _check_order(self, order):
        assert_each_completed_once(order, _ORDER_REFS, may_fail=["flaky"])
        for one in order["tasks"]:
            if one["referenceTaskName"] in CHILDREN and one["status"] == "COMPLETED":
                leaf = self._world.workflow(one["subWorkflowId"])
                assert_each_completed_once(leaf, ["first", "wait", "script", "second"])

    def _mourned_by(self, funeral):
        """Return which workflow mourns for a funeral."""
        ended = self._world.workflow(funeral)
        assert "FAILED" == ended["status"]
        mourning = ended["output"]["conductor.failure_workflow"]
        assert_each_completed_once(self._world.workflow(mourning), ["mourn"])
        return mourning


def _short(workflow):
    """Return of a workflow, for reading, how it and its tasks are."""
    tasks = {one["referenceTaskName"]: one["status"] for one in workflow["tasks"]}
    kept = ("workflowId", "workflowName", "correlationId", "status", "endTime")
    return {**{key: workflow.get(key) for key in kept}, "tasks": tasks}


def _is_below(turns):
    return f"$.loop['iteration'] < {turns}"


def _sink(ref):
    return "conductor" if ref == "tell" else EVENTS[ref]


def _handler(ref):
    begin = {"name": TOLD[ref], "correlationId": "${correlationId}"}
    complete = {
        "workflowId": "${workflowInstanceId}",
        "taskRefName": f"await_{ref}",
    }
    return {
        "name": f"of_{ref}",
        "event": EVENTS[ref],
        "active": True,
        "actions": [
            {"action": "start_workflow", "start_workflow": begin},
            {"action": "complete_task", "complete_task": complete},
        ],
    }


def _definition(name, tasks, **fields):
    return {
        "name": name,
        "version": 1,
        "schemaVersion": 2,
        "ownerEmail": "orders@example.org",
        "tasks": tasks,
        **fields,
    }

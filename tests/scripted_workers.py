"""Workers, people and a server that answer whatever a definition reads.

They take a workflow to its end in virtual time.
"""

import io
import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from operator import itemgetter

import urllib3

from podium.tasks.http import HttpTask

OWN_QUEUES = frozenset({"HTTP", "EVENT"})
PULL = "PULL_WORKFLOW_MESSAGES"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OF_WORKFLOW = ("workflowName", "version", "status")
_OF_TASK = ("referenceTaskName", "taskType", "status", "retryCount", "iteration")
_VALUES_OF_WORKFLOW = ("input", "output", "variables", "reasonForIncompletion")
_VALUES_OF_TASK = ("inputData", "outputData", "reasonForIncompletion")
_TIMES = {"duration", "until"}
_MOMENT = re.compile(r"\b1\d{12}\b|\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_READS_CLOCK_OR_DICE = re.compile(r"\bDate\b|Math\.random|\bnow\b")
MAX_ANSWERS = 400
"""More than any definition needs that comes to an end at all."""
MAX_IDLE = 30
OPEN = frozenset({"SCHEDULED", "IN_PROGRESS"})
FIRST_FAILS = "the first attempt fails"


@dataclass
class Ending:
    """How a run ended: its workflows, the first being the one that was started.

    ``helped`` says what an operator had to do: end a ``join`` that waits for what no
    longer comes, or an ``endless`` loop; or that all is ``stuck``.
    """

    workflows: list
    helped: str | None = None

    @property
    def status(self):
        return self.workflows[0]["status"]

    @property
    def reason(self):
        return self.workflows[0].get("reasonForIncompletion") or ""

    def account(self, *, in_real_time=False):
        """Return what happened, the same on every home: ids are numbers, no times.

        Values are left out where scripts read the machine's clock or throw dice.  What
        was in real time came in an order of its own, and has moments among its values:
        neither is told.
        """
        values = not any(_is_of_the_moment(one) for one in self.workflows)
        first, *others = self.workflows
        if in_real_time:
            others.sort(key=itemgetter("workflowName"))
        told = []
        for one in (first, *others):
            tasks = one["tasks"]
            if in_real_time:
                tasks = sorted(tasks, key=itemgetter("referenceTaskName", "retryCount"))
            shown = [_told(task, _OF_TASK, _VALUES_OF_TASK * values) for task in tasks]
            of_workflow = _told(one, _OF_WORKFLOW, _VALUES_OF_WORKFLOW * values)
            told.append({**of_workflow, "tasks": shown})
        ids = {}
        text = json.dumps(told, indent=1, sort_keys=True)
        text = _ID.sub(lambda found: f"id-{ids.setdefault(found[0], len(ids))}", text)
        return _MOMENT.sub("a-moment", text) if in_real_time else text


def _is_of_the_moment(workflow):
    return _READS_CLOCK_OR_DICE.search(json.dumps(workflow["workflowDefinition"]))


def _told(shown, fields, values):
    return {field: shown.get(field) for field in (*fields, *values)}


class ScriptedPool:
    """A connection pool without a network."""

    def __init__(self):
        self.body = None

    def request(self, _method, _uri, **_options):
        return urllib3.HTTPResponse(
            io.BytesIO(json.dumps(self.body).encode()),
            headers={"Content-Type": "application/json"},
            status=200,
            preload_content=False,
        )


class ScriptedHttp:
    """The HTTP task, all but the wire."""

    def __init__(self):
        self.pool = ScriptedPool()
        self.task = HttpTask(pool=self.pool)

    def run(self, call, body):
        self.pool.body = body
        return self.task.run(call)


class ScriptedWorkers:
    """Everybody outside the engine, for one family of definitions.

    ``salt`` decides which of several fitting answers is given.  ``failing`` workers
    fail every task once before they do it.  Who let time pass ``max_idle`` times in
    vain looks for what keeps the workflow.  A WAIT of more than ``longest_wait``
    seconds is ended by somebody.  HTTP tasks are really sent where there is a ``site``
    that they lead to.
    """

    def __init__(
        self,
        world,
        family,
        salt,
        *,
        failing=False,
        site=None,
        max_idle=MAX_IDLE,
        longest_wait=math.inf,
    ):
        self.world = world
        self._family = family
        self._salt = salt
        self._failing = failing
        self._max_idle = max_idle
        self._longest_wait = longest_wait
        self._turns = Counter()
        self._answers = 0
        if site is None:
            self._http = ScriptedHttp()
            world.answer_http(self)
        else:
            site.workers = self

    # --- answers ---------------------------------------------------------------

    def input(self):
        """Return an input to start with; what a template fills is left to it."""
        wants = self._family.wants
        made = wants.input.make("input", self._salt)
        template = wants.definition.get("inputTemplate") or {}
        if not isinstance(made, dict):
            return {}
        return {key: value for key, value in made.items() if not template.get(key)}

    def _output(self, task):
        ref = task["workflowTask"]["taskReferenceName"]
        return self._output_of(task["workflowType"], ref)

    def _output_of(self, workflow_type, ref):
        """Return what a task answers, another one each time where there is a choice."""
        wants = self._family.members.get(workflow_type)
        turn = self._turns[workflow_type, ref]
        self._turns[workflow_type, ref] += 1
        shape = wants.outputs.get(ref) if wants else None
        made = shape.make(ref, self._salt, turn) if shape else None
        return made if isinstance(made, dict) else {"answer": made or f"of {ref}"}

    def run(self, call):
        """Answer an HTTP task: the engine takes this object for its HTTP type."""
        step = self.world.podium.workflows.find_task(call.task_id)["workflowTask"]
        body = self.response_body(call.workflow_type, step["taskReferenceName"])
        return self._http.run(call, body)

    def response_body(self, workflow_type, ref):
        """Return what an HTTP task gets for an answer."""
        wanted = self._output_of(workflow_type, ref).get("response")
        body = wanted.get("body") if isinstance(wanted, dict) else None
        return {"ok": True} if body is None else body

    # --- a run -----------------------------------------------------------------

    def finish(self, workflow_id):
        """Work until all has ended, or nobody can do anything for it.

        Where only joins are open, which wait for what no longer comes, and where a
        loop never ends, an operator does what an operator can: end the join, or the
        workflow.
        """
        idle, helped = 0, None
        while True:
            while self._answers < MAX_ANSWERS and self._work():
                idle = 0
            workflows = self.family_of(workflow_id)
            if all(one["status"] != "RUNNING" for one in workflows):
                return Ending(workflows, helped)
            if self._answers >= MAX_ANSWERS:
                helped = "endless"
                self.world.terminate(workflow_id, helped)
                return Ending(self.family_of(workflow_id), helped)
            if not _are_under_way(workflows) and self._tend(workflows):
                continue
            idle += 1
            if idle > self._max_idle or not self.world.pass_time():
                if not self._end_join(workflows):
                    return Ending(workflows, "stuck")
                idle, helped = 0, "join"

    def _work(self):
        """Let every worker do what waits for it; tell whether there was anything."""
        worked = False
        for queue, size in self.world.queue_sizes().items():
            if size and queue not in OWN_QUEUES:
                for task in self.world.poll(queue, count=10):
                    self._do(task)
                    worked = True
        return worked

    def _do(self, task):
        self._answers += 1
        if self._failing and task["retryCount"] == 0:
            self.world.report(task, "FAILED", reasonForIncompletion=FIRST_FAILS)
        else:
            self.world.report(task, output=self._output(task))

    def _tend(self, workflows):
        """End one open task that waits for somebody; tell whether there was any."""
        for workflow in workflows:
            for task in workflow["tasks"]:
                if self._waits_for_somebody(task):
                    self._answers += 1
                    self._answer(workflow["workflowId"], task)
                    return True
        return False

    def _waits_for_somebody(self, task):
        if task["status"] != "IN_PROGRESS":
            return False
        if task["taskType"] == "WAIT" and task["inputData"].keys() & _TIMES:
            return task["callbackAfterSeconds"] > self._longest_wait
        if task["taskType"] in OWN_QUEUES:
            return bool(task["outputData"])  # or else a function is at it
        return task["taskType"] in ("WAIT", "HUMAN", PULL)

    def _answer(self, workflow_id, task):
        output = self._output(task)
        if task["taskType"] == PULL:
            self.world.push(workflow_id, output)
        else:
            ref = task["referenceTaskName"]
            self.world.signal_task(workflow_id, ref, output=output)

    def _end_join(self, workflows):
        """End a join where nothing but joins and what is around them is open."""
        around = ("JOIN", "DO_WHILE", "SUB_WORKFLOW")
        for workflow in reversed(workflows):
            opened = [task for task in workflow["tasks"] if task["status"] in OPEN]
            joins = [task for task in opened if task["taskType"] == "JOIN"]
            if joins and all(task["taskType"] in around for task in opened):
                ref = joins[-1]["referenceTaskName"]
                self.world.signal_task(workflow["workflowId"], ref)
                return True
        return False

    def family_of(self, workflow_id):
        """Return a workflow and, after it, all that it started."""
        workflow = self.world.workflow(workflow_id)
        found = [workflow]
        for child in _children_of(workflow):
            found += self.family_of(child)
        return found


def _are_under_way(workflows):
    """Tell whether something is about to happen that is not for people to do.

    A task waits for its worker or its function, or a child's end to be heard of.
    """
    ended = {one["workflowId"] for one in workflows if one["status"] != "RUNNING"}
    return any(
        (task["status"] == "SCHEDULED" and not task["callbackAfterSeconds"])
        or (task["status"] in OPEN and task.get("subWorkflowId") in ended)
        for one in workflows
        if one["status"] == "RUNNING"
        for task in one["tasks"]
    )


def _children_of(workflow):
    for task in workflow["tasks"]:
        if task.get("subWorkflowId"):
            yield task["subWorkflowId"]
        if task["taskType"] == "START_WORKFLOW" and task["status"] == "COMPLETED":
            yield task["outputData"]["workflowId"]
    failure = workflow["output"].get("conductor.failure_workflow")
    if failure and " " not in failure:
        yield failure

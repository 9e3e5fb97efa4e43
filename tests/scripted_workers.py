"""Workers, people and a server that answer whatever a definition reads.

They take a workflow to its end in virtual time.
"""

import io
import json
from collections import Counter
from dataclasses import dataclass

import urllib3

from podium.tasks.http import HttpTask

OWN_QUEUES = frozenset({"HTTP", "EVENT"})
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
    fail every task once before they do it.
    """

    def __init__(self, world, family, salt, *, failing=False, http=None):
        self.world = world
        self._family = family
        self._salt = salt
        self._failing = failing
        self._turns = Counter()
        self._answers = 0
        self._http = http or ScriptedHttp()
        world.podium.system_tasks._types["HTTP"] = self

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
        """Return what a task answers, another one each time where there is a choice."""
        wants = self._family.members.get(task["workflowType"])
        ref = task["workflowTask"]["taskReferenceName"]
        turn = self._turns[task["workflowType"], ref]
        self._turns[task["workflowType"], ref] += 1
        shape = wants.outputs.get(ref) if wants else None
        made = shape.make(ref, self._salt, turn) if shape else None
        return made if isinstance(made, dict) else {"answer": made or f"of {ref}"}

    def run(self, call):
        """Answer an HTTP task: the engine takes this object for its HTTP type."""
        task = self.world.podium.workflows.find_task(call.task_id)
        wanted = self._output(task).get("response")
        body = wanted.get("body") if isinstance(wanted, dict) else None
        return self._http.run(call, {"ok": True} if body is None else body)

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
                self.world.podium.workflows.terminate(workflow_id, helped)
                self.world.settle()
                return Ending(self.family_of(workflow_id), helped)
            if self._tend(workflows):
                continue
            idle += 1
            if idle > MAX_IDLE or not self._pass_time():
                if not self._end_join(workflows):
                    return Ending(workflows, "stuck")
                helped = "join"

    def _work(self):
        """Let every worker do what waits for it; tell whether there was anything."""
        worked = False
        for queue, size in self.world.podium.tasks.queue_sizes().items():
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
                if _waits_for_somebody(task):
                    self._answers += 1
                    ref, output = task["referenceTaskName"], self._output(task)
                    self.world.signal_task(workflow["workflowId"], ref, output=output)
                    return True
        return False

    def _pass_time(self):
        """Move on to the next timer or delayed message; False where there is none."""
        opened = self.world.opened
        queues = self.world.podium.tasks.queue_sizes()
        due = [opened.queues.next_due(queue) for queue in queues]
        due = [time for time in (*due, opened.timers.next_due()) if time is not None]
        if not due:
            return False
        self.world.advance(min(due) - self.world.clock.now())
        return True

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


def _children_of(workflow):
    for task in workflow["tasks"]:
        if task.get("subWorkflowId"):
            yield task["subWorkflowId"]
        if task["taskType"] == "START_WORKFLOW" and task["status"] == "COMPLETED":
            yield task["outputData"]["workflowId"]
    failure = workflow["output"].get("conductor.failure_workflow")
    if failure and " " not in failure:
        yield failure


def _waits_for_somebody(task):
    if task["status"] != "IN_PROGRESS":
        return False
    if task["taskType"] == "WAIT":
        return not (task["inputData"].keys() & {"duration", "until"})
    return task["taskType"] in ("HUMAN", *OWN_QUEUES)

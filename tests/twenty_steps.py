"""A story of a workflow with a step of nearly every kind, some twenty of them.

There are forks in forks and one made at run time, a loop, a child that has a child, a
task that fails and is tried again, and one that may fail.  Whatever happens on the way:
each of the steps is completed once, in the parent and below it, and nothing moves any
more after the end.
"""

from collections import Counter

from podium.model.task import TaskStatus
from podium.tasks.contract import SystemTaskResult
from story import Story, found_in
from world import MINUTE, do_while, fork_join, inline, join_on, simple, task

LEAVES = ("red", "green", "blue")
STEPS = (
    *("note", "sum", "pick", "which", "packed", "outer", "flaky", "wait", "call"),
    *("inner", "left", "deep", "inner_join", "loop", "turn__1", "tick__1", "turn__2"),
    *("tick__2", "hopeless", "outer_join", "many", *LEAVES, "many_join", "tell"),
    *("apart", "last"),
)
DONE = ("COMPLETED", "COMPLETED_WITH_ERRORS")


def steady(ref):
    return simple(ref, "steady")


class TwentySteps(Story):
    """One workflow, its child, that one's child, and one that it starts apart."""

    length = 12
    workers = ("flaky", "steady", "hopeless")

    def open(self, number):
        world = super().open(number)
        world.answer_http(self)
        return world

    def run(self, _call):
        """Answer the HTTP task."""
        return SystemTaskResult(TaskStatus.COMPLETED, {"answer": 42})

    # --- what it is about --------------------------------------------------------

    def register(self, world):
        for name, delay in (("flaky", 3), ("steady", 0), ("hopeless", 0)):
            world.register_task(
                name, retryCount=9, retryDelaySeconds=delay, responseTimeoutSeconds=20
            )
        world.register("young", [steady("youngest")])
        world.register("middle", [_child("young")])
        world.register("other", [task("NOOP", "nothing")])
        world.register(
            "parent",
            [*_beginning(), *_middle(), *_fork_at_run_time(), *_end()],
            outputParameters={"sum": "${sum.output.result}", "of": "${call.output}"},
        )

    def answer(self, polled):
        if polled["taskDefName"] == "hopeless":
            return "FAILED_WITH_TERMINAL_ERROR"
        return super().answer(polled)

    def check(self, started):
        """Hold the story to its end, and have nothing happen after it."""
        world = self.world
        middle = world.task(started, "deep")["subWorkflowId"]
        young = world.task(middle, "young")["subWorkflowId"]
        apart = world.output_of(started, "apart")["workflowId"]
        done = {
            started: dict.fromkeys(STEPS, 1),
            middle: {"young": 1},
            young: {"youngest": 1},
            apart: {"nothing": 1},
        }
        assert dict.fromkeys(done, "COMPLETED") == found_in(self.world)
        workflows = {one: world.workflow(one) for one in done}
        assert done == {one: _done(shown) for one, shown in workflows.items()}
        parent = workflows[started]
        assert {"region": "north"} == parent["variables"]
        assert {"sum": 7, "of": {"answer": 42}} == parent["output"]
        assert "COMPLETED_WITH_ERRORS" == world.status_of(started, "hopeless")

        world.advance(20 * MINUTE)
        assert not any(world.poll(task_type) for task_type in self.workers)
        assert workflows == {one: world.workflow(one) for one in done}
        assert dict.fromkeys(done, "COMPLETED") == found_in(self.world)


def _child(ref, name=None):
    return task("SUB_WORKFLOW", ref, subWorkflowParam={"name": name or ref})


def _beginning():
    given = {"items": [3, 4], "queryExpression": "{first: .items[0]}"}
    return [
        task("SET_VARIABLE", "note", inputParameters={"region": "north"}),
        inline("sum", "$.a + $.b", evaluatorType="javascript", a=3, b=4),
        task("JSON_JQ_TRANSFORM", "pick", inputParameters=given),
        task(
            "SWITCH",
            "which",
            evaluatorType="value-param",
            expression="on",
            inputParameters={"on": "${workflow.variables.region}"},
            decisionCases={"north": [steady("packed")]},
            defaultCase=[steady("never")],
        ),
    ]


def _middle():
    asked = {"http_request": {"uri": "http://x/", "method": "GET"}}
    call = task("HTTP", "call", inputParameters=asked)
    wait = task("WAIT", "wait", inputParameters={"duration": "8s"})
    inner = fork_join([steady("left")], [_child("deep", "middle")], ref="inner")
    loop = do_while(steady("turn"), inline("tick", "1"))
    return [
        fork_join(
            [simple("flaky")],
            [wait, call],
            [inner, join_on("left", "deep", ref="inner_join")],
            [loop],
            [simple("hopeless", optional=True)],
            ref="outer",
        ),
        join_on("flaky", "call", "inner_join", "loop", "hopeless", ref="outer_join"),
    ]


def _fork_at_run_time():
    forked = {"tasks": [steady(ref) for ref in LEAVES], "inputs": {}}
    fork = task(
        "FORK_JOIN_DYNAMIC",
        "many",
        dynamicForkTasksParam="tasks",
        dynamicForkTasksInputParamName="inputs",
        inputParameters=forked,
    )
    return [fork, task("JOIN", "many_join")]


def _end():
    other = {"startWorkflow": {"name": "other"}}
    return [
        task("EVENT", "tell", sink="conductor"),
        task("START_WORKFLOW", "apart", inputParameters=other),
        steady("last"),
    ]


def _done(workflow):
    tasks = workflow["tasks"]
    return Counter(one["referenceTaskName"] for one in tasks if one["status"] in DONE)

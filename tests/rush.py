"""A story of many who want what there is little of.

Three children run two at a time, and of the six tasks in them one is worked on at a
time, two within four seconds.  Whatever dies on the way: the limits hold at every
moment, and everybody's turn comes.
"""

from collections import Counter

from story import Story
from world import fork_join, join_on, simple, task

AT_ONCE = 1
CHILDREN_AT_ONCE = 2
CHILDREN = ("one", "two", "three")


class Rush(Story):
    """Children that share a limit, whose tasks share another."""

    length = 16
    workers = ("scarce",)

    def register(self, world):
        world.register_task(
            "scarce",
            retryCount=9,
            retryDelaySeconds=0,
            responseTimeoutSeconds=20,
            concurrentExecLimit=AT_ONCE,
            rateLimitPerFrequency=2,
            rateLimitFrequencyInSeconds=4,
        )
        branches = [[simple(ref, "scarce")] for ref in ("a", "b")]
        world.register(
            "child",
            [fork_join(*branches), join_on("a", "b")],
            rateLimitConfig={
                "rateLimitKey": "all",
                "concurrentExecLimit": CHILDREN_AT_ONCE,
            },
        )
        self._register_parent(world)

    @staticmethod
    def _register_parent(world, **fields):
        children = [
            [task("SUB_WORKFLOW", ref, subWorkflowParam={"name": "child"}, **fields)]
            for ref in CHILDREN
        ]
        world.register("parent", [fork_join(*children), join_on(*CHILDREN)])

    def answer(self, _polled):
        return "COMPLETED"

    def _work(self, task_type):
        super()._work(task_type)
        self._hold_to_limits()

    def _hold_to_limits(self):
        children = [self.world.workflow(one) for one in self._children()]
        running = [one for one in children if one["status"] == "RUNNING"]
        assert CHILDREN_AT_ONCE >= sum(not one["rateLimited"] for one in running)
        tasks = [
            one["status"]
            for child in children
            for one in child["tasks"]
            if one["taskDefName"] == "scarce"
        ]
        assert AT_ONCE >= tasks.count("IN_PROGRESS")

    def _children(self):
        tasks = self.world.workflow(self.started)["tasks"] if self.started else ()
        return [one["subWorkflowId"] for one in tasks if one.get("subWorkflowId")]

    def check(self, started):
        world = self.world
        assert "COMPLETED" == world.status(started)
        children = [world.task(started, ref)["subWorkflowId"] for ref in CHILDREN]
        for child in children:
            assert "COMPLETED" == world.status(child)
            completed = Counter(
                one["referenceTaskName"]
                for one in world.workflow(child)["tasks"]
                if one["status"] == "COMPLETED" and one["taskDefName"] == "scarce"
            )
            assert {"a": 1, "b": 1} == completed
        assert not world.poll("scarce")


class Launches(Rush):
    """Children of which two at a time are started, and one within four seconds."""

    def register(self, world):
        super().register(world)
        world.register("child", [simple("a", "scarce"), simple("b", "scarce")])
        limits = {
            "name": "launch",
            "retryCount": 0,
            "concurrentExecLimit": CHILDREN_AT_ONCE,
            "rateLimitPerFrequency": 1,
            "rateLimitFrequencyInSeconds": 4,
        }
        self._register_parent(world, name="launch", taskDefinition=limits)

    def _hold_to_limits(self):
        super()._hold_to_limits()
        tasks = self.world.workflow(self.started)["tasks"] if self.started else ()
        launched = [one["status"] for one in tasks if one["taskDefName"] == "launch"]
        assert CHILDREN_AT_ONCE >= launched.count("IN_PROGRESS")

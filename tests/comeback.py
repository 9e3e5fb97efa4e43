"""Stories of families that fail, and are brought back, while processes die.

A parent's child has a child that fails once, so all of them fail, and a sibling that
waits is ended with them.  The client then has them go on.  He asks again where he got
no answer, and is refused where he had been heard: the end is the same, every task
completed once, and nobody waits for ever.
"""

from collections import Counter
from contextlib import suppress

from podium.errors import Conflict, NotFound
from podium.model.requests import RerunWorkflowRequest
from story import Story
from world import MINUTE, fork_join, join_on, simple, task

RUNNING = "RUNNING"


def child(ref):
    return task("SUB_WORKFLOW", ref, subWorkflowParam={"name": ref})


class Comeback(Story):
    """The youngest is retried; those above and beside it go on where they stopped."""

    length = 24
    workers = ("doomed", "patient", "beside", "last")
    once = frozenset({"doomed", "patient", "beside", "last"})

    def register(self, world):
        for name in self.workers:
            world.register_task(
                name, retryCount=9, retryDelaySeconds=0, responseTimeoutSeconds=20
            )
        world.register("young", [simple("doomed")])
        world.register("sibling", [task("HUMAN", "asks"), simple("patient")])
        world.register("mid", [child("young")])
        world.register(
            "parent",
            [
                fork_join([child("mid")], [child("sibling")], [simple("beside")]),
                join_on("mid", "sibling", "beside"),
                simple("last"),
            ],
        )
        self._is_doomed = True

    def answer(self, polled):
        if polled["taskDefName"] != "doomed" or not self._is_doomed:
            return "COMPLETED"
        return "FAILED_WITH_TERMINAL_ERROR"

    def is_over(self, world, started):
        status = world.status(started)
        if status == "FAILED" and self._is_doomed:
            self._is_doomed = False
        if not self._is_doomed:
            self._bring_back(world, started)
            self._answer_person(world, started)
        return status == "COMPLETED"

    def _bring_back(self, world, started):
        """Ask as a client does that had no answer: until he is refused."""
        if world.status(started) != "FAILED":
            return
        with suppress(NotFound, Conflict):
            self.ask(world, started)

    def ask(self, world, started):
        mid = world.task(started, "mid")["subWorkflowId"]
        world.podium.recovery.retry(world.task(mid, "young")["subWorkflowId"])

    def _answer_person(self, world, started):
        below = world.task(started, "sibling").get("subWorkflowId")
        if below is None or world.status(below) != RUNNING:
            return
        if "IN_PROGRESS" == world.status_of(below, "asks"):
            world.signal_task(below, "asks")

    def check(self, started):
        """Hold it to its end; a child that is not wanted any more its guard ends."""
        world = self.world
        world.advance(2 * MINUTE)
        assert "COMPLETED" == world.status(started)
        family = self._family(started)
        done = Counter(
            one["referenceTaskName"]
            for workflow_id in family
            for one in world.workflow(workflow_id)["tasks"]
            if one["status"] == "COMPLETED" and one["taskType"] in self.once
        )
        assert dict.fromkeys(self.once, 1) == done
        assert {"COMPLETED"} == {world.status(one) for one in family}
        page = world.podium.searching.search(None, "*", None, 0, 10)
        found = {row.workflow_id: row.status for row in page.rows}
        assert RUNNING not in found.values()
        assert dict.fromkeys(family, "COMPLETED").items() <= found.items()
        assert not any(world.poll(task_type) for task_type in self.workers)

    def _family(self, started):
        """Return the ids of a workflow and of the children it is with."""
        family = [started]
        for workflow_id in family:
            tasks = self.world.workflow(workflow_id)["tasks"]
            family += [
                one["subWorkflowId"]
                for one in tasks
                if one["taskType"] == "SUB_WORKFLOW" and not one["retried"]
            ]
        return family


class Relaunch(Comeback):
    """The parent runs again from its child: fresh ones take the old ones' place."""

    length = 48

    def ask(self, world, started):
        chosen = world.task(started, "mid")["taskId"]
        request = RerunWorkflowRequest(re_run_from_task_id=chosen)
        world.podium.recovery.rerun(started, request)


class Renewal(Comeback):
    """The parent begins anew, as if nothing had been."""

    length = 48

    def ask(self, world, started):
        world.podium.recovery.restart(started)

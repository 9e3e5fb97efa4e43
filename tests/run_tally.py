"""What came of running the corpus, and why a run that did not complete did not."""

from collections import Counter

from corpus import type_of
from paths_taken import PathTaken
from scripted_workers import FIRST_FAILS

_E2E = "conductor-oss/conductor: e2e/src/test/resources/metadata/"
_HARNESS = "conductor-oss/conductor: test-harness/src/test/resources/"
_APPS = "conductor-oss/awesome-conductor-apps: examples/agentic_security_workflow/"
_DOCS = "orkes-io/docs: docs/"

# Scripts that fail in Conductor as well, each looked at, and what their failure says.
FAILING_SCRIPTS = {
    # Inside a loop ``$.loop`` is nothing: only the loop's condition has it.
    f"{_HARNESS}do_while_cleanup_demo.json": "property 'iteration' of undefined",
    f"{_HARNESS}do_while_timeline_ui_demo.json": "property 'iteration' of undefined",
    # ``items`` among the inputs, and an output ``item``, are Orkes' alone.
    f"{_E2E}do_while_keep_last_n_fix.json[0]": "property 'length' of null",
    f"{_E2E}do_while_keep_last_n_fix.json[2]": "property 'length' of null",
    # Orkes has a console, Conductor has not.
    f"{_APPS}workflows/vision_one_deep_visibility_hunt.json": "console is not defined",
    f"{_APPS}workflows/vision_one_device_scan.json": "console is not defined",
    f"{_DOCS}reference-docs/system-tasks/inline.mdx#md5": "console is not defined",
    f"{_DOCS}reference-docs/operators/do-while.mdx#md17": "console is not defined",
    # A loop whose condition is the name of an input is Orkes' alone.
    f"{_DOCS}reference-docs/operators/do-while.mdx#md9": "state is not defined",
    # The program reads ``.name`` where the input has ``.data.name``.
    "conductor-oss/conductor-skills: skills/conductor/examples/workflows/"
    "child-normalize.json": "explode input must be a string",
    # It throws on purpose.
    f"{_DOCS}tutorials/scanning-an-endpoint-and-triggering-pagerduty-alert.mdx#md0": (
        "Intentional failure"
    ),
}

# Joins over a reference that does not come, so that an operator has to end them: the
# definition does not have it, or it lies in a case that was not chosen.
JOINS_IN_VAIN = {
    f"{_HARNESS}nested_fork_join_integration_test.json": "t20",
    f"{_HARNESS}nested_fork_join_with_sub_workflow_integration_test.json": "t20",
    "conductor-oss/conductor: docs/documentation/configuration/workflowdef/operators/"
    "sub-workflow-task.md#md6": "upload_toS3_webp_ref",
}

# Loops until a variable is set that no task sets.
ENDLESS = {"conductor-sdk/conductor-examples: document_approvals/review_approval.json"}

_FAILED = ("FAILED", "FAILED_WITH_TERMINAL_ERROR", "TIMED_OUT")
_SCRIPTS = ("INLINE", "LAMBDA", "JSON_JQ_TRANSFORM", "DO_WHILE", "SWITCH", "DECISION")


class Tally:
    """Counts runs by how they ended, and the tasks that they reached.

    What nothing explains is kept: an end, or a step that the definition does not have.
    """

    def __init__(self):
        self.ends = Counter()
        self.unexplained = {}
        self.missteps = {}
        self.expected = set()
        self.reached = set()

    def count(self, row, family, ending):
        source = row["source"]
        self._count_end(row, ending)
        missteps = [
            f"{workflow['workflowName']}.{misstep}"
            for workflow in ending.workflows
            for misstep in PathTaken(workflow["workflowDefinition"], workflow).check()
        ]
        if missteps:
            self.missteps[source] = missteps
        self.expected |= {(source, ref) for ref in family.wants.tasks}
        self.reached |= {
            (source, task["workflowTask"]["taskReferenceName"])
            for workflow in ending.workflows
            for task in workflow["tasks"]
        }

    def _count_end(self, row, ending):
        end = explain(row, ending)
        if end is None:
            end = "stuck" if ending.helped == "stuck" else "unexplained"
            self.unexplained[row["source"]] = f"{ending.status}: {ending.reason}"
        self.ends[end] += 1

    @property
    def explained(self):
        """How many failed for a reason of their definition's own."""
        others = ("completed", "stuck", "unexplained")
        return sum(n for end, n in self.ends.items() if end not in others)

    def lines(self):
        """Yield the table."""
        yield f"{self.ends['completed']:5} completed"
        yield f"{self.explained:5} failed as designed, or were ended by an operator:"
        for end, number in self.ends.most_common():
            if end not in ("completed", "stuck"):
                yield f"{number:9} {end}"
        yield f"{self.ends['stuck']:5} stuck"
        reached, expected = len(self.reached & self.expected), len(self.expected)
        yield f"{reached:5} of {expected} tasks of the definitions were reached"


def explain(row, ending):
    """Say why a run ended as it did, None where its definition does not explain it."""
    source = row["source"]
    match ending.helped:
        case "stuck":
            return None
        case "endless":
            return "a loop that never ends, terminated" if source in ENDLESS else None
        case "join":
            return "a join in vain, completed" if _joins_in_vain(row, ending) else None
    if ending.status == "COMPLETED":
        return "completed"
    return _explain_failure(source, _culprit(ending))


def _joins_in_vain(row, ending):
    ref = JOINS_IN_VAIN.get(row["source"])
    scheduled = {task["referenceTaskName"] for task in ending.workflows[0]["tasks"]}
    return ref is not None and ref not in scheduled


def _culprit(ending):
    """Return the workflow that failed first, down the sub-workflows."""
    by_id = {workflow["workflowId"]: workflow for workflow in ending.workflows}
    workflow = ending.workflows[0]
    while True:
        failed = [
            by_id[task["subWorkflowId"]]
            for task in workflow["tasks"]
            if task["status"] in _FAILED and task.get("subWorkflowId") in by_id
        ]
        if not failed:
            return workflow
        workflow = failed[-1]


def _explain_failure(source, workflow):
    failed = [
        task
        for task in workflow["tasks"]
        if task["status"] in _FAILED and not task.get("retried")
    ]
    reason = workflow.get("reasonForIncompletion") or ""
    if workflow["status"] == "TIMED_OUT":
        return "its own timeout" if _is_out_of_time(workflow) else None
    if any(_terminates(task) for task in workflow["tasks"]):
        return "its own TERMINATE"
    if not failed and "Cannot find task by name" in reason:
        return "an AI task in a dynamic fork" if _forks_ai(workflow) else None
    return _explain_task(source, failed[-1], reason) if failed else None


def _explain_task(source, task, reason):
    kind = task["taskType"]
    if kind in _SCRIPTS:
        word = FAILING_SCRIPTS.get(source)
        return "a script that fails" if word and word in reason else None
    if kind == "EVENT" and not task["inputData"]["sink"].startswith("conductor"):
        return "an event for a broker"
    if kind == "HTTP" and not (task["inputData"].get("http_request") or {}).get("uri"):
        return "an HTTP request without a URI"
    if FIRST_FAILS in reason and _budget(task) == 0:
        return "a worker's task that may not be tried again"
    return None


def _is_out_of_time(workflow):
    definition = workflow["workflowDefinition"]
    allowed = definition["timeoutSeconds"] * 1000
    took = workflow["endTime"] - workflow["createTime"]
    return definition["timeoutPolicy"] == "TIME_OUT_WF" and took >= allowed > 0


def _terminates(task):
    return task["taskType"] == "TERMINATE" and task["status"] == "COMPLETED"


def _forks_ai(workflow):
    return any(
        type_of(forked).startswith("LLM")
        for task in workflow["tasks"]
        for forked in task["inputData"].get("forkedTaskDefs") or []
    )


def _budget(task):
    """Return how often a task may be tried again (reference 4.4)."""
    step = task["workflowTask"]
    if step.get("retryCount") is not None:
        return step["retryCount"]
    return (step.get("taskDefinition") or {"retryCount": 0})["retryCount"]

"""Workflow definitions and what may happen to a workflow, for Hypothesis."""

import itertools

from hypothesis import strategies as st

_DEPTH = 3
_FLAGS = st.sampled_from(
    [
        {},
        {},
        {"optional": True},
        {"permissive": True},
        {"optional": True, "permissive": True},
    ]
)


def _task_definitions():
    return st.fixed_dictionaries(
        {
            "name": st.just("work"),
            "retryCount": st.integers(0, 2),
            "retryDelaySeconds": st.sampled_from([0, 5, 2_000]),
            "retryLogic": st.sampled_from(["FIXED", "EXPONENTIAL_BACKOFF"]),
            "backoffJitterMs": st.sampled_from([0, 700]),
            "responseTimeoutSeconds": st.sampled_from([10, 3_600]),
            "timeoutSeconds": st.sampled_from([0, 0, 3_600]),
            "pollTimeoutSeconds": st.sampled_from([0, 0, 30]),
            "totalTimeoutSeconds": st.sampled_from([0, 0, 7_200]),
            "timeoutPolicy": st.sampled_from(["RETRY", "TIME_OUT_WF", "ALERT_ONLY"]),
        }
    )


@st.composite
def definitions(draw):
    """Draw ``(tasks, fields)`` of a workflow definition that nests what can nest."""
    numbers = itertools.count(1)
    tasks = draw(_sequences(numbers, depth=_DEPTH))
    fields = draw(
        st.sampled_from(
            [
                {},
                {"outputParameters": {"v": "${workflow.variables.v}"}},
                {"timeoutSeconds": 9_000, "timeoutPolicy": "TIME_OUT_WF"},
            ]
        )
    )
    return tasks, fields


@st.composite
def _sequences(draw, numbers, depth):
    length = draw(st.integers(2, 4) if depth == _DEPTH else st.integers(1, 2))
    return [one for _ in range(length) for one in draw(_steps(numbers, depth))]


@st.composite
def _steps(draw, numbers, depth):
    """Draw one step: a task, or a fork with its join."""
    nesting = [_switch, _fork, _loop, _dynamic_fork] if depth else []
    kinds = [_simple, _simple, _simple, _instant, _instant, _waiting, _child]
    make = draw(st.sampled_from(kinds + nesting))
    return make(draw, numbers, depth)


def _ref(numbers):
    return f"t{next(numbers)}"


def _task(kind, ref, **fields):
    return {"name": ref, "taskReferenceName": ref, "type": kind, **fields}


def _simple(draw, numbers, _depth):
    fields = draw(_FLAGS)
    given = {"before": "${workflow.variables.v}", "own": "${t1.output.n}"}
    definition = draw(_task_definitions())
    delay = draw(st.sampled_from([0, 0, 0, 5, 2_000]))
    ref = _ref(numbers)
    return [
        _task(
            "SIMPLE",
            ref,
            **fields,
            inputParameters=given,
            startDelay=delay,
            taskDefinition=definition,
        )
        | {"name": "work"}
    ]


def _instant(draw, numbers, _depth):
    ref = _ref(numbers)
    kinds = ["SET_VARIABLE"] * 3 + ["INLINE"] * 3 + ["NOOP", "NOOP", "FAILING", "END"]
    kind = draw(st.sampled_from(kinds))
    match kind:
        case "SET_VARIABLE":
            value = draw(st.sampled_from([ref, "${t1.output.n}"]))
            return [_task(kind, ref, inputParameters={"v": value})]
        case "INLINE":
            given = {"n": "${t1.output.n}", "expression": "$.n"}
            return [_task(kind, ref, inputParameters=given)]
        case "FAILING":
            given = {"expression": "nobody.knows"}
            return [_task("INLINE", ref, inputParameters=given, **draw(_FLAGS))]
        case "END":
            status = draw(st.sampled_from(["COMPLETED", "FAILED", "TERMINATED"]))
            given = {"terminationStatus": status, "workflowOutput": {"end": ref}}
            return [_task("TERMINATE", ref, inputParameters=given)]
    return [_task("NOOP", ref)]


def _waiting(draw, numbers, _depth):
    ref = _ref(numbers)
    given = draw(st.sampled_from([{}, {"duration": "7s"}, {"duration": "1h"}]))
    kind = "WAIT" if given else draw(st.sampled_from(["WAIT", "HUMAN"]))
    return [_task(kind, ref, inputParameters=given, **draw(_FLAGS))]


def _child(draw, numbers, _depth):
    ref = _ref(numbers)
    inline = {"name": "child", "version": 1, "tasks": [_task("NOOP", "inner")]}
    return [
        _task(
            "SUB_WORKFLOW",
            ref,
            **draw(_FLAGS),
            subWorkflowParam={"name": "child", "workflowDefinition": inline},
            taskDefinition=draw(_task_definitions()) | {"pollTimeoutSeconds": 0},
        )
    ]


def _switch(draw, numbers, depth):
    ref = _ref(numbers)
    cases = {
        case: draw(_sequences(numbers, depth - 1))
        for case in draw(st.sampled_from([["a"], ["a", "b"]]))
    }
    if draw(st.booleans()):
        cases["empty"] = []
    chosen = draw(st.sampled_from(["a", "b", "empty", "other"]))
    default = draw(st.one_of(st.just([]), _sequences(numbers, depth - 1)))
    return [
        _task(
            "SWITCH",
            ref,
            evaluatorType="value-param",
            expression="case",
            inputParameters={"case": chosen},
            decisionCases=cases,
            defaultCase=default,
        )
    ]


def _fork(draw, numbers, depth):
    ref, join = _ref(numbers), _ref(numbers)
    branches = draw(st.lists(_sequences(numbers, depth - 1), min_size=1, max_size=3))
    on = [branch[-1]["taskReferenceName"] for branch in branches]
    return [
        _task("FORK_JOIN", ref, forkTasks=branches),
        _task("JOIN", join, joinOn=on, **draw(_FLAGS)),
    ]


def _loop(draw, numbers, depth):
    ref = _ref(numbers)
    rounds = draw(st.integers(1, 3))
    return [
        _task(
            "DO_WHILE",
            ref,
            loopCondition=f"$.{ref}['iteration'] < {rounds}",
            loopOver=draw(_sequences(numbers, depth - 1)),
            **draw(_FLAGS),
        )
    ]


def _dynamic_fork(draw, numbers, _depth):
    ref, join = _ref(numbers), _ref(numbers)
    given = {
        "forkTaskName": f"dynamic{ref}",
        "forkTaskInputs": draw(st.lists(st.integers(0, 9), max_size=3)),
    }
    return [
        _task("FORK_JOIN_DYNAMIC", ref, inputParameters=given, **draw(_FLAGS)),
        _task("JOIN", join, **draw(_FLAGS)),
    ]


# --- what happens ------------------------------------------------------------------

WORKER_REPORTS = ("COMPLETED",) * 4 + (
    "FAILED",
    "FAILED",
    "IN_PROGRESS",
    "IN_PROGRESS",
    "FAILED_WITH_TERMINAL_ERROR",
    "CANCELED",
)
CHILD_ENDS = ("COMPLETED", "COMPLETED", "FAILED", "TERMINATED", "TIMED_OUT")
HAPPENINGS = (
    ("work",) * 12
    + ("timer", "timer", "time", "wake")
    + (
        "pause",
        "resume",
        "resume",
    )
)


def happenings():
    """Draw what happens next: a kind, and numbers to choose the rest by."""
    return st.tuples(
        st.sampled_from(HAPPENINGS), st.integers(0, 11), st.integers(0, 11)
    )

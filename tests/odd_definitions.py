"""Definitions that make little sense: any value where Conductor wants a certain one.

They are drawn from what tasks read, so that most register, and what their workers and
clients give them is no better.
"""

from world import simple

_TYPES = (
    *("SIMPLE", "SWITCH", "DECISION", "FORK_JOIN", "FORK_JOIN_DYNAMIC", "JOIN"),
    *("EXCLUSIVE_JOIN", "DO_WHILE", "SUB_WORKFLOW", "START_WORKFLOW", "DYNAMIC"),
    *("SET_VARIABLE", "TERMINATE", "WAIT", "HUMAN", "NOOP", "INLINE", "LAMBDA"),
    *("JSON_JQ_TRANSFORM", "EVENT", "HTTP", "KAFKA_PUBLISH", "PULL_WORKFLOW_MESSAGES"),
)
_PARAMETERS = {
    "SWITCH": ("switchCaseValue",),
    "WAIT": ("duration", "until"),
    "INLINE": ("evaluatorType", "expression"),
    "LAMBDA": ("scriptExpression",),
    "JSON_JQ_TRANSFORM": ("queryExpression",),
    "HTTP": ("http_request", "uri", "method"),
    "KAFKA_PUBLISH": ("kafka_request",),
    "TERMINATE": ("terminationStatus", "terminationReason", "workflowOutput"),
    "START_WORKFLOW": ("startWorkflow",),
    "FORK_JOIN_DYNAMIC": (
        *("dynamicTasks", "dynamicTasksInput"),
        *("forkTaskName", "forkTaskInputs", "forkTaskType"),
    ),
    "DYNAMIC": ("taskToExecute",),
    "DO_WHILE": ("items", "keepLastN"),
    "PULL_WORKFLOW_MESSAGES": ("batchSize",),
}
_TEXTS = (
    *("", "a", "x", "1", "-1", "true", "null", "\x00", "é" * 50, "${", "}", "."),
    *("${workflow.input.a}", "${${workflow.input.a}}", "${t0.output}", "${a.output.b}"),
    *("${workflow.variables}", "${workflow.secrets.X}", "${workflow.env.X}"),
    *("${workflow.input.l[?(@.x =~ /(/)]}", "${workflow.input.l[?(@ == 1e400)]}"),
    *("javascript", "graaljs", "value-param", "python", "1 + 1", "throw 1"),
    *("(function(){ return $.a; })()", "$.a", "$.t0['iteration'] < 2", "[.[]|.a]"),
    *("5 seconds", "1970-01-01 00:00", "2999-12-31", "conductor:x", "sqs:y"),
    *("COMPLETED", "FAILED", "TERMINATED", "t0", "t1", "t2", "child", "ghost"),
)
_NUMBERS = (0, 1, -1, 2, 3, 1.5, -0.0, 1e308, 10**10, 2**63, -(2**63))
_KEYS = (
    *("", "a", "b", "l", "x", "name", "type", "version", "uri", "method", "duration"),
    *("taskReferenceName", "inputParameters", "subWorkflowName", "workflowInput"),
    *("http_request", "kafka_request", "startWorkflow", "until", "joinOn"),
    *("evaluatorType", "expression", "terminationStatus", "workflowOutput"),
)
_DEEPEST = 3


class OddDefinitions:
    """Draws them with a ``random.Random``."""

    def __init__(self, drawn):
        self._drawn = drawn
        self._number = 0

    def value(self, depth=0):
        """Return any JSON value."""
        draw = self._drawn
        kinds = ["text"] * 5 + ["number", "constant"] + ["map", "list"] * 2
        match draw.choice(kinds[: 7 if depth == _DEEPEST else None]):
            case "text":
                return draw.choice(_TEXTS)
            case "number":
                return draw.choice(_NUMBERS)
            case "constant":
                return draw.choice([True, False, None])
            case "map":
                keys = draw.choices(_KEYS, k=draw.randint(0, 4))
                return {key: self.value(depth + 1) for key in keys}
        return [self.value(depth + 1) for _ in range(draw.randint(0, 3))]

    def definition(self, name):
        """Return a workflow definition, as JSON has it."""
        self._number = 0
        draw = self._drawn
        outputs = {"o": "${t0.output}", "p": "${t1}"}
        odd = {
            "outputParameters": draw.choice([self.value(), outputs]),
            "failureWorkflow": draw.choice(["child", "ghost"]),
            "inputTemplate": self.value(),
            "variables": self.value(),
            "timeoutSeconds": 60,
            "maskedFields": ["a"],
        }
        kept = {key: one for key, one in odd.items() if draw.random() < 0.15}
        return {"name": name, "version": 1, "tasks": self._tasks(4), **kept}

    def _tasks(self, most, depth=0):
        if depth > _DEEPEST:
            return [simple(f"s{self._next()}", "a")]
        least = int(self._drawn.random() > 0.1)
        return [self._task(depth) for _ in range(self._drawn.randint(least, most))]

    def _next(self):
        self._number += 1
        return self._number - 1

    def _task(self, depth):
        draw = self._drawn
        kind, ref = draw.choice(_TYPES), f"t{self._next()}"
        wanted = (*_PARAMETERS.get(kind, ()), "a")
        given = {key: self.value() for key in wanted if draw.random() < 0.8}
        made = {
            "name": draw.choice(["a", "b", ref]),
            "taskReferenceName": ref,
            "type": kind,
            "inputParameters": given,
            **self._own(kind, ref, lambda: self._tasks(2, depth + 1)),
            **self._further(),
        }
        return {key: one for key, one in made.items() if one is not None}

    def _own(self, kind, ref, some):
        """Return what tasks of this type have; ``some`` draws tasks below it."""
        choice = self._drawn.choice
        refs = ["t0", "t1", "t2", "ghost"]
        over = [f"$.{ref}['iteration'] < 2", "false", "1+", "$.a.b.c"]
        inline = {"name": "inline", "tasks": some()}
        match kind:
            case "SWITCH":
                return {
                    "evaluatorType": choice(["javascript", "value-param", "bogus"]),
                    "expression": choice(["switchCaseValue", "$.a", "1+", "a"]),
                    "decisionCases": {choice(["a", "1", "true"]): some()},
                    "defaultCase": some(),
                }
            case "DECISION":
                cases = {"a": some(), "1": some()}
                return {"caseValueParam": choice(["a", "x"]), "decisionCases": cases}
            case "FORK_JOIN":
                return {"forkTasks": [some() for _ in range(choice([0, 1, 2]))]}
            case "JOIN" | "EXCLUSIVE_JOIN":
                return {"joinOn": self._drawn.choices(refs, k=choice([0, 1, 2, 3]))}
            case "DO_WHILE":
                return {"loopCondition": choice(over), "loopOver": some()}
            case "SUB_WORKFLOW":
                child = {
                    "name": choice(["child", "ghost", "${workflow.input.a}"]),
                    "version": choice([1, None, "x", 7]),
                    "workflowDefinition": choice([None, "${workflow.input.a}", inline]),
                    "priority": choice([None, 1, "${workflow.input.a}"]),
                }
                return {"subWorkflowParam": child}
            case "FORK_JOIN_DYNAMIC":
                names = {"dynamicForkTasksInputParamName": "dynamicTasksInput"}
                return {
                    **names,
                    "dynamicForkTasksParam": choice(["dynamicTasks", None]),
                }
            case "DYNAMIC":
                return {"dynamicTaskNameParam": "taskToExecute"}
            case "EVENT":
                return {"sink": choice(_TEXTS)}
        return {}

    def _further(self):
        """Return what a task of any type may have."""
        odd = {
            "optional": True,
            "permissive": True,
            "startDelay": self._drawn.choice([0, 5, -1]),
            "retryCount": self._drawn.choice([0, 1, 3]),
            "asyncComplete": True,
            "cacheConfig": {"key": "${a}", "ttlInSecond": 5},
            "onStateChange": {"onStart": [{"type": "x", "payload": self.value()}]},
            "expression": self._drawn.choice(_TEXTS),
        }
        return {key: one for key, one in odd.items() if self._drawn.random() < 0.06}

"""A definition of the corpus together with everything that it starts."""

import json
import re

from corpus import find_child, inline_of, tasks_of, type_of
from wants import SERVER, STUB, Wants, stub

PASSES = 3
"""How far back an expression is followed through variables and sub-workflows."""

_NAMED_IN_SCRIPT = re.compile(
    r"""subWorkflowParam[\s"'\\:]+\{[\s"'\\]*name[\s"'\\:]+([\w-]+)"""
)
_ENVIRONMENT = re.compile(r"\$\{workflow\.env\.([\w-]+)")


class Family:
    """The definitions to register, and what each of them wants, by name.

    What a definition names and the corpus does not have is a workflow of one task.
    ``environment`` are the variables that it reads.
    """

    def __init__(self, row):
        self._row = row
        self.definition = row["definition"]
        self.members = {}
        self.registered = {}
        self._add(self.definition)
        text = json.dumps(self.definition)
        in_scripts = _NAMED_IN_SCRIPT.findall(text)
        for name in (STUB, self.definition.get("failureWorkflow"), *in_scripts):
            self._name(name)
        self.environment = {
            name: f"{SERVER}/{name}" for name in _ENVIRONMENT.findall(text)
        }
        for _ in range(PASSES):
            for wants in self.members.values():
                wants.follow(self.members)
        for wants in self.members.values():
            if "stand_in" in wants.tasks:
                wants.outputs["stand_in"].take(wants.result)

    @property
    def wants(self):
        """What the definition itself wants."""
        return self.members[self.definition["name"]]

    def _add(self, definition, *, inline=False):
        self.members.setdefault(definition.get("name"), Wants(definition))
        if not inline:
            key = definition.get("name"), definition.get("version", 1)
            self.registered[key] = definition
        for task in tasks_of(definition):
            self._add_child(task)

    def _add_child(self, task):
        inputs = task.get("inputParameters") or {}
        params = task.get("subWorkflowParam") or {}
        inline = inline_of(task)
        if inline is not None:
            if inline.get("name") not in self.members:
                self._add(inline, inline=True)
        elif type_of(task) == "SUB_WORKFLOW":
            self._name(params.get("name"), params.get("version"))
        elif type_of(task) == "START_WORKFLOW":
            started = inputs.get("startWorkflow")
            if isinstance(started, dict):
                self._name(started.get("name"), started.get("version"))
        elif type_of(task) == "FORK_JOIN_DYNAMIC":
            version = inputs.get("forkTaskWorkflowVersion")
            self._name(inputs.get("forkTaskWorkflow"), version)

    def _name(self, name, version=None):
        """See to it that there is a definition of that name."""
        if not name or not isinstance(name, str) or "$" in name:
            return
        number = int(version or 0)
        if any(name == one and number in (0, at) for one, at in self.registered):
            return
        self._add(find_child(self._row, name, number) or stub(name, number or 1))

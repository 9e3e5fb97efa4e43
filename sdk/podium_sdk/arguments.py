"""From a task's input to a function's arguments: by name, checked by pydantic.

The signature is read once, when the function is decorated, so that one which no input
can ever fit is an error at import, not at the first task.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from podium.model.task import Task

_BY_NAME = frozenset(
    {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
)


class InputMismatch(ValueError):
    """A task's input is not what the function takes: no retry will change that."""


class Arguments:
    """Knows what a function takes and picks it out of a task.

    A parameter annotated with :class:`Task` gets the task; every other one gets the
    input of its name (or of the alias in ``Annotated[..., Field(alias="orderId")]``).
    Input that no parameter names is left out, unless there is a ``**`` parameter.  An
    expression that finds nothing gives null (reference 4.12), so null counts as absent
    where the parameter has a default.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._task_parameters: list[str] = []
        named: list[inspect.Parameter] = []
        takes_rest = False
        for parameter in inspect.signature(function, eval_str=True).parameters.values():
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                takes_rest = True
            elif parameter.kind not in _BY_NAME:
                raise TypeError(f"{parameter} takes no name, but input comes by name")
            elif parameter.annotation is Task:
                self._task_parameters.append(parameter.name)
            else:
                named.append(parameter)
        self._names = {f"input_{n}": one.name for n, one in enumerate(named)}
        self._model = _input_model(self._names, named, takes_rest=takes_rest)
        self._optional = {
            field.alias
            for field in self._model.model_fields.values()
            if not field.is_required()
        }

    def pick(self, task: Task) -> dict[str, Any]:
        """Return the keyword arguments for a task."""
        given = {
            name: value
            for name, value in task.input_data.items()
            if value is not None or name not in self._optional
        }
        try:
            checked = self._model.model_validate(given)
        except ValidationError as error:
            raise InputMismatch(_explain(error)) from error
        picked = dict(checked.model_extra or {})
        picked |= {name: getattr(checked, key) for key, name in self._names.items()}
        return picked | dict.fromkeys(self._task_parameters, task)


def _input_model(
    names: dict[str, str], parameters: list[inspect.Parameter], *, takes_rest: bool
) -> type[BaseModel]:
    """Return a model with a field per parameter.

    Fields have names of their own, because a parameter may well be called ``json`` or
    ``copy``, which mean something else on a model.
    """
    fields: dict[str, Any] = {}
    for key, parameter in zip(names, parameters, strict=True):
        is_bare = parameter.annotation is inspect.Parameter.empty
        is_required = parameter.default is inspect.Parameter.empty
        fields[key] = (
            Any if is_bare else parameter.annotation,
            ... if is_required else parameter.default,
        )
    config = ConfigDict(
        alias_generator=names.__getitem__, extra="allow" if takes_rest else "ignore"
    )
    return create_model("Input", __config__=config, **fields)


def _explain(error: ValidationError) -> str:
    found = (
        f"{'.'.join(str(step) for step in one['loc'])}: {one['msg']}"
        for one in error.errors(include_url=False, include_context=False)
    )
    return f"The input does not fit: {'; '.join(found)}"

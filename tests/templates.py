"""The templates as data, and what their functions of CloudFormation come to."""

import fnmatch
import re
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
PATHS = {
    "template": ROOT / "template.yaml",
    "data": ROOT / "infra" / "data.yaml",
    "roles": ROOT / "infra" / "roles.yaml",
    "observability": ROOT / "infra" / "observability.yaml",
    "native-workers": ROOT / "infra" / "native-workers.yaml",
    "archive": ROOT / "infra" / "archive.yaml",
}
PLACE = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
}
_OTHERS = {
    "EventSinkArns": "arn:aws:sns:us-east-1:123456789012:others",
    "EventSources": "arn:aws:sqs:us-east-1:123456789012:others",
}
"""What an operator may name that is not the deployment's own."""

_VARIABLE = re.compile(r"\$\{([\w:]+)\}")


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short functions, as one-entry mappings."""


def _construct(loader, suffix, node):
    match node:
        case yaml.ScalarNode():
            value = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            value = loader.construct_mapping(node, deep=True)
    return {suffix: value}


_Loader.add_multi_constructor("!", _construct)


@cache
def load(name):
    """Return a template by its name."""
    return yaml.load(PATHS[name].read_text(), Loader=_Loader)


def resources(name, kind=None):
    """Return a template's resources by logical name, or those of a type."""
    return {
        logical: one
        for logical, one in load(name)["Resources"].items()
        if kind in {None, one["Type"]}
    }


def properties(name, logical):
    """Return the properties of a resource."""
    return load(name)["Resources"][logical]["Properties"]


def text_of(value, **parameters):
    """Return what a text with variables comes to, in a deployment called podium."""
    known = {"Prefix": "podium", "EventBus": "bus", **_OTHERS, **PLACE, **parameters}
    match value:
        case {"Sub": text}:
            return _VARIABLE.sub(lambda found: known[found[1]], text)
        case {"Ref": name}:
            return known[name]
    return value


def listed(value):
    """Return a list, whether one or many were written."""
    return value if isinstance(value, list) else [value]


def statements(role):
    """Yield the statements of a role: its own, and of the policies attached to it."""
    for policy in role["Properties"].get("Policies", ()):
        yield from policy["PolicyDocument"]["Statement"]
    for attached in role["Properties"].get("ManagedPolicyArns", ()):
        name = attached.get("Ref") or attached["If"][1]["Ref"]
        yield from properties("roles", name)["PolicyDocument"]["Statement"]


def allows(statement, action, arn):
    """Tell whether a statement allows an action on a resource."""
    return action in listed(statement["Action"]) and any(
        fnmatch.fnmatchcase(arn, text_of(one)) for one in listed(statement["Resource"])
    )

"""The built template, deployed by SAM to an emulator, and mended where it needs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from podium.errors import InvalidInput
from podium_local.aws.endpoint import REGION, Endpoint
from podium_local.emulated.emulator import (
    PYTHON,
    ROOT,
    EmulationFailed,
    environment_of,
)

SAM: Final = ROOT / ".venv-sam" / "bin" / "sam"
STACK: Final = "podium"
BUILT: Final = ROOT / ".aws-sam" / "emulated" / "build"
_MACHINE = "import platform, sys; print(platform.machine(), *sys.version_info[:2])"
_BATCHED = re.compile(
    r"(?P<indent> *)- sqs:(?P<action>SendMessage|DeleteMessage|ChangeMessageVisibility)"
    r"\n"
)
_PARAMETERS_READ = re.compile(
    r"(?P<action>- ssm:GetParameters(ByPath)?\n *Resource:)\s+Fn::Sub: \S+"
)
_FURTHER_SOURCE = re.compile(
    r"- Fn::Select:\s+- [12]\s+- Fn::Split:\s+- ','\s+- Fn::Sub: \$\{EventSources\},,"
)


@dataclass(frozen=True, slots=True)
class Deployment:
    """What was deployed: the emulator's address and the stack's outputs."""

    endpoint_url: str
    outputs: Mapping[str, str]

    @property
    def api_url(self) -> str:
        """The address for clients: the emulator knows the API by a path, not a host."""
        return (
            f"{self.endpoint_url}/_aws/execute-api/{self.outputs['ApiId']}/$default/api"
        )

    def client(self, service: str) -> Any:
        """Return an AWS client of an operator who may do everything."""
        return Endpoint(self.endpoint_url, REGION).client(service)

    def environment(self) -> dict[str, str]:
        """Return the variables with which ``podium`` finds the deployment."""
        names = {
            f"PODIUM_{re.sub(r'(?<!^)(?=[A-Z])', '_', name).upper()}": value
            for name, value in self.outputs.items()
            if name not in {"AccessMode", "ApiId", "ApiUrl", "FunctionUrl"}
        }
        return {**environment_of(self.endpoint_url), **names}

    def podium(self, *arguments: str, **variables: str) -> str:
        """Run ``podium`` for the deployment and return what it prints."""
        return _output(
            [sys.executable, "-m", "podium_local", *arguments],
            {**self.environment(), **variables},
        )

    def make_key(self, application: str, *roles: str) -> dict[str, str]:
        """Make an application with these roles; return the variables of its key."""
        wanted = [word for role in roles for word in ("--role", role)]
        self.podium("access", "create-application", application, *wanted)
        printed = self.podium("access", "create-key", application)
        return dict(line.split("=", 1) for line in printed.splitlines())


def build(folder: Path = BUILT) -> Path:
    """Build the template into ``folder`` for this machine; return what was built."""
    machine, *version = _output([PYTHON, "-c", _MACHINE], os.environ).split()
    # The functions run on this machine, on the emulator's own Python; LocalStack runs
    # them in containers, for which the variables may be set.
    layer = {"LAYER_MACHINE": machine, "LAYER_PYTHON": ".".join(version)}
    _sam({**layer, **os.environ}, "build", "--build-dir", str(folder))
    roles = folder / "Roles" / "template.yaml"
    roles.write_text(with_any_secret(with_batch_actions(roles.read_text())))
    template = folder / "template.yaml"
    template.write_text(with_one_event_source(template.read_text()))
    return template


def deploy(url: str, template: Path, parameters: Mapping[str, str]) -> Deployment:
    """Deploy a built template, or update what was deployed before."""
    _sam(
        environment_of(url),
        *("deploy", "--template-file", str(template), "--resolve-s3"),
        *("--stack-name", STACK, "--region", REGION, "--no-confirm-changeset"),
        *("--no-fail-on-empty-changeset", "--no-progressbar"),
        *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"),
        *("--parameter-overrides", *(quoted(*one) for one in parameters.items())),
    )
    cloudformation = Endpoint(url, REGION).client("cloudformation")
    stacks = cloudformation.describe_stacks(StackName=STACK)
    outputs = stacks["Stacks"][0]["Outputs"]
    deployed = Deployment(
        url, {one["OutputKey"]: one["OutputValue"] for one in outputs}
    )
    _mend(deployed, parameters)
    return deployed


def quoted(name: str, value: str) -> str:
    """Return a parameter as SAM reads it: whole, with spaces and quotes inside."""
    escaped = value.replace('"', '\\"')
    return f'{name}="{escaped}"'


def with_batch_actions(roles: str) -> str:
    """Have roles allow actions for SQS's batches: AWS has none, the emulator asks."""
    return _BATCHED.sub(r"\g<0>\g<indent>- sqs:\g<action>Batch\n", roles)


def with_any_secret(roles: str) -> str:
    """Have roles read every parameter: of several the emulator does not ask which."""
    return _PARAMETERS_READ.sub(r"\g<action> '*'", roles)


def with_one_event_source(template: str) -> str:
    """Have conditions tell without Fn::Split whether there are more sources: none."""
    return _FURTHER_SOURCE.sub("- ''", template)


def _mend(deployed: Deployment, parameters: Mapping[str, str]) -> None:
    functions = deployed.client("lambda")
    # It takes a number that came by a parameter for text, and then reads no message.
    for source in functions.list_event_source_mappings()["EventSourceMappings"]:
        most = source.get("ScalingConfig", {}).get("MaximumConcurrency")
        if most is not None:
            functions.update_event_source_mapping(
                UUID=source["UUID"], ScalingConfig={"MaximumConcurrency": int(most)}
            )
    # It ignores ReservedConcurrentExecutions of a template.
    polls = int(parameters.get("WorkerConcurrency", 0))
    if polls:
        prefix = deployed.outputs["QueuePrefix"]
        functions.put_function_concurrency(
            FunctionName=f"{prefix}worker", ReservedConcurrentExecutions=polls
        )
    # It ignores TimeToLiveSpecification of a template.
    for table in ("WorkflowsTable", "CatalogTable"):
        deployed.client("dynamodb").update_time_to_live(
            TableName=deployed.outputs[table],
            TimeToLiveSpecification={"AttributeName": "expires", "Enabled": True},
        )


def _sam(environment: Mapping[str, str], *arguments: str) -> None:
    if not SAM.exists():
        raise InvalidInput("there is no SAM yet: make sam")
    path = f"{SAM.parent}{os.pathsep}{environment['PATH']}"
    _output([SAM, *arguments], {**environment, "PATH": path, "SAM_CLI_TELEMETRY": "0"})


def _output(command: Sequence[Path | str], environment: Mapping[str, str]) -> str:
    """Run a command and return what it prints; EmulationFailed shows all it said."""
    ended = subprocess.run(  # noqa: S603 - SAM, or our own modules
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        said = f"{ended.stdout}{ended.stderr}"
        raise EmulationFailed(f"{' '.join(map(str, command))} failed:\n{said}")
    return ended.stdout

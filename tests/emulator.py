"""The template in an emulator of AWS: built and deployed by SAM, run by Lambda workers.

The emulator (ministack) checks every request of a function against its role.  Where it
is not like AWS the deployment is mended: it wants IAM actions of SQS's batches, which
AWS does not know, and reads a number from a parameter as text.
"""

import os
import platform
import re
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import boto3
import urllib3

from podium_process import COMMAND, wait_for
from templates import ROOT

SAM = ROOT / ".venv-sam" / "bin"
PYTHON = ROOT / ".venv-emulator" / "bin" / "python"
STACK = "podium"
PATIENCE = 180
_BATCHED = re.compile(
    r"( *)- sqs:(SendMessage|DeleteMessage|ChangeMessageVisibility)\n"
)


@dataclass
class Emulator:
    """A running emulator, and what was deployed to it."""

    url: str
    outputs: dict = field(default_factory=dict)

    @property
    def environment(self):
        """The variables with which AWS's tools find it."""
        return {
            **os.environ,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "SAM_CLI_TELEMETRY": "0",
            "PATH": f"{SAM}:{os.environ['PATH']}",
        }

    @property
    def api(self):
        """The address of the deployed API."""
        return f"{self.url}/_aws/execute-api/{self.outputs['ApiId']}/$default/api"

    def client(self, service):
        """Return a client of an operator who may do everything."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def deploy(self, folder, *parameters):
        """Build the template, and deploy it with these parameters."""
        self._sam(
            *("build", "--build-dir", str(folder)),
            LAYER_MACHINE=platform.machine(),
            LAYER_PYTHON=_python_version(),
        )
        roles = folder / "Roles" / "template.yaml"
        roles.write_text(_BATCHED.sub(_with_batch, roles.read_text()))
        self._sam(
            *("deploy", "--template-file", str(folder / "template.yaml")),
            *("--stack-name", STACK, "--resolve-s3", "--no-confirm-changeset"),
            *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"),
            *("--parameter-overrides", *parameters),
        )
        [stack] = self.client("cloudformation").describe_stacks(StackName=STACK)[
            "Stacks"
        ]
        self.outputs = {
            one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]
        }
        self._mend_concurrency()

    def _sam(self, *arguments, **variables):
        ended = subprocess.run(
            [SAM / "sam", *arguments],
            cwd=ROOT,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert 0 == ended.returncode, ended.stdout + ended.stderr

    def _mend_concurrency(self):
        functions = self.client("lambda")
        for one in functions.list_event_source_mappings()["EventSourceMappings"]:
            if ":sqs:" in one["EventSourceArn"]:
                functions.update_event_source_mapping(
                    UUID=one["UUID"], ScalingConfig={"MaximumConcurrency": 10}
                )

    def podium(self, *arguments, **variables):
        """Run ``podium`` for the deployment; return its exit status and output."""
        names = {
            f"PODIUM_{_snake(name)}": value
            for name, value in self.outputs.items()
            if name.endswith(("Table", "Bucket", "Prefix", "Url")) and name != "ApiUrl"
        }
        ended = subprocess.run(
            [*COMMAND, *arguments],
            env={**self.environment, **names, **variables},
            stdout=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return ended.returncode, ended.stdout

    def failures(self):
        """Return what functions logged as a failure."""
        logs = self.client("logs")
        return [
            event["message"]
            for group in logs.describe_log_groups()["logGroups"]
            for event in logs.filter_log_events(logGroupName=group["logGroupName"])[
                "events"
            ]
            if '"level":"ERROR"' in event["message"] or "denied" in event["message"]
        ]


@contextmanager
def emulator():
    """Start an emulator that enforces IAM, on a free port of loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [PYTHON, "-m", "ministack"],
        env={
            **os.environ,
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LOG_LEVEL": "ERROR",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: _is_up(url))
        yield Emulator(url)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _is_up(url):
    try:
        health = urllib3.request("GET", f"{url}/_ministack/health", retries=False)
    except urllib3.exceptions.HTTPError:
        time.sleep(0.05)
        return False
    return health.status == 200


def _python_version():
    program = "import sys; print('{}.{}'.format(*sys.version_info))"
    return subprocess.check_output([PYTHON, "-c", program], text=True).strip()


def _with_batch(found):
    return f"{found[0]}{found[1]}- sqs:{found[2]}Batch\n"


def _snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()

"""``python -m podium_local.emulated``: start, deploy, check, and stay until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Sequence

from podium.errors import PodiumError
from podium_local.emulated.deployment import STACK, Deployment, build, deploy
from podium_local.emulated.emulator import ROOT, running

_FOLDER = ROOT / ".podium" / "emulated"
_PARAMETERS = {
    "AccessMode": "open",
    "Alarms": "off",
    # A service under development is on this machine.
    "HttpAllowedNetworks": "127.0.0.0/8",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="make deploy-local",
        description="Deploy the template to an emulator on this machine.",
    )
    parser.add_argument(
        "parameters",
        nargs="*",
        metavar="NAME=VALUE",
        help="parameters of template.yaml, such as AccessMode=keys",
    )
    parser.add_argument(
        "--once", action="store_true", help="end after the check, leave nothing up"
    )
    given = parser.parse_args(arguments)
    pairs = [one.partition("=") for one in given.parameters]
    if not all(middle for _, middle, _ in pairs):
        parser.error("expected parameters as NAME=VALUE")
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    try:
        wanted = {**_PARAMETERS, **{name: value for name, _, value in pairs}}
        return _run(wanted, stays=not given.once)
    except PodiumError as failure:
        print(f"deploy-local: {failure.message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _run(parameters: dict[str, str], *, stays: bool) -> int:
    with running(_FOLDER) as url:
        print(f"Emulator   {url}", flush=True)
        deployed = deploy(url, build(), parameters)
        key = (
            deployed.make_key("local", "admin")
            if deployed.outputs["AccessMode"] == "keys"
            else {}
        )
        if status := _check(deployed, key):
            return status
        print(f"\nAPI        {deployed.api_url}")
        for name, value in key.items():
            print(f"{name}={value}")
        if stays:
            print("It stays until Ctrl-C.", flush=True)
            signal.pause()
    return 0


def _check(deployed: Deployment, key: dict[str, str]) -> int:
    """Let the doctor look, and start a workflow; return its exit status."""
    doctor = [sys.executable, "-m", "podium_local", "doctor", "--stack", STACK]
    ended = subprocess.run(  # noqa: S603 - our own module
        [*doctor, "--url", deployed.api_url, "--endpoint-url", deployed.endpoint_url],
        env={**deployed.environment(), **key},
        check=False,
    )
    return ended.returncode


if __name__ == "__main__":
    sys.exit(main())

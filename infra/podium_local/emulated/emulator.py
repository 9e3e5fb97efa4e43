"""The emulator's process: started on a free port of loopback, stopped in the end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from typing import IO, Final

import urllib3

from podium.errors import InvalidInput, PodiumError
from podium_local.aws.endpoint import REGION

ROOT: Final = Path(__file__).parents[3]
PYTHON: Final = ROOT / ".venv-emulator" / "bin" / "python"
"""What runs the emulator, and by it the functions."""

_ENDPOINT = "AWS_ENDPOINT_URL"
_MEMORY = Path("/dev/shm")  # noqa: S108 - what is made in it is for us alone
_ROOM = 4 << 30
"""Bytes: forty processes with 55 MB each, and as much again."""
_PATIENCE = 20
_HTTP_OK = 200


class EmulationFailed(PodiumError):
    """The emulator does not start, or does not take the template."""


def environment_of(url: str) -> dict[str, str]:
    """Return this process's variables with the emulator in place of any account."""
    own = {name: one for name, one in os.environ.items() if name[:4] != "AWS_"}
    return {
        **own,
        _ENDPOINT: url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Yield the address of an emulator: the one at hand, or one that is started.

    ``folder`` takes the log of the one that is started.
    """
    given = os.environ.get(_ENDPOINT)
    if given:
        yield given.rstrip("/")
        return
    folder.mkdir(parents=True, exist_ok=True)
    url = f"http://127.0.0.1:{_free_port()}"
    log = folder / "emulator.log"
    # Functions are unpacked there, and would be left behind.
    with TemporaryDirectory(
        prefix=f"emulator-{url.rpartition(':')[2]}-",
        dir=_place_to_unpack(folder),
        ignore_cleanup_errors=True,
    ) as unpacked:
        with log.open("w") as lines:
            process = _start(url, unpacked, lines)
        try:
            _wait_for(url, process, log)
            yield url
        finally:
            _stop(process)


def _place_to_unpack(folder: Path) -> Path:
    """Return memory where there is enough of it, or else ``folder``.

    Every process of a function has the layer's thousands of files for itself: on a disk
    they take longer than all else that a start needs.
    """
    if _MEMORY.is_dir() and disk_usage(_MEMORY).free >= _ROOM:
        return _MEMORY
    return folder


def _start(url: str, folder: str, log: IO[str]) -> subprocess.Popen[bytes]:
    if not PYTHON.exists():
        raise InvalidInput("there is no emulator yet: make emulator")
    settings = {
        "AUTH": "true",
        # It would listen on every address, and with MQTT and SFTP too.
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": url.rpartition(":")[2],
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "INFO",
        "TMPDIR": folder,
    }
    return subprocess.Popen(  # noqa: S603 - the emulator
        [PYTHON, "-m", "ministack"],
        env={**environment_of(url), **settings},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        # A group of its own: Ctrl-C is for the command that stops it in order, and
        # what its functions' processes leave is ended with it.
        start_new_session=True,
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_PATIENCE)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not _is_up(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise EmulationFailed(f"the emulator does not start:\n{log.read_text()}")
        time.sleep(0.05)


def _is_up(url: str) -> bool:
    try:
        answer = urllib3.request(
            "GET", f"{url}/_ministack/health", retries=False, timeout=2
        )
    except urllib3.exceptions.HTTPError:
        return False
    return answer.status == _HTTP_OK


def _free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])

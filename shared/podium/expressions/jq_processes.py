"""Processes that run jq programs: each runs one at a time, and is kept for the next.

One is started where all others are at work, in some 40 ms, and ends when nobody can
ask it any more.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import weakref
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, cast

from podium.errors import ExpressionTimeout, Unavailable

_RUNNER: Final = Path(__file__).with_name("jq_runner.py")
# The first is where Lambda's Python finds its own library.
_VARIABLES: Final = ("LD_LIBRARY_PATH", "PYTHONHOME")


class JqProcesses:
    """Runs programs that may each take ``seconds`` of the processor.

    ``memory`` is how many bytes a process may take.
    """

    def __init__(self, seconds: int, memory: int) -> None:
        self._seconds = seconds
        self._memory = memory
        self._idle: list[_JqProcess] = []
        weakref.finalize(self, _end, self._idle)

    def run(self, program: str, text: str) -> tuple[bool, str]:
        """Return whether a program was done with a JSON text, and what there is to say.

        That is a JSON list of its results, or the engine's words.  ExpressionTimeout
        says that it took too much, Unavailable that there is no process to be had.
        """
        process = self._take()
        try:
            answer = process.ask(program, text)
        except _EndedError as ended:
            raise self._explained(ended.by) from None
        except BaseException:
            process.kill()  # what it has not answered yet would be the next one's
            raise
        self._idle.append(process)
        return answer

    def _take(self) -> _JqProcess:
        with suppress(IndexError):
            while True:
                process = self._idle.pop()
                if process.is_alive:
                    return process
        return _JqProcess(self._seconds, self._memory)

    def _explained(self, ended_by: int) -> ExpressionTimeout:
        if ended_by == signal.SIGXCPU:
            return ExpressionTimeout(
                f"jq program not done within {self._seconds} seconds, interrupted."
            )
        return ExpressionTimeout(
            f"jq program ended by signal {ended_by}: it may take {self._memory >> 20} "
            f"MB of memory"
        )


def _end(idle: list[_JqProcess]) -> None:
    """End what nobody will ask any more."""
    for process in idle:
        process.kill()


class _EndedError(Exception):
    """A process ended before it answered."""

    def __init__(self, by: int) -> None:
        super().__init__(by)
        self.by = by


class _JqProcess:
    """One of them."""

    def __init__(self, seconds: int, memory: int) -> None:
        # Of the environment it gets what it needs to find the engine.
        kept = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
        found = {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-SP", str(_RUNNER), str(seconds), str(memory)]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                env=found,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as failure:
            raise Unavailable(f"no process to run jq in: {failure}") from failure

    @property
    def is_alive(self) -> bool:
        if self._process.poll() is None:
            return True
        self.kill()
        return False

    def ask(self, program: str, text: str) -> tuple[bool, str]:
        """Return whether a program was done, and what the answer has."""
        parts = program.encode(), text.encode()
        asked = b"%d %d\n%s%s" % (len(parts[0]), len(parts[1]), *parts)
        requests = cast("IO[bytes]", self._process.stdin)
        answers = cast("IO[bytes]", self._process.stdout)
        with suppress(BrokenPipeError):
            requests.write(asked)
            requests.flush()
        how, _, length = answers.readline().partition(b" ")
        said = answers.read(int(length)) if length else b""
        if not length or len(said) < int(length):
            raise _EndedError(-self.kill())
        return how == b"done", said.decode()

    def kill(self) -> int:
        """End it, unless it has ended; return the exit status."""
        self._process.kill()
        self._process.communicate()
        return self._process.returncode

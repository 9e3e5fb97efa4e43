"""What a process of its own does that runs jq programs, one after the other.

The engine can neither be interrupted nor bounded in its memory from within.  Here the
system does both: what computes or takes too much ends the process, and with it only
the program.  It is started as a file, with nothing of Podium's (``jq_processes``).

A request is a line with two lengths in bytes, and then a program and a JSON text of
that many.  The answer is a line with ``done`` or ``failed`` and a length, and then the
results as a JSON list, or what the engine says.
"""

from __future__ import annotations

import resource
import signal
import sys
import time
from contextlib import suppress
from functools import lru_cache
from typing import Any

import jq

DONE, FAILED = b"done", b"failed"


def serve(seconds: int, memory: int) -> None:
    """Answer requests until there are no more.

    Each may take ``seconds`` of the processor, and this process ``memory`` bytes.
    """
    # Ctrl-C is for who started it, whose end is its own.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # not every system has such a limit
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while line := requests.readline():
        program, text = (requests.read(int(length)).decode() for length in line.split())
        _allow(seconds)
        how, said = _run(program, text)
        answers.write(b"%s %d\n%s" % (how, len(said), said))
        answers.flush()


def _allow(seconds: int) -> None:
    """Have the system end this process once it has computed so much longer."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = int(time.process_time()) + 1 + seconds
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    resource.setrlimit(resource.RLIMIT_CPU, (wanted, most))


def _run(program: str, text: str) -> tuple[bytes, bytes]:
    try:
        results = ",".join(_compiled(program).input_text(text))
    except ValueError as failure:
        return FAILED, str(failure).encode()
    return DONE, f"[{results}]".encode()


@lru_cache(maxsize=1024)
def _compiled(program: str) -> Any:
    return jq.compile(program)


if __name__ == "__main__":
    serve(*map(int, sys.argv[1:]))

"""Secrets in the Parameter Store of Systems Manager, encrypted there (SecureString)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from podium.adapters.aws_clients import answering
from podium.clock import Clock

KEPT = 10_000
"""Milliseconds for which a process answers from what it read last."""
MOST_AT_ONCE = 10
_SERVICE = "SSM"
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True, repr=False)
class _Known:
    """What a parameter was, None where there was none, and until when that counts."""

    value: str | None
    until: int


class ParameterStoreSecrets:
    """The port ``Secrets`` over the parameters below one path.

    ``client`` is called for when a secret is first wanted.
    """

    def __init__(self, client: Callable[[], Any], path: str, clock: Clock) -> None:
        self._client = client
        self._path = path
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def names(self) -> list[str]:
        """Return the names of all secrets, in order."""
        with answering(_SERVICE):
            pages = self._client().get_paginator("get_parameters_by_path")
            found = [
                one["Name"].removeprefix(self._path)
                for page in pages.paginate(Path=self._path, WithDecryption=False)
                for one in page["Parameters"]
            ]
        return sorted(found)

    def find(self, names: Collection[str]) -> Mapping[str, str]:
        """Return those of the secrets that are there, ten by one request."""
        now = self._clock.now()
        fitting = sorted(name for name in set(names) if _NAME.fullmatch(name))
        wanted = [name for name in fitting if not self._is_known(name, now)]
        for first in range(0, len(wanted), MOST_AT_ONCE):
            some = wanted[first : first + MOST_AT_ONCE]
            read = self._read(some)
            for name in some:
                self._known[name] = _Known(read.get(name), now + KEPT)
        values = {name: self._known[name].value for name in fitting}
        return {name: value for name, value in values.items() if value is not None}

    def _is_known(self, name: str, now: int) -> bool:
        known = self._known.get(name)
        return known is not None and now < known.until

    def _read(self, names: list[str]) -> dict[str, str]:
        paths = [self._path + name for name in names]
        with answering(_SERVICE):
            answer = self._client().get_parameters(Names=paths, WithDecryption=True)
        return {
            one["Name"].removeprefix(self._path): one["Value"]
            for one in answer["Parameters"]
        }

"""Where the emulator is, and clients of it that could not reach an account.

Their credentials are made up.  An emulator takes any; AWS refuses these.  So whatever
address is given, and whatever credentials this machine has, nothing is made, read or
paid for in an account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from podium.errors import InvalidInput

REGION: Final = "us-east-1"
"""An emulator's, where the environment names none."""

_OF_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of an emulator, and by which region it is asked."""

    url: str
    region: str

    @classmethod
    def parse(cls, url: str, environment: Mapping[str, str]) -> Endpoint:
        """Read what the command line says; InvalidInput where it is no emulator's."""
        host = urlsplit(url).hostname
        if not url.startswith(("http://", "https://")) or not host:
            raise InvalidInput(f"--aws: expected http(s)://host:port, got {url!r}")
        if host.endswith(_OF_AWS):
            raise InvalidInput(
                f"--aws: {host} is AWS itself, this is for emulators; make deploy "
                "deploys to an account"
            )
        named = (environment.get(one) for one in ("AWS_REGION", "AWS_DEFAULT_REGION"))
        return cls(url.rstrip("/"), next(filter(None, named), REGION))

    def session(self) -> Any:
        """Return a session with credentials that open nothing."""
        import boto3  # a third of a second that only this home spends

        return boto3.session.Session(
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - not a secret
            region_name=self.region,
        )

    def client(self, service: str) -> Any:
        """Return a client of the emulator."""
        return self.session().client(service, endpoint_url=self.url)

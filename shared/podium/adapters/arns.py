"""Names of AWS resources, and whether one is among those that a pattern allows."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

_PARTS = 6


@dataclass(frozen=True, slots=True)
class Arn:
    """``arn:partition:service:region:account:resource``; empty is what is not known."""

    service: str
    resource: str
    account: str = ""
    region: str = ""
    partition: str = ""

    def __str__(self) -> str:
        place = f"{self.partition}:{self.service}:{self.region}:{self.account}"
        return f"arn:{place}:{self.resource}"

    @classmethod
    def parse(cls, text: str) -> Arn | None:
        """Read an ARN; None where it is none."""
        parts = text.split(":", _PARTS - 1)
        if len(parts) != _PARTS or parts[0] != "arn":
            return None
        _, partition, service, region, account, resource = parts
        return cls(service, resource, account, region, partition)

    def fits(self, pattern: str) -> bool:
        """Tell whether an ARN with ``*`` allows this one.

        What is not known of this one is left to IAM, which knows the same patterns.
        """
        wanted = Arn.parse(pattern)
        if wanted is None:
            return False
        return (
            wanted.service == self.service
            and fnmatchcase(self.resource, wanted.resource)
            and all(
                not known or fnmatchcase(known, asked)
                for known, asked in (
                    (self.account, wanted.account),
                    (self.region, wanted.region),
                    (self.partition, wanted.partition),
                )
            )
        )

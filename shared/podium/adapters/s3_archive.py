"""The archive as objects of the deployment's bucket, each line read by its range."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from podium.adapters.aws_clients import answering, code_of
from podium.adapters.gzip_lines import pack_lines, unpack_line
from podium.sinks import ArchivedAt

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SERVICE = "S3"


class S3Archive:
    """The port ``Archive``: one PUT for many workflows, one GET for one of them."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def write_batch(self, path: str, lines: Sequence[bytes]) -> list[ArchivedAt]:
        """Store the lines as one object."""
        content, places = pack_lines(path, lines)
        with answering(_SERVICE):
            self._client.put_object(
                Bucket=self._bucket,
                Key=path,
                Body=content,
                ContentType="application/gzip",
            )
        return places

    def read(self, at: ArchivedAt) -> bytes | None:
        """Return one line, or None where there is no such object."""
        last = at.offset + at.length - 1
        with answering(_SERVICE):
            try:
                found = self._client.get_object(
                    Bucket=self._bucket, Key=at.path, Range=f"bytes={at.offset}-{last}"
                )
            except ClientError as error:
                if code_of(error) == "NoSuchKey":
                    return None
                raise
            with closing(found["Body"]) as body:
                member = body.read()
        return unpack_line(member)

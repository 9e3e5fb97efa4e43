"""Documents too large for a journal entry or a message, as objects of one bucket."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from podium.adapters.aws_clients import answering, code_of
from podium.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SERVICE = "S3"
_DELETED_AT_ONCE = 1_000
LINKS_VALID_FOR = 60
"""Seconds: how long a client may take until it begins."""


class S3Links:
    """The port ``PayloadLinks``: URLs that are signed here and answered by S3."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def link(self, method: str, path: str, _base: str) -> str:
        """Return a URL with a signature; S3 is not asked."""
        operation = "put_object" if method == "PUT" else "get_object"
        with answering(_SERVICE):
            return self._client.generate_presigned_url(
                operation,
                Params={"Bucket": self._bucket, "Key": path},
                ExpiresIn=LINKS_VALID_FOR,
            )

    def opened(self, _method: str, _token: str) -> None:
        """Return nothing: this server has no payloads of its own."""
        return


class S3Payloads:
    """The port ``Payloads``: a path is an object's key.

    The reader needs ``s3:ListBucket`` too: without it S3 calls a missing object
    forbidden, and what is not there could not be told from what may not be seen.
    """

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, path: str, document: bytes) -> None:
        """Store or replace a document."""
        with answering(_SERVICE):
            self._client.put_object(Bucket=self._bucket, Key=path, Body=document)

    def get(self, path: str) -> bytes | None:
        """Return a document, or None where there is none."""
        with answering(_SERVICE):
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=path)
            except ClientError as error:
                if code_of(error) == "NoSuchKey":
                    return None
                raise
            with closing(found["Body"]) as body:
                return body.read()

    def delete(self, paths: Sequence[str]) -> None:
        """Remove documents, there or not, a thousand a request."""
        for first in range(0, len(paths), _DELETED_AT_ONCE):
            some = paths[first : first + _DELETED_AT_ONCE]
            with answering(_SERVICE):
                answer = self._client.delete_objects(
                    Bucket=self._bucket,
                    Delete={"Objects": [{"Key": one} for one in some], "Quiet": True},
                )
            if answer.get("Errors"):
                raise Unavailable(f"S3 did not remove {answer['Errors'][0].get('Key')}")

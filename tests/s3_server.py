"""A real S3 API on loopback, for tests. Who imports this without its packages is skipped."""

from __future__ import annotations

import contextlib

import pytest

boto3 = pytest.importorskip("boto3")
moto = pytest.importorskip("moto.server")

BUCKET, PREFIX = "socle-essais", "bac/a-sable"
BLOBS_URL = f"s3://{BUCKET}/{PREFIX}"
KEYS = {"AWS_ACCESS_KEY_ID": "essai", "AWS_SECRET_ACCESS_KEY": "essai", "AWS_REGION": "eu-west-3"}


class S3:
    """A server of the S3 API, with one bucket; it can be stopped and started again."""

    def __init__(self) -> None:
        self.port = 0
        self.start()
        self._client = boto3.client(
            "s3", endpoint_url=self.url, region_name="eu-west-3", aws_access_key_id="essai",
            aws_secret_access_key="essai",
        )
        # What the servers of one process hold is one: another test may have made it.
        with contextlib.suppress(self._client.exceptions.BucketAlreadyOwnedByYou):
            self._client.create_bucket(
                Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"}
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._server = moto.ThreadedMotoServer("127.0.0.1", self.port, verbose=False)
        self._server.start()
        self.port = self._server.get_host_and_port()[1]

    def stop(self) -> None:
        self._server.stop()

    def listed(self) -> list[str]:
        found = self._client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return [each["Key"] for each in found]

    @property
    def environment(self) -> dict[str, str]:
        """What a process that uses it is told."""
        return {**KEYS, "AWS_ENDPOINT_URL": self.url}

    def close(self) -> None:
        self._client.close()
        self.stop()

"""Settings of the recorder."""

import os

from pydantic import Field

from parley.database.settings import DatabaseSettings


class RecorderSettings(DatabaseSettings):
    """Settings of the recorder."""

    recorder_port: int = Field(default=8084, ge=0, le=65535)
    """Port of /livez, /readyz and /metrics; 0 for any free one."""

    max_calls: int = Field(default=1000, ge=1)
    """Maximum number of calls that one recorder handles at a time; high, because a call that is only waiting
    for the database costs almost nothing."""

    recordings_url: str = "file://./recordings"
    """Folder (`file://`) or bucket with a prefix (`s3://`, `gs://`, `az://`) for recordings and transcripts.
    The bucket's credentials come from the provider's own environment variables."""

    recording_segment_s: float = Field(default=10.0, gt=0, le=60)
    """Length of the audio segments that are stored during a call; stored audio survives the loss of NATS."""

    recording_lateness_s: float = Field(default=3.0, ge=0, le=60)
    """How long audio is kept in memory for late frames before it is stored."""


def read_secret(variable: str) -> str:
    """Return the environment variable that an agent file names; empty if it is not set."""
    return os.environ.get(variable, "")

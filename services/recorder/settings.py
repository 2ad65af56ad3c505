"""What the recorder is told."""

from pydantic import Field, SecretStr, field_validator

from parley.settings import CommonSettings


class RecorderSettings(CommonSettings):
    """Settings of the recorder."""

    recorder_port: int = Field(default=8084, ge=0, le=65535)
    """Port of /livez, /readyz and /metrics."""

    max_calls: int = Field(default=1000, ge=1)
    """Calls at the most; high, since a call whose rows wait for the database costs next to nothing."""

    postgres_url: SecretStr = SecretStr("postgresql://postgres@127.0.0.1:5432/postgres")
    """Where the calls' records go; the tables are made at the start."""

    recordings_url: str = "file://./recordings"
    """Where sound and transcripts go: a folder (file://), or s3://, gs://, az:// with a bucket and a prefix.

    A bucket's credentials come from the environment variables that its maker names.
    """

    recording_segment_s: float = Field(default=10.0, gt=0, le=60)
    """How much sound is stored at a time; what is stored survives even the bus."""

    recording_lateness_s: float = Field(default=3.0, ge=0, le=60)
    """How long sound rests before it is stored, for what comes late."""

    @field_validator("postgres_url")
    @classmethod
    def _is_an_address(cls, url: SecretStr) -> SecretStr:
        if not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must look like postgresql://user:password@host:5432/database")
        return url

"""Settings of the recorder."""

from pydantic import Field, SecretStr, field_validator

from parley.settings import CommonSettings, check_url


class RecorderSettings(CommonSettings):
    """Settings of the recorder."""

    recorder_port: int = Field(default=8084, ge=0, le=65535)
    """Port of /livez, /readyz and /metrics; 0 for any free one."""

    max_calls: int = Field(default=1000, ge=1)
    """Maximum number of calls that one recorder handles at a time; high, because a call that is only waiting
    for the database costs almost nothing."""

    postgres_url: SecretStr = SecretStr("postgresql://postgres@127.0.0.1:5432/postgres")
    """Database of the call records. Its tables are created and migrated when a recorder starts, or
    before that by `python -m services.recorder.migrate`."""

    recordings_url: str = "file://./recordings"
    """Folder (`file://`) or bucket with a prefix (`s3://`, `gs://`, `az://`) for recordings and transcripts.
    The bucket's credentials come from the provider's own environment variables."""

    recording_segment_s: float = Field(default=10.0, gt=0, le=60)
    """Length of the audio segments that are stored during a call; stored audio survives the loss of NATS."""

    recording_lateness_s: float = Field(default=3.0, ge=0, le=60)
    """How long audio is kept in memory for late frames before it is stored."""

    @field_validator("postgres_url")
    @classmethod
    def _check_postgres_url(cls, url: SecretStr) -> SecretStr:
        check_url(url.get_secret_value(), "postgresql", "postgres")
        return url

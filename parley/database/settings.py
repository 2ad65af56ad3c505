"""Settings of the processes that use the database."""

from pydantic import SecretStr, field_validator

from parley.settings import CommonSettings, check_url


class DatabaseSettings(CommonSettings):
    """Settings of the recorder, the brain and the commands that use the database."""

    postgres_url: SecretStr = SecretStr("postgresql://postgres@127.0.0.1:5432/postgres")
    """Database of the call records, and of the tools that book, look up and take messages. Its tables are
    created and migrated when a recorder, or a brain with such an agent, connects, or before that by
    `python -m parley.database.migrate`. A brain connects only if an agent has such a tool."""

    @field_validator("postgres_url")
    @classmethod
    def _check_postgres_url(cls, url: SecretStr) -> SecretStr:
        check_url(url.get_secret_value(), "postgresql", "postgres")
        return url

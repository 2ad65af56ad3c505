"""The common base of the tools that keep records."""

from typing import Annotated, Any

from pydantic import Field

from parley.agent_config.tools.base import ToolBase

FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""Name of a customer's or a lead's field: small letters, digits and underscores."""
CalendarName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""Name of a calendar."""


class RecordsTool(ToolBase):
    """A tool that reads or writes records."""

    backend: str = Field(default="postgres", min_length=1)
    """The store of the records: the tables in Postgres, or an installed backend (docs/tools-data.md)."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Settings that only this backend has."""
    description: str = ""
    """Description for the model, in place of the default."""

    @property
    def needs_database(self) -> bool:
        """Whether the tool uses Parley's database."""
        return self.backend == "postgres"

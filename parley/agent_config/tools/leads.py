"""The tool that logs a lead, and the rules of its score."""

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from parley.agent_config.section import Section
from parley.agent_config.tools.records import FieldName, RecordsTool

LEAD_FIELDS = ("name", "contact", "interest", "budget")
"""Fields that each lead has."""


class ScoreRule(Section):
    """Points for a field of the lead that fulfils one condition."""

    field: FieldName
    points: int = Field(ge=-1000, le=1000)
    present: bool | None = None
    """The field has a value, or has none."""
    contains: tuple[str, ...] = ()
    """The field contains one of these words, in any case."""
    equals: tuple[str, ...] = ()
    """The field is one of these, in any case."""
    at_least: Decimal | None = None
    at_most: Decimal | None = None

    @model_validator(mode="after")
    def _check_conditions(self) -> Self:
        given = [self.present is not None, bool(self.contains), bool(self.equals)]
        given.append(self.at_least is not None or self.at_most is not None)
        if sum(given) != 1:
            raise ValueError("give one of: present, contains, equals, at_least and at_most")
        return self


class LogLeadTool(RecordsTool):
    """Stores a person who is interested, with a score."""

    type: Literal["log_lead"] = "log_lead"
    fields: dict[FieldName, str] = Field(default_factory=dict, max_length=20)
    """Further fields, each with a description for the model."""
    score: tuple[ScoreRule, ...] = Field(default=(), max_length=100)
    """Rules whose points are added up."""
    qualified_from: int | None = None
    """Score from which the model learns that the lead is qualified."""

    @model_validator(mode="after")
    def _check_fields(self) -> Self:
        for name in self.fields:
            if name in LEAD_FIELDS:
                raise ValueError(f"fields: every lead has {name!r}; leave it out")
        supported = (*LEAD_FIELDS, *self.fields)
        for number, rule in enumerate(self.score):
            if rule.field not in supported:
                raise ValueError(
                    f"score.{number}.field: no field {rule.field!r}; there are: {', '.join(supported)}"
                )
        return self

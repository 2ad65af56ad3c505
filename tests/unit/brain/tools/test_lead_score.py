"""The score of a lead by the rules of the agent file."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from parley.agent_config.tools import LogLeadTool
from services.brain.tools.lead_score import lead_score

RULES: list[dict[str, Any]] = [
    {"field": "budget", "at_least": 300_000, "points": 40},
    {"field": "budget", "at_most": 1000, "points": -50},
    {"field": "interest", "contains": ["buy", "kaufen"], "points": 30},
    {"field": "timeline", "equals": ["Now", "this month"], "points": 20},
    {"field": "contact", "present": True, "points": 10},
    {"field": "timeline", "present": False, "points": -5},
]
SECTION = LogLeadTool.model_validate({"score": RULES, "fields": {"timeline": "When."}})


@pytest.mark.parametrize(
    ("fields", "budget", "score"),
    [
        ({}, None, -5),
        ({"contact": "+1555", "timeline": "now!"}, Decimal(300_000), 70),
        ({"interest": "Wants to BUY a flat", "timeline": "later"}, Decimal(299_999), 30),
        ({"interest": "a buyer"}, Decimal(500), -55),
        ({"interest": "will ein Haus kaufen", "timeline": "This Month"}, None, 50),
    ],
)
def test_the_points_of_all_matching_rules_are_added(
    fields: dict[str, str], budget: Decimal | None, score: int
) -> None:
    """Words count as a whole, in any case."""
    assert lead_score(SECTION.score, fields, budget) == score


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"field": "budget", "points": 1}, "give one of"),
        ({"field": "budget", "points": 1, "present": True, "at_least": 1}, "give one of"),
        ({"field": "income", "points": 1, "present": True}, "no field 'income'; there are: name, contact"),
    ],
)
def test_an_impossible_rule_is_refused(rule: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        LogLeadTool.model_validate({"score": [rule]})

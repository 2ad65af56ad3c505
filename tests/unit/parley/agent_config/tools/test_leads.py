"""The tool that logs a lead, in the agent file."""

import pytest
from pydantic import ValidationError

from parley.agent_config.tools import LogLeadTool


def test_a_rule_may_use_a_field_of_the_agent() -> None:
    rule = {"field": "timeline", "equals": ["now"], "points": 5}
    section = LogLeadTool.model_validate({"fields": {"timeline": "When."}, "score": [rule]})
    assert section.score[0].points == 5


def test_a_field_that_every_lead_has_is_refused() -> None:
    with pytest.raises(ValidationError, match="every lead has 'budget'"):
        LogLeadTool.model_validate({"fields": {"budget": "How much."}})

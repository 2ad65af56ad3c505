"""The tool that looks a customer up, in the agent file."""

from typing import Any

import pytest
from pydantic import ValidationError

from parley.agent_config.tools import LookupCustomerTool


def test_by_default_only_the_name_is_returned() -> None:
    assert LookupCustomerTool().returns == ("name",)


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ({"by_caller": False}, "by: name at least one field"),
        ({"returns": []}, "at least 1"),
        ({"by": ["Customer ID"]}, "pattern"),
        ({"country_code": "+49"}, "pattern"),
    ],
)
def test_a_wrong_key_is_refused(section: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        LookupCustomerTool.model_validate(section)

"""Tests of the variables of an agent's texts."""

import pytest

from parley.agent_config import CallData, render_text
from parley.agent_config.templates.text import VARIABLES, check_text, variables

DATA = CallData("CA1", "+1", "+2", "inbound", {"name": "Ana"}, 1_790_000_000_000_000)


def test_every_documented_variable_has_a_value() -> None:
    """The check accepts what rendering has, and nothing else."""
    values = variables(DATA, "UTC", "de")
    assert values.keys() == VARIABLES.keys()
    for name, attributes in VARIABLES.items():
        for attribute in attributes or ():
            text = f"{{{{ {name}.{attribute} }}}}"
            assert check_text(text) == text
            assert render_text(text, values)


def test_a_wrong_variable_is_refused() -> None:
    """The error names those that exist."""
    with pytest.raises(ValueError, match="there are: call, called, caller"):
        check_text("{{ calller.number }}")

"""The texts of transfers."""

import pytest

from parley.agent_config import AgentConfig, languages, texts_problem
from parley.agent_config.transfer_texts import TransferTexts


@pytest.mark.parametrize("language", languages())
def test_each_language_has_its_own_texts(language: str) -> None:
    """A person is not addressed in English by a German agent."""
    texts = AgentConfig(prompt="x", language=language).transfer

    assert texts.accept_prompt
    assert (texts == TransferTexts()) is (language == "en")


def test_a_text_in_another_language_is_only_missing_if_it_is_used() -> None:
    """A cold transfer that returns to the agent needs none."""
    where = {"sales": {"number": "+15550100123"}}
    cold = {"prompt": "x", "language": "sw", "tools": [{"type": "transfer_call", "destinations": where}]}
    warm = {**cold, "tools": [{"type": "transfer_call", "destinations": where, "kind": "warm"}]}

    assert "transfer." not in texts_problem(AgentConfig.model_validate(cold))
    assert "transfer.accept_prompt" in texts_problem(AgentConfig.model_validate(warm))

"""Which model is asked."""

from parley.agent_config import LlmConfig
from parley.circuit_breaker import CircuitBreakers
from services.brain.generation.model_selector import ModelSelector

THREE = LlmConfig(model="a", fallbacks=({"model": "b"}, {"model": "c"}))


def asked(choice: ModelSelector, turn: int = 1, *, retryable: bool = True, times: int = 20) -> str:
    """Who is asked, each failing, until nobody is left."""
    names = ""
    for now_s in range(times):
        model = choice.next_model(turn, now_s / 100)
        if model is None:
            break
        names += model.model
        choice.failed(model, now_s / 100, retryable=retryable)
    return names


def test_each_is_asked_then_each_again() -> None:
    """In the agent's order; who refuses is not asked again."""
    assert asked(ModelSelector(THREE, CircuitBreakers())) == "abcabc"
    assert asked(ModelSelector(THREE, CircuitBreakers()), retryable=False) == "abc"
    assert asked(ModelSelector(LlmConfig(model="a"), CircuitBreakers())) == "aa"


def test_another_call_does_not_pay_again() -> None:
    """What one call found out the process knows; when all rest, the first is asked all the same."""
    breakers = CircuitBreakers()
    a_rests = ModelSelector(LlmConfig(model="a"), breakers)
    asked(a_rests, 1)
    asked(a_rests, 2)

    assert asked(ModelSelector(THREE, breakers), times=1) == "b"
    assert asked(ModelSelector(LlmConfig(model="a"), breakers), times=1) == "a"


def test_one_that_answers_is_well_again() -> None:
    """And asked first."""
    breakers = CircuitBreakers()
    choice = ModelSelector(THREE, breakers)
    asked(choice, 1)
    asked(choice, 2)
    choice.worked(THREE)

    assert asked(ModelSelector(THREE, breakers), times=1) == "a"

"""Which model is asked."""

from parley.agent_config import LlmConfig
from parley.circuit_breaker import CircuitBreakers
from services.brain.choose_model import Choice

THREE = LlmConfig(model="a", fallback_models=("b", "c"))


def asked(choice: Choice, turn: int = 1, *, retryable: bool = True, times: int = 20) -> str:
    """Who is asked, each failing, until nobody is left."""
    names = ""
    for now_s in range(times):
        model = choice.model(turn, now_s / 100)
        if model is None:
            break
        names += model.model
        choice.failed(model, now_s / 100, retryable=retryable)
    return names


def test_each_is_asked_then_each_again() -> None:
    """In the agent's order; who refuses is not asked again."""
    assert asked(Choice(THREE, CircuitBreakers())) == "abcabc"
    assert asked(Choice(THREE, CircuitBreakers()), retryable=False) == "abc"
    assert asked(Choice(LlmConfig(model="a"), CircuitBreakers())) == "aa"


def test_another_call_does_not_pay_again() -> None:
    """What one call found out the process knows; when all rest, the first is asked all the same."""
    breakers = CircuitBreakers()
    a_rests = Choice(LlmConfig(model="a"), breakers)
    asked(a_rests, 1)
    asked(a_rests, 2)

    assert asked(Choice(THREE, breakers), times=1) == "b"
    assert asked(Choice(LlmConfig(model="a"), breakers), times=1) == "a"


def test_one_that_answers_is_well_again() -> None:
    """And asked first."""
    breakers = CircuitBreakers()
    choice = Choice(THREE, breakers)
    asked(choice, 1)
    asked(choice, 2)
    choice.worked(THREE)

    assert asked(Choice(THREE, breakers), times=1) == "a"

"""The state of circuits is exported."""

from prometheus_client import CollectorRegistry

from parley.circuit_breaker import CircuitBreaker
from parley.telemetry.circuits import CircuitStates


def test_a_circuit_is_open_until_it_closes_with_time() -> None:
    """The value falls without a further request; a model counts as open if any of its routes is."""
    now_s = 100.0
    registry = CollectorRegistry()
    circuits = CircuitStates(registry, lambda: now_s)
    one, other = CircuitBreaker(), CircuitBreaker()
    circuits.watch("elevenlabs", "flash", "elevenlabs/flash/anna", one)
    circuits.watch("elevenlabs", "flash", "elevenlabs/flash/ben", other)
    labels = {"provider": "elevenlabs", "model": "flash"}

    assert registry.get_sample_value("parley_provider_circuit_open", labels) == 0
    one.record_failure(now_s, permanent=True)
    assert registry.get_sample_value("parley_provider_circuit_open", labels) == 1
    now_s += 10
    assert registry.get_sample_value("parley_provider_circuit_open", labels) == 0


def test_the_number_of_routes_is_bounded() -> None:
    """Agent files may name any number of models."""
    registry = CollectorRegistry()
    circuits = CircuitStates(registry, lambda: 0.0)
    for number in range(1000):
        circuits.watch("p", f"m{number}", f"p/m{number}", CircuitBreaker())

    [family] = registry.collect()
    assert len(family.samples) == 256

"""The llm providers in the conformance suite."""

import pytest

from parley.providers.registry import installed_providers
from tests.conformance.llm_cases import LLM_CASES
from tests.conformance.results import as_json, run_case, stored


@pytest.mark.parametrize("name", LLM_CASES)
async def test_the_provider_passes(name: str) -> None:
    """All checks, with the results that docs/providers.md shows."""
    results = await run_case("llm", name)
    assert [result for result in results if result.outcome == "failed"] == []
    assert stored()["llm"].get(name) == as_json(results), "run `make conformance`"


def test_every_installed_provider_is_tested() -> None:
    """A new provider needs a case."""
    tested = {name.split(" ")[0] for name in LLM_CASES}
    assert tested >= installed_providers("llm").keys()

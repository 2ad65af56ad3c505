"""The tts providers in the conformance suite."""

import pytest

from parley.providers.registry import installed_providers
from tests.conformance.results import as_json, run_case, stored
from tests.conformance.tts_cases import TTS_CASES


@pytest.mark.parametrize("name", TTS_CASES)
async def test_the_provider_passes(name: str) -> None:
    """All checks, with the results that docs/providers.md shows."""
    results = await run_case("tts", name)
    assert [result for result in results if result.outcome == "failed"] == []
    assert stored()["tts"].get(name) == as_json(results), "run `make conformance`"


def test_every_installed_provider_is_tested() -> None:
    """A new provider needs a case."""
    tested = {name.split(" ")[0] for name in TTS_CASES}
    assert tested >= installed_providers("tts").keys()

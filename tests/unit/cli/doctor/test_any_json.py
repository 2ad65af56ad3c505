"""Checks of `parley doctor` with any answer of a provider's API: each ends with findings."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.doctor.agent_file import AgentFile
from cli.doctor.cartesia import check_cartesia
from cli.doctor.context import Context
from cli.doctor.deepgram import check_deepgram
from cli.doctor.elevenlabs import check_elevenlabs
from cli.doctor.finding import Finding, Reporter
from cli.doctor.native_models import check_anthropic, check_gemini
from cli.doctor.openai import check_openai
from cli.doctor.twilio import check_twilio
from cli.latency_budget import read_budget
from cli.providers import SANDBOX_SID
from parley.agent_config import AgentConfig
from parley.providers.registry import ProviderContext
from parley.settings import CommonSettings
from parley.telemetry.setup import create_telemetry

KEYS = """
data id error code message detail status projects project_id balances amount units voices voice_id name tier
character_count character_limit next_character_count_reset_unix incoming_phone_numbers phone_number sid
voice_url capabilities voice next_page_uri balance currency type shutdown_date
""".split()  # noqa: SIM905
LEAVES = (
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers()
    | st.text()
    | st.sampled_from(["1", "nan"])
)
JSON: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner)
)
PROVIDERS = ["openai", "anthropic", "gemini", "deepgram", "elevenlabs", "cartesia", "twilio"]
ENVIRONMENT = {
    "ANTHROPIC_API_KEY": "k",
    "GEMINI_API_KEY": "k",
    "OPENAI_API_KEY": "k",
    "DEEPGRAM_API_KEY": "k",
    "ELEVENLABS_API_KEY": "k",
    "CARTESIA_API_KEY": "k",
    "TWILIO_ACCOUNT_SID": SANDBOX_SID,
    "TWILIO_AUTH_TOKEN": "t",
    "PARLEY_PUBLIC_URL": "https://calls.example.com",
    "PARLEY_FROM_NUMBER": "+15550100000",
}


async def findings(provider: str, status: int, body: Any) -> list[Finding]:
    """The findings with a server that sends this to each request."""
    found: list[Finding] = []

    def respond(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=body)

    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as client:
        context = Context(
            environment=ENVIRONMENT,
            agent=AgentConfig(prompt="x"),
            agent_file=AgentFile(Path("clinic.yaml"), None),
            budget=read_budget(),
            providers=ProviderContext(create_telemetry("test", CommonSettings())),
            client=client,
            home=Path("/nowhere"),
        )
        reporter = Reporter(provider, found.append)
        match provider:
            case "openai":
                await check_openai([], context, reporter)
            case "deepgram":
                await check_deepgram([], context, reporter)
            case "elevenlabs":
                await check_elevenlabs([], context, reporter)
            case "anthropic":
                await check_anthropic([], context, reporter)
            case "gemini":
                await check_gemini([], context, reporter)
            case "cartesia":
                await check_cartesia([], context, reporter)
            case _:
                await check_twilio(context, reporter)
    return found


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(status=st.sampled_from([200, 200, 200, 302, 400, 401, 402, 403, 404, 429, 500]), body=JSON)
def test_a_check_ends_with_findings(provider: str, status: int, body: Any) -> None:
    """Whether the answer is right, of another form, or an error in any form."""
    found = asyncio.run(findings(provider, status, body))

    assert found
    assert all(finding.text for finding in found)

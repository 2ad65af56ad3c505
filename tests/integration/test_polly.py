"""Amazon Polly's provider against its emulator: audio, signatures, credentials, faults, and cancellation."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from parley.agent_config import TtsConfig
from parley.errors import ConfigError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from parley.providers.conformance import check_tts
from parley.providers.registry import ProviderContext
from parley.providers.tts import TtsConnection, TtsProvider
from parley.runtime.health import serve
from sandbox import tone
from sandbox.polly.app import PollyEmulator
from sandbox.polly.settings import PollySandboxSettings
from services.tts.providers.polly import PLUGIN
from tests.eventually import eventually
from tests.integration.voice_call import VoiceCall, check_audio, check_repeated, spoken, voice_call
from tests.unit.parley.providers.doubles import make_telemetry

CLAUSES = ("Good morning. ", "You have 2 visits on Tuesday, ", 'the first at "nine".')
CONFIG = TtsConfig(provider="polly", model="neural", voice="Joanna", language="en")
KEYS = {
    "PARLEY_POLLY_ACCESS_KEY_ID": "AKIASANDBOX",
    "PARLEY_POLLY_SECRET_ACCESS_KEY": "sandbox",
    "PARLEY_POLLY_REGION": "eu-central-1",
}
NO_AWS = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "none",
    "AWS_SHARED_CREDENTIALS_FILE": "none",
}


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[tuple[PollyEmulator, str]]:
    """An emulator with low latencies that speaks in tones, and its address."""
    options = {"tts": "tone", "first_byte_ms": 2, "realtime_factor": 2000, **settings}
    emulator = PollyEmulator(PollySandboxSettings.model_validate(options))
    async with serve(emulator.app(), "127.0.0.1", 0, drain_timeout_s=1) as port:
        yield emulator, f"http://127.0.0.1:{port}"


def _environment(variables: dict[str, str]) -> dict[str, str]:
    """The environment with these variables, and without any credentials of AWS besides."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**others, **NO_AWS, **variables}


@asynccontextmanager
async def opened(
    variables: dict[str, str] | None = None, config: TtsConfig = CONFIG, **settings: Any
) -> AsyncIterator[tuple[TtsProvider, TtsConnection, PollyEmulator]]:
    """The provider itself in an environment of its own, and its connection for one call."""
    async with running(**settings) as (emulator, url):
        environment = _environment({"PARLEY_POLLY_URL": url, **(KEYS if variables is None else variables)})
        provider: TtsProvider
        with mock.patch.dict(os.environ, environment, clear=True):
            async with PLUGIN.open(ProviderContext(make_telemetry())) as provider:
                async with provider.connect(config, "CA1") as connected:
                    yield provider, connected, emulator


@asynccontextmanager
async def call(timeout_s: float = 1.0, **settings: Any) -> AsyncIterator[tuple[VoiceCall, PollyEmulator]]:
    """A call whose voice is the emulator's."""
    async with running(**settings) as (emulator, url):
        environment = {**KEYS, "PARLEY_POLLY_URL": url}
        async with voice_call(url, CONFIG, timeout_s=timeout_s, environment=environment) as made:
            yield made, emulator


def audio_of(text: str) -> bytes:
    return tone.encode(text.strip()).mulaw


def entries(emulator: PollyEmulator, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in emulator.journal.since(0) if entry["kind"] == kind]


async def test_the_provider_keeps_its_protocol() -> None:
    """It passes the checks that third-party providers must pass."""
    async with opened() as (provider, _, _emulator):
        await check_tts(provider, CONFIG)


async def test_a_reply_is_published_sample_for_sample() -> None:
    """Each clause is a request; Polly reads numbers by itself."""
    async with call() as (made, _):
        reply = await made.reply(*CLAUSES)

    expected = [audio_of(text) for text in CLAUSES]
    assert not made.failures
    check_audio(reply, expected)


async def test_a_reply_that_is_left_early_closes_its_request() -> None:
    """Clauses that have not begun are not requested."""
    async with opened(realtime_factor=4) as (_, connected, emulator):
        async with connected.open_stream("r1") as stream:
            await stream.send_text("This is played in part only, as the caller interrupts.")
            await stream.send_text("This is not requested.")
            audio = stream.audio()
            await anext(audio)
            await audio.aclose()
        await eventually(lambda: entries(emulator, "cancelled"))

    assert len(entries(emulator, "request")) == 1


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"speed": 1.1}, 'Fish & chips <b>at "two".'),
        ({"options": {"ssml": True}}, 'One. <break time="0.5s"/>Two.'),
        ({"options": {"ssml": True}}, "Fish & <b>chips."),
        ({"language": "hi-IN", "voice": "Kajal"}, "Kal aana."),
    ],
)
async def test_each_section_makes_a_valid_request(fields: dict[str, Any], text: str) -> None:
    """Speed and tags are SSML, which is always well-formed; a bilingual voice gets the language."""
    config = TtsConfig.model_validate({**CONFIG.model_dump(exclude_unset=True), **fields})
    async with opened(config=config) as (_, connected, emulator):
        await spoken(connected, text)

    assert len(entries(emulator, "done")) == 1


@pytest.mark.parametrize("fault", ["hang", "hang_mid", "close_mid", "empty", "silence"])
async def test_a_fault_costs_nothing_but_time(fault: str) -> None:
    """The clause is synthesized again, from where its audio stopped."""
    async with call(timeout_s=1.0, polly_fault=fault, polly_fault_requests=1) as (made, _):
        reply = await made.reply(*CLAUSES)

    check_repeated(reply, [*map(audio_of, CLAUSES)], after_silence=fault == "silence")


@pytest.mark.parametrize(
    ("variables", "config", "settings", "reason"),
    [
        ({"PARLEY_POLLY_ACCESS_KEY_ID": "bad"}, {}, {}, "UnrecognizedClientException.*check the AWS cred"),
        (
            {"PARLEY_POLLY_SECRET_ACCESS_KEY": "wrong"},
            {},
            {},
            "InvalidSignatureException.*check the AWS credentials",
        ),
        ({}, {"voice": "Anna"}, {}, "ValidationException.*change tts.voice"),
        ({}, {"model": "long-form"}, {}, "EngineNotSupportedException.*change tts.model or tts.voice"),
        ({}, {"options": {"lexicons": ["x"]}}, {}, "LexiconNotFoundException.*tts.options.lexicons"),
        ({}, {}, {"polly_refuse": "AccessDeniedException"}, "action polly:SynthesizeSpeech"),
        ({}, {}, {"polly_refuse": "ExpiredTokenException"}, "session token has expired"),
    ],
)
async def test_a_refusal_has_its_remedy(
    variables: dict[str, str], config: dict[str, Any], settings: dict[str, Any], reason: str
) -> None:
    """It is not repeated by each reply."""
    section = TtsConfig.model_validate({**CONFIG.model_dump(exclude_unset=True), **config})
    async with opened({**KEYS, **variables}, section, **settings) as (_, connected, _emulator):
        for _attempt in range(2):
            with pytest.raises(ProviderRejected, match=reason):
                await spoken(connected, "Hello there.")


@pytest.mark.parametrize(
    ("code", "kind"),
    [("ThrottlingException", ProviderRateLimited), ("ServiceFailureException", ProviderUnavailable)],
)
async def test_a_failure_that_passes_is_worth_a_retry(code: str, kind: type[Exception]) -> None:
    """The SDK itself does not repeat the request."""
    async with opened(polly_refuse=code) as (_, connected, emulator):
        with pytest.raises(kind, match=code):
            await spoken(connected, "Hello there.")
        emulator.runtime_settings.update({"polly_refuse": ""})
        assert await spoken(connected, "Hello there.") == "Hello there."

    assert len(entries(emulator, "request")) == 1


async def test_an_unreachable_address_is_a_failure_of_the_provider() -> None:
    """One attempt is made."""
    async with opened({**KEYS, "PARLEY_POLLY_URL": "http://127.0.0.1:1"}) as (_, connected, _emulator):
        with pytest.raises(ProviderUnavailable, match="EndpointConnectionError"):
            await spoken(connected, "Hello there.")


async def test_credentials_of_aws_are_used(tmp_path: Path) -> None:
    """The environment has them, or a profile."""
    region = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}
    keys = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_SESSION_TOKEN": "t"}
    async with opened({**region, **keys}) as (_, connected, _emulator):
        assert await spoken(connected, "By variables.") == "By variables."

    profile = tmp_path / "credentials"
    profile.write_text("[voice]\naws_access_key_id = AKIA\naws_secret_access_key = sandbox\n")
    named = {"AWS_PROFILE": "voice", "AWS_SHARED_CREDENTIALS_FILE": str(profile)}
    async with opened({**region, **named}) as (_, connected, _emulator):
        assert await spoken(connected, "By a profile.") == "By a profile."


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"PARLEY_POLLY_REGION": "eu-central-1"}, "no AWS credentials"),
        ({**KEYS, "PARLEY_POLLY_REGION": ""}, "PARLEY_POLLY_REGION: is not set"),
        ({**KEYS, "PARLEY_POLLY_SECRET_ACCESS_KEY": ""}, "set both or neither"),
        ({**KEYS, "AWS_PROFILE": "missing"}, "missing.*could not be found"),
    ],
)
async def test_missing_configuration_is_explained(variables: dict[str, str], reason: str) -> None:
    """At the start of the process, not in a call."""
    with mock.patch.dict(os.environ, _environment(variables), clear=True):
        opening = PLUGIN.open(ProviderContext(make_telemetry()))
        with pytest.raises(ConfigError, match=reason):
            await opening.__aenter__()


async def test_a_path_of_the_address_is_signed_too() -> None:
    """The sandbox serves Polly under a path."""
    emulator = PollyEmulator(PollySandboxSettings(tts="tone", first_byte_ms=1, realtime_factor=2000))
    app = Starlette(routes=[Mount("/polly", emulator.app())])
    async with serve(app, "127.0.0.1", 0, drain_timeout_s=1) as port:
        async with opened({**KEYS, "PARLEY_POLLY_URL": f"http://127.0.0.1:{port}/polly"}) as (
            _,
            connected,
            _emulator,
        ):
            assert await spoken(connected, "Under a path.") == "Under a path."

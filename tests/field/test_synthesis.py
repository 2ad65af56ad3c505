"""Field tests of synthesis: rows V2, V3, S3, S5 and S6, with the real ElevenLabs adapter."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from parley.agent_config import TtsConfig
from parley.runtime.health import serve
from sandbox.elevenlabs.app import ElevenLabsEmulator
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.synthesis import synthesise
from tests.field.rows import Seen, row
from tests.field.strict_elevenlabs import Account, Refusal, audio_of, strict_account
from tests.integration import scripted_elevenlabs
from tests.integration.voice_call import VoiceCall, voice_call

CLAUSES = ("Good morning. ", "You have two visits, ", "the first is at nine. ")
RACE_REPLIES = int(os.environ.get("RACE_REPLIES", "8"))
"""`make close-race` uses 200."""

OWN = {"voice_id": "own-voice-1", "name": "Own", "category": "cloned", "is_owner": True}
LIBRARY = {"voice_id": "lib-voice-1", "name": "Library", "category": "professional", "is_owner": False}
DEFAULT = {"voice_id": "def-voice-1", "name": "Default", "category": "premade"}
PAID = Refusal(
    402,
    {
        "type": "payment_required",
        "code": "paid_plan_required",
        "status": "payment_required",
        "message": "Free users cannot use library voices via the API.",
    },
)


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    """An account with three kinds of voices."""
    async with strict_account() as running:
        running.voices = [DEFAULT, LIBRARY, OWN]
        yield running


@row(
    "V2",
    "no voice in the agent file; the account has own, library and default voices",
    "an own voice, logged",
)
async def test_a_voice_of_the_account_is_chosen(account: Account, seen: Seen) -> None:
    """The voices are listed once; the log has the line to write into the agent file."""
    with capture_logs() as logs:
        async with voice_call(account.url, TtsConfig()) as call:
            replies = [await call.reply(*CLAUSES) for _ in range(3)]

    assert all(reply.audio == audio_of("".join(CLAUSES)) or reply.failure is None for reply in replies)
    assert {voice for kind, voice, _ in account.requests if kind == "websocket"} == {"own-voice-1"}
    assert account.kinds().count("list") == 1
    chosen = next(line for line in logs if line["event"] == "tts_voice_chosen")
    assert "voice: own-voice-1" in chosen["remedy"]
    seen(chosen["remedy"])


@row("V2", "a free key: 402 paid_plan_required for the library voice", "the next voice of the account speaks")
@pytest.mark.parametrize("refused_in", ["upgrade", "frame"])
async def test_a_chosen_voice_that_needs_a_paid_plan_is_replaced(
    account: Account, refused_in: Any, seen: Seen
) -> None:
    """No reply is lost."""
    account.voices = [LIBRARY, DEFAULT]
    account.refuses_in = refused_in
    account.refuse = lambda voice, _: PAID if voice == "lib-voice-1" else None
    async with voice_call(account.url, TtsConfig()) as call:
        reply = await call.reply("Good morning.")

    assert reply.failure is None
    assert reply.audio == audio_of("Good morning.")
    seen([voice for kind, voice, _ in account.requests if kind != "list"])


@row("V2", "a named voice that the key may not use", "rejected with the voice and the remedy")
@pytest.mark.parametrize("refused_in", ["upgrade", "frame"])
@pytest.mark.parametrize(
    ("refusal", "remedy"),
    [
        (PAID, "'named-voice' needs a paid plan: set tts.voice"),
        (
            Refusal(404, {"status": "voice_not_found", "message": "m"}),
            "no voice 'named-voice': set tts.voice",
        ),
        (Refusal(400, {"status": "voice_does_not_exist", "message": "m"}), "set tts.voice"),
        (Refusal(401, {"status": "quota_exceeded", "message": "m"}), "buy credits"),
        (Refusal(401, {"status": "detected_unusual_activity", "message": "m"}), "use a paid plan"),
        (Refusal(401, {"status": "invalid_api_key", "message": "m"}), "check ELEVENLABS_API_KEY"),
    ],
    ids=["402", "404", "400", "quota", "unusual", "key"],
)
async def test_a_rejection_names_its_remedy(
    account: Account, refusal: Refusal, remedy: str, refused_in: Any, seen: Seen
) -> None:
    """Over the WebSocket and over HTTP alike."""
    account.refuse, account.refuses_in = (lambda _voice, _: refusal), refused_in
    async with voice_call(account.url, TtsConfig(voice="named-voice")) as call:
        reply = await call.reply("Good morning.")

    assert reply.failure is not None
    assert reply.failure.code == "rejected"
    assert remedy in reply.failure.reason
    seen(reply.failure.reason)


@row("V2", "a key without the permission voices_read", "rejected with the remedy")
async def test_a_key_that_cannot_list_voices_is_explained(account: Account, seen: Seen) -> None:
    """A named voice needs no list."""
    message = "The API key you used is missing the permission voices_read to execute this operation."
    account.listing = Refusal(401, {"status": "missing_permissions", "message": message})
    async with voice_call(account.url, TtsConfig()) as call:
        reply = await call.reply("Good morning.")
    async with voice_call(account.url, TtsConfig(voice="own-voice-1")) as call:
        named = await call.reply("Good morning.")

    assert reply.failure is not None
    assert "voices_read" in reply.failure.reason
    assert "or set tts.voice" in reply.failure.reason
    assert named.failure is None
    seen(reply.failure.reason)


@asynccontextmanager
async def sandbox_call(**settings: Any) -> AsyncIterator[VoiceCall]:
    """A call with the sandbox's emulator."""
    options = {"first_byte_ms": 5, "realtime_factor": 200, "elevenlabs_port": 0, **settings}
    sandbox = ElevenLabsEmulator(ElevenLabsSandboxSettings.model_validate(options))
    async with (
        serve(sandbox.app(), "127.0.0.1", 0, drain_timeout_s=1) as port,
        voice_call(f"http://127.0.0.1:{port}", TtsConfig()) as call,
    ):
        yield call


@row("V3", "contexts that are closed before their audio lose text", "no clause missing, none doubled")
@pytest.mark.parametrize("share", [0.025, 1.0])
async def test_no_clause_is_lost_or_doubled_in_the_close_race(share: float, seen: Seen) -> None:
    """No text is even requested twice, because contexts are closed late."""
    settings = ElevenLabsSandboxSettings()
    expected = b"".join(synthesise(text, "voice-1", settings).mulaw for text in CLAUSES)
    async with sandbox_call(tts_close_race=share) as call:
        replies = [await call.reply(*CLAUSES) for _ in range(RACE_REPLIES)]

    missing_or_doubled = sum(reply.audio != expected or reply.failure is not None for reply in replies)
    assert missing_or_doubled == 0
    assert not call.failures
    seen(f"{len(replies)} replies of 3 clauses, {missing_or_doubled} missing or doubled")


@row(
    "V3",
    "a clause whose audio never arrives, with and without alignment",
    "only this clause and later ones again",
)
@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("lost", [0, 1, 2])
async def test_a_lost_clause_is_synthesized_again(aligned: bool, lost: int, seen: Seen) -> None:
    """The provider drops it although the context is open."""
    pending = [CLAUSES[lost]]

    def drops(text: str) -> bool:
        return bool(pending) and text == pending[0] and bool(pending.pop())

    async with scripted_elevenlabs.scripted_provider() as script:
        script.aligned = aligned
        async with voice_call(script.url, timeout_s=0.4) as call:
            await call.reply("Hello there.")
            script.drops_clause = drops
            reply = await call.reply(*CLAUSES)
        texts = [message["text"] for message in script.messages if message.get("flush")][1:]

    assert reply.failure is None
    assert reply.audio == b"".join(map(scripted_elevenlabs.audio_of, CLAUSES))
    seen(f"sent: {' | '.join(text.strip() for text in texts)}")


@row("S3", '`<break time="0.5s"/>` in the text', "sent only with `ssml: true`, which enables it")
@pytest.mark.parametrize("enabled", [False, True])
async def test_ssml_is_sent_only_when_it_is_enabled(account: Account, enabled: bool, seen: Seen) -> None:
    """Its characters do not count as text without audio."""
    config = TtsConfig(voice="own-voice-1", options={"ssml": enabled})
    async with voice_call(account.url, config) as call:
        reply = await call.reply('One moment <break time="0.5s"/> please.')

    query = next(parameters for kind, _, parameters in account.requests if kind == "websocket")
    assert reply.failure is None
    assert (query.get("enable_ssml_parsing") == "true") is enabled
    assert ("<break" in account.texts[0]) is enabled
    assert len(account.texts) == 1
    seen(account.texts[0].strip())


def _unsupported(*names: str) -> Any:
    def refuse(_voice: str, parameters: dict[str, Any]) -> Refusal | None:
        for name in names:
            if name in parameters or name in (parameters.get("voice_settings") or {}):
                message = f"Providing {name} is not supported with this model."
                return Refusal(400, {"code": "unsupported_model", "message": message, "param": "model_id"})
        return None

    return refuse


@row("S5", "parameters that a model does not take", "not sent to it")
@pytest.mark.parametrize(
    ("model", "unsupported"),
    [
        ("eleven_multilingual_v2", ("language_code",)),
        ("eleven_flash_v2", ("language_code",)),
        ("eleven_v3", ("previous_text", "next_text", "speed", "similarity_boost", "auto_mode")),
        ("eleven_v3_conversational", ("previous_text", "auto_mode")),
        ("a_model_of_next_year", ("language_code", "previous_text")),
    ],
)
async def test_models_are_sent_what_they_take(
    account: Account, model: str, unsupported: tuple[str, ...], seen: Seen
) -> None:
    """No request is refused; models without a WebSocket use HTTP."""
    account.refuse = _unsupported(*unsupported)
    config = TtsConfig(voice="own-voice-1", model=model, language="de", text_normalization="off")
    async with voice_call(account.url, config) as call:
        reply = await call.reply(*CLAUSES)

    assert reply.failure is None
    assert reply.audio == b"".join(map(audio_of, CLAUSES))
    assert ("websocket" in account.kinds()) is not model.startswith("eleven_v3")
    seen(f"{len(account.requests)} requests: {sorted(set(account.kinds()))}")


@row("S5", "a parameter that was accepted is refused by name", "left out, remembered, logged; no reply lost")
@pytest.mark.parametrize("refused_in", ["upgrade", "frame"])
@pytest.mark.parametrize("name", ["language_code", "sync_alignment", "auto_mode"])
async def test_a_refused_parameter_is_left_out(
    account: Account, name: str, refused_in: Any, seen: Seen
) -> None:
    """The next call of the process does not send it."""
    account.refuse, account.refuses_in = _unsupported(name), refused_in
    config = TtsConfig(voice="own-voice-1", language="fa", text_normalization="off")
    with capture_logs() as logs:
        async with voice_call(account.url, config) as call:
            replies = [await call.reply("Good morning.") for _ in range(3)]

    assert [reply.audio for reply in replies] == [audio_of("Good morning.")] * 3
    assert [line["parameter"] for line in logs if line["event"] == "tts_parameter_refused"] == [name]
    assert sum(name in parameters for _, _, parameters in account.requests) == 1
    seen(f"requests: {account.kinds()}")


@row("S5", "previous_text is refused by HTTP", "the clause is requested again without it")
async def test_a_parameter_refused_by_http_is_left_out(account: Account, seen: Seen) -> None:
    """The reply does not fail."""
    account.refuse = _unsupported("previous_text")
    config = TtsConfig(voice="own-voice-1", options={"transport": "http"})
    async with voice_call(account.url, config) as call:
        reply = await call.reply(*CLAUSES)

    assert reply.failure is None
    assert reply.audio == b"".join(map(audio_of, CLAUSES))
    assert len(account.requests) == len(CLAUSES) + 1
    seen(f"{len(account.requests)} requests for {len(CLAUSES)} clauses")


@row("S6", "first audio of a connection after 1.0 to 2.1 s", "waited for; the text is bought once")
@pytest.mark.parametrize("cold_s", [1.0, 1.6, 2.1])
async def test_a_cold_connection_gets_its_time(account: Account, cold_s: float, seen: Seen) -> None:
    """With the default settings."""
    account.cold_s = cold_s
    async with voice_call(account.url, TtsConfig(voice="own-voice-1"), timeout_s=2.0) as call:
        reply = await call.reply("Good morning.")

    assert reply.audio == audio_of("Good morning.")
    assert account.texts == ["Good morning. "]
    seen(f"{len(account.texts)} request after {cold_s:g} s")


@row("S6", "a provider that has become slower than its limit", "the limit grows until it can answer")
async def test_a_slow_provider_gets_more_time(account: Account, seen: Seen) -> None:
    """Timeouts count as slow answers."""
    account.cold_s = 0.4
    async with voice_call(account.url, TtsConfig(voice="own-voice-1"), timeout_s=0.2) as call:
        replies = [await call.reply("Good morning.") for _ in range(3)]
        limits = call.chain.routes[0].target.limits

    assert replies[-1].failure is None
    assert limits.cold.limit_s() > 0.4
    seen(f"limit {limits.cold.limit_s():.2f} s after {len(account.texts)} requests")

"""Connections of third-party providers."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from parley.agent_config import SttConfig
from parley.audio.formats import MULAW_8K, AudioFormat
from parley.errors import BusError, ProviderError, ProviderUnavailable
from parley.providers.stt import FinalTranscript, InterimTranscript, KeepAlive, ProviderTurn, SttEvent, Word
from services.stt.guarded_connection import GuardedConnection, clean_event, guarded_connection
from tests.unit.stt.doubles import FakeProvider, SilentConnection

NOT_TEXT: Any = 5


class Connection(SilentConnection):
    """Delivers events, then raises or returns."""

    def __init__(self, *items: Any) -> None:
        self.items = items

    async def send(self, audio: bytes, at_ms: int) -> None:
        """Fail."""
        raise KeyError((audio, at_ms))

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        """Deliver the items."""
        for item in self.items:
            if isinstance(item, Exception):
                raise item
            await on_event(item)


async def run(*items: Any, error: Exception | None = None) -> list[SttEvent]:
    found: list[SttEvent] = []

    async def on_event(event: SttEvent) -> None:
        found.append(event)
        if error:
            raise error

    with pytest.raises(type(error) if error else ProviderUnavailable) as raised:
        await GuardedConnection("p", Connection(*items)).run(on_event)
    assert error is None or raised.value is error
    return found


@pytest.mark.parametrize(
    "items", [[KeepAlive(), KeyError("x")], [KeepAlive()], [KeepAlive(), FinalTranscript(NOT_TEXT, (), 0)]]
)  # type: ignore[arg-type]
async def test_a_connection_ends_with_a_failure(items: list[Any]) -> None:
    """Whether it raises, returns, or delivers an object other than an event."""
    assert await run(*items) == [KeepAlive()]


@pytest.mark.parametrize("error", [KeyError("mine"), BusError("gone")], ids=repr)
async def test_exceptions_of_the_receiver_are_its_own(error: Exception) -> None:
    """A fault of the stage is not hidden as a failure of the provider."""
    await run(KeepAlive(), error=error)


async def test_sending_may_fail() -> None:
    """With any exception."""
    with pytest.raises(ProviderUnavailable):
        await GuardedConnection("p", Connection()).send(b"", 0)


async def test_connecting_may_fail() -> None:
    """With any exception, and the event of the failure names the provider."""
    provider = FakeProvider(failures={"m": KeyError("x")})  # type: ignore[dict-item]
    with pytest.raises(ProviderError) as raised:
        async with guarded_connection(provider, SttConfig(provider="p", model="m"), "CA1"):
            pass
    assert raised.value.provider == "p"


NAN: Any = float("nan")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (InterimTranscript("a\ud800\0", (), NAN), InterimTranscript("a\ufffd", (), 0)),
        (FinalTranscript("x" * 10**6, (), -5), FinalTranscript("x" * 20_000, (), 0)),
        (
            FinalTranscript("a", (Word("\0a", NAN, -1, NAN), Word("b", 9, 5, 7.0)), 10**400),
            FinalTranscript("a", (Word("a", 0, 0, 0.0), Word("b", 9, 9, 1.0)), 0),
        ),
        (ProviderTurn("a", (), 5.4, "end", "1\0"), ProviderTurn("a", (), 5, "end", "1")),  # type: ignore[arg-type]
        (
            FinalTranscript("a", (), 5, languages=("pt-BR", "x" * 99, NAN, "en", "en")),
            FinalTranscript("a", (), 5, languages=("pt-BR", "en")),
        ),
        (KeepAlive(), KeepAlive()),
    ],
)
def test_events_can_be_stored(event: SttEvent, expected: SttEvent) -> None:
    """Times are finite and positive, and texts bounded and encodable."""
    assert clean_event(event) == expected


class Recorded(SilentConnection):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, int]] = []
        self.finalized_after = 0

    async def send(self, audio: bytes, at_ms: int) -> None:
        """Keep it."""
        self.sent.append((audio, at_ms))

    async def finalize(self) -> None:
        """Keep the number of bytes received before."""
        self.finalized_after = sum(len(audio) for audio, _ in self.sent)


async def test_audio_is_converted_to_the_declared_format() -> None:
    """All of it before a final transcript is requested, and none if the provider takes the calls' format."""
    frames = [(MULAW_8K.make_silence(20), number * 20) for number in range(5)]
    for audio_format in (MULAW_8K, AudioFormat("pcm_s16le", 24_000)):
        connection = Recorded()
        guarded = GuardedConnection("p", connection, audio_format)
        for frame in frames:
            await guarded.send(*frame)
        await guarded.finalize()
        assert connection.finalized_after == audio_format.ms_to_bytes(100)
        if audio_format == MULAW_8K:
            assert all(sent[0] is frame[0] for sent, frame in zip(connection.sent, frames, strict=True))

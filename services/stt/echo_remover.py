"""Removes the agent's own words from transcripts, so that every reader has the caller's words."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from parley.echo.agent_speech import AgentSpeech
from parley.echo.echo_filter import EchoFilter
from parley.events.envelope import event_body
from parley.providers.stt import FinalTranscript, InterimTranscript, ProviderTurn, SttEvent
from parley.v1.event_pb2 import Event

_TranscriptT = TypeVar("_TranscriptT", InterimTranscript, FinalTranscript, ProviderTurn)


class EchoRemover:
    """Removes echo from the transcripts of one call; `recent` are its latest events before this owner."""

    def __init__(self, recent: Iterable[Event] = ()) -> None:
        self._agent_speech = AgentSpeech()
        self._filter = EchoFilter(self._agent_speech)
        for event in recent:
            self.apply(event)

    def apply(self, event: Event) -> None:
        """Record what the agent speaks."""
        self._agent_speech.apply(event_body(event))

    def remove(self, event: SttEvent) -> SttEvent:
        """Return the provider's event without the agent's words."""
        match event:
            case InterimTranscript():
                return self._without_echo(event, final=False)
            case FinalTranscript():
                return self._without_echo(event, final=True)
            case ProviderTurn():
                return self._without_echo(event, final=event.event in ("eager", "end"))
            case _:
                return event

    def _without_echo(self, transcript: _TranscriptT, *, final: bool) -> _TranscriptT:
        remaining = self._filter.filter(transcript.text, transcript.words, transcript.end_ms, final=final)
        if not remaining.removed:
            return transcript
        return replace(transcript, text=remaining.text, words=remaining.words)

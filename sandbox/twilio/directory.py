"""The callees by number; registers callers' utterances with the oracles of the emulators that transcribe."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from sandbox.caller.script import Script, default_script
from sandbox.caller.utterance import Utterance, oracle_registration
from sandbox.caller.voice_bank import VoiceBank, load_bank
from sandbox.emulator import Journal
from sandbox.twilio.faults import Faults

_TIMEOUT_S = 2.0

AnswerMode = Literal["person", "machine", "busy", "no-answer", "failed"]


@dataclass(frozen=True, slots=True)
class Callee:
    """The simulated person or machine that answers a number."""

    script: Script = field(default_factory=default_script)
    answer: AnswerMode = "person"
    ring_s: float = 0.2
    faults: Faults | None = None
    """Faults in calls to this callee; None for those of the settings."""


class Directory:
    """All callees, and the audio of all scripts."""

    def __init__(self, client: httpx.AsyncClient, stt_urls: Sequence[str], journal: Journal) -> None:
        self._client = client
        self._stt_urls = stt_urls
        self._journal = journal
        self._bank: VoiceBank = load_bank()
        self._callees: dict[str, Callee] = {}

    def register(self, number: str, callee: Callee) -> None:
        """Set the callee of a number."""
        self._callees[number] = callee

    def lookup(self, number: str) -> Callee:
        """The callee of a number; a default one if none is registered."""
        return self._callees.get(number, Callee())

    async def script_utterances(self, script: Script) -> tuple[Utterance | None, ...]:
        """The audio of a script's steps, registered with the oracle before it is returned."""
        utterances = self._bank.script_utterances(script)
        if self._stt_urls:
            body = oracle_registration((*utterances, *self._bank.echo_utterances(script)))
            await asyncio.gather(*(self._register_with_oracle(url, body) for url in self._stt_urls))
        return utterances

    async def _register_with_oracle(self, url: str, body: Mapping[str, Any]) -> None:
        try:
            reply = await self._client.post(f"{url}/sandbox/utterances", json=body, timeout=_TIMEOUT_S)
            reply.raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Other emulators need no registration.
            self._journal.note("oracle_registration_failed", url=url, reason=repr(error))

"""Who is at which number, what they will say, and telling the recogniser's oracle of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import httpx

from sandbox.caller.script import Script, default_script
from sandbox.caller.utterance import Utterance, oracle_registration
from sandbox.caller.voice_bank import VoiceBank, load_bank
from sandbox.emulator import Journal
from sandbox.twilio.faults import Faults

_TIMEOUT_S = 2.0

Answer = Literal["person", "machine", "busy", "no-answer"]


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody at a number."""

    script: Script = field(default_factory=default_script)
    answer: Answer = "person"
    ring_s: float = 0.2
    faults: Faults | None = None
    """What goes wrong in calls to them; None for what is set for all calls."""


class People:
    """All who can be called, and the voices of all who call."""

    def __init__(self, client: httpx.AsyncClient, deepgram_url: str | None, journal: Journal) -> None:
        self._client = client
        self._deepgram_url = deepgram_url
        self._journal = journal
        self._bank: VoiceBank = load_bank()
        self._residents: dict[str, Resident] = {}

    def move_in(self, number: str, resident: Resident) -> None:
        """Let somebody answer a number."""
        self._residents[number] = resident

    def at(self, number: str) -> Resident:
        """Who answers a number; a polite stranger if nobody is known."""
        return self._residents.get(number, Resident())

    async def sounds(self, script: Script) -> tuple[Utterance | None, ...]:
        """What a script sounds like, once the oracle knows it too."""
        sounds = self._bank.script_utterances(script)
        if self._deepgram_url:
            await self._teach(self._deepgram_url, sounds)
        return sounds

    async def _teach(self, url: str, sounds: Iterable[Utterance | None]) -> None:
        told = oracle_registration(sounds)
        try:
            reply = await self._client.post(f"{url}/sandbox/utterances", json=told, timeout=_TIMEOUT_S)
            reply.raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # The real Deepgram, or another's stand-in, needs no teaching.
            self._journal.note("oracle_registration_failed", url=url, reason=repr(error))

"""Faults during the calls: killed and frozen processes, failing providers, a rollout, lost streams."""

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass

from bench.chaos.dialogue import MODEL, TRANSCRIBER
from bench.dashboards.load import FAILING_MODEL
from bench.turns.calls import Emulators
from cli.system import System

_FREEZE_S = 4.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """Injects one fault after another, with a pause after each."""

    system: System
    emulators: Emulators
    pause_s: float

    async def run(self) -> None:
        """Inject every fault once."""
        await self._pause()
        await self._models()
        for name in ("brain", "edge", "recorder"):
            self._signal(name, signal.SIGKILL)
            await self._pause()
        await self._speech()
        await self._freeze("stt")
        # A rollout of one process.
        self._signal("tts", signal.SIGTERM)
        await self._pause()
        await self._freeze("nats")
        self._signal("nats", signal.SIGKILL)
        await self._pause()

    async def _models(self) -> None:
        for settings in ({"llm_refuse": 503}, {"llm_fault": "empty"}, {"llm_fault": "hang"}):
            await self._during("openai", llm_fault_model=MODEL, **settings)
            await self._reset("openai", llm_refuse=0, llm_fault="")
        # Long enough for a whole call of the agent with this model.
        await self._during("openai", llm_fault_model=FAILING_MODEL, llm_refuse=503)
        await self._pause()
        await self._reset("openai", llm_refuse=0, llm_fault="")

    async def _speech(self) -> None:
        await self._during("deepgram", stt_fault_model=TRANSCRIBER, stt_fault="close", stt_fault_after_s=0)
        await self._reset("deepgram", stt_fault="")
        await self._during("elevenlabs", tts_fault="close_mid")
        await self._reset("elevenlabs", tts_fault="")

    async def _during(self, provider: str, **settings: object) -> None:
        await self.emulators.configure(provider, **settings)
        await self._pause()

    async def _reset(self, provider: str, **settings: object) -> None:
        await self.emulators.configure(provider, **settings)

    async def _freeze(self, name: str) -> None:
        pid = self.system.pids()[name]
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(_FREEZE_S)
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        await self._pause()

    def _signal(self, name: str, number: signal.Signals) -> None:
        if pid := self.system.pids()[name]:
            os.kill(pid, number)

    async def _pause(self) -> None:
        await asyncio.sleep(self.pause_s)

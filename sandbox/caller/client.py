"""Have somebody call: the control API of the stand-in for Twilio, from outside."""

import dataclasses
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from sandbox.caller.report import Report
from sandbox.caller.script import (
    ExpectHangUp,
    HangUp,
    Listen,
    Noise,
    Pause,
    Press,
    Say,
    Script,
    Step,
)

_NAMES: Mapping[type[Step], str] = {
    Listen: "listen",
    Say: "say",
    Press: "press",
    Pause: "pause",
    Noise: "noise",
    HangUp: "hang_up",
    ExpectHangUp: "expect_hang_up",
}


class NoSandbox(Exception):
    """The stand-in for Twilio does not answer, or refuses; the text says what to do."""


def script_json(script: Script) -> dict[str, Any]:
    """A script as the control API takes it."""
    return {"voice": script.voice, "steps": [_step_json(step) for step in script.steps]}


def _step_json(step: Step) -> dict[str, Any]:
    fields = {key: value for key, value in dataclasses.asdict(step).items() if value is not None}
    return {_NAMES[type(step)]: fields}


class Telephone:
    """Places simulated calls and tells how they went."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url

    async def call(
        self,
        script: Script,
        *,
        from_: str = "+15550100001",
        to: str = "+15550100000",
        faults: Mapping[str, Any] | None = None,
    ) -> str:
        """Somebody calls; gives the CallSid.

        Raises:
            NoSandbox: the stand-in does not answer, or refuses.
        """
        body: dict[str, Any] = {"from": from_, "to": to, "script": script_json(script)}
        if faults:
            body["faults"] = dict(faults)
        try:
            reply = await self._client.post("/sandbox/calls", json=body)
        except httpx.HTTPError as error:
            raise NoSandbox(
                f"nobody answers at {self._url} ({type(error).__name__}): is the system up?"
            ) from None
        if not reply.is_success:
            raise NoSandbox(f"{self._url} refuses the call: HTTP {reply.status_code}: {reply.text[:300]}")
        return str(reply.json()["call_sid"])

    async def events(self, call_sid: str) -> AsyncIterator[dict[str, Any]]:
        """What happens at the caller's side, until the call has ended."""
        async with self._client.stream("GET", f"/sandbox/calls/{call_sid}/events", timeout=None) as reply:
            async for line in reply.aiter_lines():
                if line.strip():
                    yield json.loads(line)

    async def report(self, call_sid: str) -> Report:
        """What the caller tells afterwards."""
        reply = await self._client.get(f"/sandbox/calls/{call_sid}")
        reply.raise_for_status()
        return Report.model_validate(reply.json())

    async def heard_wav(self, call_sid: str) -> bytes:
        """What the caller heard."""
        reply = await self._client.get(f"/sandbox/calls/{call_sid}/heard.wav")
        reply.raise_for_status()
        return reply.content


@asynccontextmanager
async def open_telephone(url: str) -> AsyncIterator[Telephone]:
    """A telephone at the stand-in for Twilio."""
    async with httpx.AsyncClient(base_url=url, timeout=10) as client:
        yield Telephone(client, url)

"""A client of the Twilio emulator's control API: starts simulated calls and gets their reports."""

import dataclasses
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx

from sandbox.caller.report import Report
from sandbox.caller.script import (
    ExpectHangUp,
    ExpectKeys,
    HangUp,
    Listen,
    Noise,
    Pause,
    Play,
    Press,
    Say,
    Script,
    Step,
)

_TIMEOUT_S = 10.0
_KEEPALIVE_EXPIRY_S = 2.0
"""Shorter than the emulator's own, or it could close a connection just as a request is sent."""
_EVENT_TIMEOUT_S = 300.0
"""A call without events for this long has hung."""

_STEP_NAMES: Mapping[type[Step], str] = {
    Listen: "listen",
    Say: "say",
    Play: "play",
    Press: "press",
    ExpectKeys: "expect_keys",
    Pause: "pause",
    Noise: "noise",
    HangUp: "hang_up",
    ExpectHangUp: "expect_hang_up",
}


class SandboxError(Exception):
    """The Twilio emulator is unreachable or rejected a request; the text suggests a remedy."""


def script_json(script: Script) -> dict[str, Any]:
    """A script in the format of the control API."""
    steps = [_step_json(step) for step in script.steps]
    echo = {} if script.echo is None else {"echo": dataclasses.asdict(script.echo)}
    return {"voice": script.voice, "steps": steps, **echo}


def _step_json(step: Step) -> dict[str, Any]:
    fields = {key: value for key, value in dataclasses.asdict(step).items() if value is not None}
    return {_STEP_NAMES[type(step)]: fields}


class Telephone:
    """Starts simulated calls and gets their reports; each method may raise SandboxError."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url

    async def call(
        self,
        script: Script,
        *,
        from_: str = "+15550100001",
        to: str = "+15550100000",
        voice_url: str | None = None,
        faults: Mapping[str, Any] | None = None,
    ) -> str:
        """Start a call and return its CallSid; the default `voice_url` is the emulator's."""
        body: dict[str, Any] = {"from": from_, "to": to, "script": script_json(script)}
        if voice_url:
            body["voice_url"] = voice_url
        if faults:
            body["faults"] = dict(faults)
        reply = await self._request("POST", "/sandbox/calls", body)
        return str(reply.json()["call_sid"])

    async def register_callee(self, number: str, callee: Mapping[str, Any]) -> None:
        """Set who answers a number: `script`, `answer` and `ring_s`."""
        await self._request("PUT", f"/sandbox/callees/{number}", dict(callee))

    async def add_steps(self, call_sid: str, script: Script) -> None:
        """Add steps to the script of a caller in a call that has not ended."""
        await self._request("POST", f"/sandbox/calls/{call_sid}/steps", script_json(script))

    async def hang_up(self, call_sid: str) -> None:
        """Hang up as the caller."""
        await self._request("DELETE", f"/sandbox/calls/{call_sid}")

    async def events(self, call_sid: str) -> AsyncGenerator[dict[str, Any], None]:
        """Events on the caller's side, until the call has ended."""
        path = f"/sandbox/calls/{call_sid}/events"
        timeout = httpx.Timeout(_TIMEOUT_S, read=_EVENT_TIMEOUT_S)
        with self._translate_errors():
            async with self._client.stream("GET", path, timeout=timeout) as reply:
                await self._raise_for_status(reply)
                async for line in reply.aiter_lines():
                    if line.strip():
                        yield json.loads(line)

    async def report(self, call_sid: str, *, decode_tone: bool = False) -> Report:
        """The caller's report, including the agent's words if its audio is encoded as tones."""
        reply = await self._request("GET", f"/sandbox/calls/{call_sid}{'?decode=tone' * decode_tone}")
        return Report.model_validate(reply.json())

    async def agent_wav(self, call_sid: str) -> bytes:
        """The agent's audio as played to the caller."""
        return (await self._request("GET", f"/sandbox/calls/{call_sid}/agent.wav")).content

    async def caller_wav(self, call_sid: str) -> bytes:
        """The caller's audio."""
        return (await self._request("GET", f"/sandbox/calls/{call_sid}/caller.wav")).content

    async def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        with self._translate_errors():
            reply = await self._client.request(method, path, json=body)
            await self._raise_for_status(reply)
            return reply

    async def _raise_for_status(self, reply: httpx.Response) -> None:
        if not reply.is_success:
            text = (await reply.aread()).decode(errors="replace")[:300]
            raise SandboxError(f"{self._url} rejected the request: HTTP {reply.status_code}: {text}")

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except httpx.ConnectError as error:
            raise SandboxError(f"cannot connect to {self._url} ({error}): is the system up?") from None
        except httpx.TimeoutException as error:
            raise SandboxError(
                f"{self._url} does not respond ({type(error).__name__}): is it hung?"
            ) from None
        except httpx.HTTPError as error:
            raise SandboxError(f"{self._url} closed the connection ({error!r}): did it stop?") from None


@asynccontextmanager
async def open_telephone(url: str) -> AsyncIterator[Telephone]:
    """A client of the Twilio emulator at a URL."""
    # The emulator runs on this machine, so no proxy is used.
    limits = httpx.Limits(keepalive_expiry=_KEEPALIVE_EXPIRY_S)
    async with httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_S, trust_env=False, limits=limits) as client:
        yield Telephone(client, url)

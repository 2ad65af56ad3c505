"""A test client of the emulator's control API."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class ControlClient:
    """Starts calls and reads their events and reports as JSON."""

    client: httpx.AsyncClient

    async def start_call(self, steps: list[Any], **more: Any) -> str:
        """Start an inbound call with these steps and return its CallSid; no webhook is repeated by chance."""
        more["faults"] = {"repeated_webhooks": 0, **more.get("faults", {})}
        body = {"from": "+15550100001", "to": "+15550100000", "script": {"steps": steps}, **more}
        reply = await self.client.post("/sandbox/calls", json=body)
        assert reply.status_code == 201, reply.text
        return str(reply.json()["call_sid"])

    async def events(self, call_sid: str) -> list[dict[str, Any]]:
        """All events of a call, once it has ended."""
        async with asyncio.timeout(20):
            reply = await self.client.get(f"/sandbox/calls/{call_sid}/events", timeout=20)
        return [json.loads(line) for line in reply.text.splitlines()]

    async def report(self, call_sid: str) -> dict[str, Any]:
        """The caller's report, once the call has ended."""
        await self.events(call_sid)
        return dict((await self.client.get(f"/sandbox/calls/{call_sid}")).json())

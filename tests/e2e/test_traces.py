"""Traces of a whole call, as a collector gets them over OTLP."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cli.call_log import follow, open_bus
from parley.runtime.health import serve
from parley.telemetry.trace_context import trace_id
from sandbox.caller.client import open_telephone
from sandbox.caller.script import parse_script
from tests.e2e.running import running_up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def test_a_turn_is_one_trace_over_all_services(tmp_path: Path) -> None:
    """With every event of the call carrying the trace it belongs to."""
    got: list[ExportTraceServiceRequest] = []

    async def collect(request: Request) -> Response:
        got.append(ExportTraceServiceRequest.FromString(await request.body()))
        return Response(b"", media_type="application/x-protobuf")

    collector = Starlette(routes=[Route("/v1/traces", collect, methods=["POST"])])
    script = parse_script({"steps": ["listen", {"say": "what are your opening hours"}, "listen", "hang_up"]})
    async with serve(collector, "127.0.0.1", 0) as port:
        told = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
            "PARLEY_SANDBOX_STT": "oracle",
            "PARLEY_SANDBOX_TTS": "tone",
        }
        with running_up(tmp_path / "home", **told) as up:
            async with open_bus(up.system.nats_url) as bus, open_telephone(up.system.telephone_url) as phone:
                call_sid = await phone.call(script)
                events = [event async for event in follow(bus, call_sid)]
            assert up.errors() == []
            spans = await _arrived(got, trace_id(call_sid, 1), 8)

    assert {name: span.service for name, span in spans.items()} == {
        "turn": "parley",
        "stt.listen": "parley-stt",
        "brain.think": "parley-brain",
        "brain.model": "parley-brain",
        "tts.speak": "parley-tts",
        "tts.voice": "parley-tts",
        "edge.play": "parley-edge",
        "edge.line": "parley-edge",
    }
    parents = {name: span.parent for name, span in spans.items()}
    within = {"brain.model": "brain.think", "tts.voice": "tts.speak"}
    assert parents == {name: spans[within.get(name, "turn")].id if name != "turn" else b"" for name in spans}
    assert _after(spans, "brain.think", "brain.model")
    assert _after(spans, "tts.speak", "tts.voice")
    # By default the stand-ins take 350 and 130 ms.
    assert 340 <= spans["brain.model"].ms <= 600
    assert 120 <= spans["tts.voice"].ms <= 400
    # Each service reads its own clock, between what it does and what it says of it.
    assert _together(spans) <= spans["turn"].ms + 20
    ended = next(event for event in events if event.HasField("turn_ended"))
    assert ended.traceparent.split("-")[1] == f"{trace_id(call_sid, 1):032x}"
    assert {event.traceparent.split("-")[1] for event in events if event.HasField("call_started")} == {
        f"{trace_id(call_sid):032x}"
    }


@dataclass(frozen=True, slots=True)
class Got:
    """A span as the collector got it."""

    service: str
    id: bytes
    parent: bytes
    start_us: int
    end_us: int

    @property
    def ms(self) -> float:
        """How long it took."""
        return (self.end_us - self.start_us) / 1000


def _after(spans: dict[str, Got], first: str, second: str) -> bool:
    return spans[first].start_us <= spans[second].start_us


def _together(spans: dict[str, Got]) -> float:
    """What the turn took by its parts: to the answer's first sound, from the end of the voice."""
    return (spans["edge.play"].end_us - spans["stt.listen"].start_us) / 1000


async def _arrived(got: list[ExportTraceServiceRequest], trace: int, count: int) -> dict[str, Got]:
    """A trace's spans by name, once so many have come."""
    found: dict[str, Got] = {}
    for _ in range(100):
        found = {
            span.name: Got(
                next(a.value.string_value for a in per.resource.attributes if a.key == "service.name"),
                span.span_id,
                span.parent_span_id,
                span.start_time_unix_nano // 1000,
                span.end_time_unix_nano // 1000,
            )
            for request in got
            for per in request.resource_spans
            for scope in per.scope_spans
            for span in scope.spans
            if int.from_bytes(span.trace_id, "big") == trace
        }
        if len(found) >= count:
            break
        await asyncio.sleep(0.1)
    return found

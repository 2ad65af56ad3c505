"""Traces of a whole call, as an OTLP collector receives them."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
from sandbox.caller.script_parser import parse_script
from tests.e2e.running import Up, running_up
from tests.eventually import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


SPANS = {
    "turn": "parley-edge",
    "stt.endpointing": "parley-stt",
    "brain.turn": "parley-brain",
    "brain.llm": "parley-brain",
    "brain.provider_request": "parley-brain",
    "tts.first_clause": "parley-tts",
    "tts.provider": "parley-tts",
    "tts.provider_request": "parley-tts",
    "edge.playout": "parley-edge",
    "edge.network": "parley-edge",
    "recorder.turn": "parley-recorder",
}
NESTED = {"brain.llm": "brain.turn", "tts.provider": "tts.first_clause"}
SCRIPT = {"steps": ["listen", {"say": "what are your opening hours"}, "listen", "hang_up"]}


@dataclass(frozen=True, slots=True)
class Collector:
    """A running system, and what an OTLP collector received from it."""

    up: Up
    requests: list[ExportTraceServiceRequest]


@asynccontextmanager
async def traced_system(home: Path) -> AsyncIterator[Collector]:
    """Run `parley up` with a collector on loopback."""
    requests: list[ExportTraceServiceRequest] = []

    async def collect(request: Request) -> Response:
        requests.append(ExportTraceServiceRequest.FromString(await request.body()))
        return Response(b"", media_type="application/x-protobuf")

    collector = Starlette(routes=[Route("/v1/traces", collect, methods=["POST"])])
    async with serve(collector, "127.0.0.1", 0) as port:
        variables = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
            "PARLEY_SANDBOX_STT": "oracle",
            "PARLEY_SANDBOX_TTS": "tone",
        }
        with running_up(home, **variables) as up:
            yield Collector(up, requests)


async def test_a_turn_is_one_trace_over_all_services(tmp_path: Path) -> None:
    """Every event of the call carries the trace that it belongs to."""
    async with traced_system(tmp_path / "home") as collector:
        system = collector.up.system
        async with open_bus(system.nats_url) as bus, open_telephone(system.telephone_url) as phone:
            call_sid = await phone.call(parse_script(SCRIPT))
            events = [event async for event in follow(bus, call_sid)]
        spans = await _spans_of(collector.requests, trace_id(call_sid, 1), len(SPANS))
        assert collector.up.errors() == []

    assert {name: span.service for name, span in spans.items()} == SPANS
    parents = {name: span.parent for name, span in spans.items()}
    assert parents == {name: spans[NESTED.get(name, "turn")].id if name != "turn" else b"" for name in spans}
    assert spans["brain.turn"].start_us <= spans["brain.llm"].start_us
    assert spans["tts.first_clause"].start_us <= spans["tts.provider"].start_us
    # The emulators take 350 and 130 ms by default.
    assert 340 <= spans["brain.llm"].ms <= 600
    assert 120 <= spans["tts.provider"].ms <= 400
    # The parts come from the clocks of several processes.
    parts_ms = (spans["edge.playout"].end_us - spans["stt.endpointing"].start_us) / 1000
    assert parts_ms <= spans["turn"].ms + 20
    assert spans["turn"].links == (trace_id(call_sid).to_bytes(16, "big"),)
    ended = next(event for event in events if event.HasField("turn_ended"))
    assert ended.traceparent.split("-")[1] == f"{trace_id(call_sid, 1):032x}"
    assert {event.traceparent.split("-")[1] for event in events if event.HasField("call_started")} == {
        f"{trace_id(call_sid):032x}"
    }


async def test_a_trace_is_complete_while_the_recorder_is_down(tmp_path: Path) -> None:
    """Each service emits its own spans; none waits for another process."""
    async with traced_system(tmp_path / "home") as collector:
        system, recorder = collector.up.system, collector.up.pid_of("services.recorder")
        os.kill(recorder, signal.SIGSTOP)
        try:
            async with open_bus(system.nats_url) as bus, open_telephone(system.telephone_url) as phone:
                call_sid = await phone.call(parse_script(SCRIPT))
                async with asyncio.timeout(60):
                    async for event in follow(bus, call_sid):
                        if event.HasField("call_ended"):
                            break
            others = {name: service for name, service in SPANS.items() if service != "parley-recorder"}
            spans = await _spans_of(collector.requests, trace_id(call_sid, 1), len(others))
        finally:
            os.kill(recorder, signal.SIGCONT)

    assert {name: span.service for name, span in spans.items()} == others


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    """A span as the collector received it."""

    service: str
    id: bytes
    parent: bytes
    start_us: int
    end_us: int
    links: tuple[bytes, ...]
    """Traces that it is linked to."""

    @property
    def ms(self) -> float:
        """Duration of the span in milliseconds."""
        return (self.end_us - self.start_us) / 1000


async def _spans_of(
    requests: list[ExportTraceServiceRequest], trace: int, count: int
) -> dict[str, ReceivedSpan]:
    """Wait until `count` spans of a trace have arrived; returns them by name."""

    def all_arrived() -> dict[str, ReceivedSpan] | None:
        found = {
            span.name: ReceivedSpan(
                next(a.value.string_value for a in per.resource.attributes if a.key == "service.name"),
                span.span_id,
                span.parent_span_id,
                span.start_time_unix_nano // 1000,
                span.end_time_unix_nano // 1000,
                tuple(link.trace_id for link in span.links),
            )
            for request in requests
            for per in request.resource_spans
            for scope in per.scope_spans
            for span in scope.spans
            if int.from_bytes(span.trace_id, "big") == trace
        }
        return found if len(found) >= count else None

    return await eventually(all_arrived, timeout_s=10, interval_s=0.1)

"""Runs the edge: connects to the bus and Twilio, serves the routes, drains on shutdown."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from functools import partial

import structlog
from fastapi import FastAPI
from starlette.types import ASGIApp

from parley.agent_store import AgentStore, open_agent_store
from parley.bus import Bus, connect_service
from parley.bus.state_monitor import BusStateMonitor
from parley.events.outbox import Outbox, open_outbox
from parley.latency.tracer import CallTracer
from parley.runtime.event_loop_lag import EventLoopLag
from parley.runtime.health import HealthRoutes, health_app, serve
from parley.runtime.process_metrics import (
    register_bus_metrics,
    register_process_metrics,
    register_state_metrics,
)
from parley.telemetry.catalogue.capacity import EVENT_LOOP_DELAY
from parley.telemetry.setup import Telemetry, start_telemetry
from services.edge.call_registry import CallRegistry
from services.edge.calls.call_checks import CallChecker
from services.edge.calls.outbound_calls import OutboundCalls
from services.edge.calls.resumption import StreamResumer
from services.edge.calls.voicemails import Voicemails
from services.edge.calls.webhooks import Webhooks
from services.edge.certificates import CertificateMonitor
from services.edge.direct_path import DirectPath, path_of
from services.edge.metrics import EdgeMetrics
from services.edge.normalized_path import NormalizedPath
from services.edge.request_counter import RequestCounter
from services.edge.settings import EdgeSettings
from services.edge.standby.supervisor import STANDBY_PATH, StandbySupervisor
from services.edge.stream_session import MediaStreamEndpoint
from services.edge.telephony.webhooks import TransferWebhooks
from services.edge.twilio.accounts import TwilioAccounts, open_twilio
from services.edge.twilio.request_gate import TwilioRequestGate

log = structlog.get_logger()

_MOVE_TIMEOUT_S = 10.0
"""Time for the calls that remain after the drain to move to another edge."""


async def run_edge(settings: EdgeSettings, stop: asyncio.Event) -> None:
    """Serve Twilio until `stop` is set; then accept no new call and wait for the current ones."""
    telemetry = start_telemetry("edge", settings)
    lag = EventLoopLag(EVENT_LOOP_DELAY.histogram(telemetry.registry))
    register_process_metrics(telemetry, lag)
    if not settings.all_twilio_accounts:
        log.error("twilio_auth_token_missing", effect="every request is rejected")
    async with (
        connect_service(settings, "edge") as bus,
        open_outbox(bus) as outbox,
        open_agent_store(bus, settings.agents_dir) as agents,
        open_twilio(settings.all_twilio_accounts) as twilio,
    ):
        register_bus_metrics(telemetry, bus, outbox)
        calls = CallRegistry(telemetry.registry)
        async with asyncio.TaskGroup() as tasks:
            # Exports the work queue too: it must be visible without any worker.
            monitors = [tasks.create_task(lag.watch())]
            monitors.append(tasks.create_task(BusStateMonitor(bus.state, telemetry.registry).watch()))
            metrics = EdgeMetrics(telemetry.registry)
            gate = TwilioRequestGate(settings, stop, on_refused=metrics.signature_refused)
            resumption = StreamResumer(bus, agents, twilio, gate, tasks, metrics)
            addresses = (settings.public_url, settings.edge_direct_url)
            certificates = CertificateMonitor(addresses, telemetry.registry)
            monitors.append(tasks.create_task(certificates.watch()))
            monitors.append(tasks.create_task(resumption.watch_stalls()))
            checker = CallChecker(bus, agents, twilio, settings, resumption, metrics)
            monitors.append(tasks.create_task(checker.watch()))
            voicemails = Voicemails(bus, twilio)
            monitors.append(tasks.create_task(voicemails.watch()))
            monitors.append(tasks.create_task(agents.keep_files()))
            standby = StandbySupervisor(bus, gate, calls) if settings.standby_stream else None
            not_ready = partial(_why_not_ready, gate, bus)
            register_state_metrics(telemetry, not_ready, stop.is_set)
            health = HealthRoutes(telemetry.registry, not_ready)
            webhooks = Webhooks(bus, agents, gate, resumption, voicemails)
            app = build_app(
                gate, telemetry, bus, agents, outbox, twilio, calls, webhooks, standby, health, metrics
            )
            path = path_of(settings.edge_direct_url)
            offering = standby.offer() if standby is not None else nullcontext()
            async with (
                offering,
                _serve(DirectPath(app, path) if path else app, settings, stop) as port,
                _serve_metrics(health, settings) as metrics_port,
            ):
                log.info("ready", stage="edge", http_port=port, metrics_port=metrics_port)
                await stop.wait()
                await _drain(calls, settings.drain_timeout_s)
            for task in monitors:
                task.cancel()
    telemetry.close()


@asynccontextmanager
async def _serve(app: ASGIApp, settings: EdgeSettings, stop: asyncio.Event) -> AsyncIterator[int]:
    host, shared = settings.http_host, settings.edge_reuse_port
    async with AsyncExitStack() as stack:
        if settings.edge_direct_port:
            await stack.enter_async_context(
                serve(
                    app,
                    host,
                    settings.edge_direct_port,
                    setting="PARLEY_EDGE_DIRECT_PORT",
                    stop_accepting=stop,
                )
            )
        yield await stack.enter_async_context(
            serve(
                app,
                host,
                settings.edge_port,
                setting="PARLEY_EDGE_PORT",
                reuse_port=shared,
                stop_accepting=stop,
            )
        )


def _serve_metrics(health: HealthRoutes, settings: EdgeSettings) -> AbstractAsyncContextManager[int]:
    """Serve /metrics on its own port, also while the edge drains: it must not be public."""
    port = settings.edge_metrics_port
    return serve(health_app(health), settings.http_host, port, setting="PARLEY_EDGE_METRICS_PORT")


def _why_not_ready(gate: TwilioRequestGate, bus: Bus) -> str:
    if gate.stopping.is_set():
        return "stopping"
    return "" if bus.connected else "bus disconnected"


async def _drain(calls: CallRegistry, timeout_s: float) -> None:
    """Wait for the current calls to end; move those that remain to another edge."""
    left = await calls.wait_until_empty(timeout_s)
    if left:
        log.info("calls_moving", calls=left)
        calls.draining.set()
        left = await calls.wait_until_empty(_MOVE_TIMEOUT_S)
    if left:
        log.warning("stopped_with_calls", calls=left)


def build_app(
    gate: TwilioRequestGate,
    telemetry: Telemetry,
    bus: Bus,
    agents: AgentStore,
    outbox: Outbox,
    twilio: TwilioAccounts,
    calls: CallRegistry,
    webhooks: Webhooks,
    standby: StandbySupervisor | None,
    health: HealthRoutes,
    metrics: EdgeMetrics,
) -> ASGIApp:
    """Build the application with all public routes of the edge."""
    app = FastAPI(
        title="Parley edge", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    for path, endpoint in webhooks.routes():
        app.add_api_route(path, endpoint, methods=["GET", "POST"])
    transfers = TransferWebhooks(bus, gate, twilio, metrics, webhooks.serve)
    for path, endpoint in transfers.routes():
        app.add_api_route(path, endpoint, methods=["GET", "POST"])
    app.add_api_route("/calls", OutboundCalls(agents, gate, twilio.main).create, methods=["POST"])
    tracer = CallTracer("edge", telemetry.spans)
    sockets = MediaStreamEndpoint(
        bus, agents, outbox, gate.settings, gate, twilio, calls, standby, tracer, metrics
    )
    app.add_api_websocket_route("/twilio/stream", sockets.serve)
    if standby is not None:
        app.add_api_websocket_route(STANDBY_PATH, standby.serve)
    app.router.routes.extend(health.probes())
    return NormalizedPath(RequestCounter(app, metrics))

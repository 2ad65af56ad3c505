"""Checks the routes of the agent with its own requests, and explains what fails."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from cli.advice import PAGES, remedy, status_of
from cli.doctor.agent_requests import (
    MAX_TOKENS,
    NoOutput,
    request_answer,
    request_phrase,
    request_spoken_phrase,
    request_transcript,
)
from cli.doctor.context import AgentRoute, Context, config_error
from cli.doctor.finding import Latency, Reporter
from cli.network_errors import find_cause
from parley.errors import ConfigError, ProviderError
from parley.exception_groups import flatten_group
from parley.providers.fallback_chain import provider_error
from parley.providers.registry import load_plugin

_TIMEOUT_S = 9.0
_KEYS = {"stt": "model", "llm": "model", "tts": "voice", "realtime": "model"}
_CHECK_KEY = re.compile(r": check [A-Z_]+")
"""The remedy in an adapter's own reason, which is the same for every cause."""
_SLOW = "slower than the latency budget: callers wait longer; try a faster model or a nearer region"


async def check_routes(routes: Sequence[AgentRoute], context: Context, reporter: Reporter) -> None:
    """Send the agent's request on each route, one after another so that they do not slow each other down."""
    for route in routes:
        await _check(route, context, reporter)


async def _check(route: AgentRoute, context: Context, reporter: Reporter) -> None:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await _request(route, context, reporter)
    except TimeoutError:
        text = f"no complete answer within {_TIMEOUT_S:g} s: {_remedy(route, context, 0, '')}"
        reporter.failed(route.name, text)
    except ConfigError as error:
        reporter.failed(route.name, config_error(error))
    except Exception as error:
        # Third-party providers may raise anything, and task groups of providers wrap it.
        empty = next((inner for inner in flatten_group(error) if isinstance(inner, NoOutput)), None)
        if empty is not None:
            reporter.failed(route.name, _no_output(route, context, str(empty)))
        else:
            reporter.failed(route.name, _failure(route, context, provider_error(error) or error))


async def _request(route: AgentRoute, context: Context, reporter: Reporter) -> None:
    config, parts = route.config, context.budget.parts
    plugin = load_plugin(route.kind, config.provider)
    provider: Any
    async with plugin.open(context.providers) as provider:
        match route.kind:
            case "llm":
                first_ms = await request_answer(provider, config, context.agent)
                # A speculative answer is requested while the end of the turn is still being decided.
                head_start_ms = parts["endpointing"].p50_ms if config.speculation.enabled else 0
                limit_ms = parts["llm_ttft"].p95_ms + head_start_ms
                latencies = [Latency("first token", first_ms, limit_ms)]
            case "tts":
                connected_ms, first_ms = await request_phrase(provider, config, context.agent)
                latencies = [
                    Latency("connection", connected_ms),
                    Latency("first audio", first_ms, parts["tts_ttfb"].p95_ms),
                ]
            case "stt":
                connected_ms, first_ms, _ = await request_transcript(provider, config)
                latencies = [
                    Latency("connection", connected_ms),
                    Latency("transcript", first_ms, parts["endpointing"].p95_ms),
                ]
            case "realtime":
                connected_ms, first_ms = await request_spoken_phrase(provider, config, context.agent)
                latencies = [Latency("connection", connected_ms), Latency("first audio", first_ms)]
    text = ", ".join(map(str, latencies))
    if any(latency.exceeds_budget for latency in latencies):
        text = f"{text}: {_SLOW}"
    reporter.ok(route.name, text, *latencies)


def _failure(route: AgentRoute, context: Context, error: Exception) -> str:
    if not isinstance(error, ProviderError):
        place = context.agent_file.place(*route.keys)
        return f"the provider's code failed with {type(error).__name__}: check {place}, or report it as a bug"
    reason = find_cause(error) or _CHECK_KEY.sub("", error.reason).rstrip(".")
    return f"{reason}: {_remedy(route, context, status_of(error), reason)}"


def _remedy(route: AgentRoute, context: Context, status: int, reason: str) -> str:
    pages = PAGES.get(route.config.provider)
    url = context.variable(pages.url_variable) if pages else ""
    # The key that the provider complains about, if its message names one.
    named = (key for key in _fields(route) if re.search(rf"(?<![a-z]){key}", reason.lower()))
    key = next(named, _KEYS[route.kind])
    return remedy(pages, status, reason, context.place(route, key), url)


def _fields(route: AgentRoute) -> list[str]:
    hidden = {"provider", "fallbacks", "options"}
    return [key for key in type(route.config).model_fields if key not in hidden]


def _no_output(route: AgentRoute, context: Context, reason: str) -> str:
    match route.kind:
        case "llm":
            place = context.place(route, "reasoning_effort")
            return (
                f"an empty answer with {MAX_TOKENS} tokens (finish reason {reason}): the model may reason "
                f"before it answers; set {place} to none, or change {context.place(route, 'model')}"
            )
        case "tts" | "realtime":
            return f"no audio for a phrase: change {context.place(route, 'voice')}"
        case "stt":
            return (
                "no transcript of a second of speech: change "
                f"{context.place(route, 'model')} or {context.place(route, 'language')}"
            )

"""Delivers the webhook for the end of a call, at least once, for an hour at most."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
import structlog

from parley.agent_config import Webhook
from parley.v1.handoff_pb2 import WebhookDelivered
from services.recorder.metrics.storage import WebhookMetrics
from services.recorder.settings import read_secret
from services.recorder.webhook_request import headers

log = structlog.get_logger()

CALL_ENDED = "call_ended"
"""The webhook's key in the agent file."""
_FIRST_DELAY_S = 1.0
_MAX_DELAY_S = 300.0
_TOTAL_S = 3600.0
_MAX_WAITING = 250
"""Calls that wait for another attempt at the same time; beyond it, a call makes one attempt."""
_GONE = 410
"""The status with which a receiver refuses the request permanently."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request to deliver."""

    webhook: Webhook
    message_id: str
    """Constant over all attempts and owners: the receiver discards a second one."""
    body: bytes


class WebhookSender:
    """Sends the webhooks of all calls of a process."""

    def __init__(self, client: httpx2.AsyncClient, metrics: WebhookMetrics) -> None:
        self._client = client
        self._metrics = metrics
        self._waiting = 0

    async def deliver(self, delivery: Delivery) -> WebhookDelivered:
        """Repeat the request until it is answered with 2xx, refused with 410, or an hour has passed."""
        webhook = delivery.webhook
        secret = read_secret(webhook.secret_env) if webhook.secret_env else ""
        if webhook.secret_env and not secret:
            log.error("webhook_secret_not_set", webhook=CALL_ENDED, variable=webhook.secret_env)
            failure = f"the environment variable {webhook.secret_env} is not set"
            return WebhookDelivered(webhook=CALL_ENDED, failure=failure)
        deadline_s = time.monotonic() + _TOTAL_S
        delay_s, attempts = _FIRST_DELAY_S, 0
        while True:
            attempts += 1
            status, failure = await self._attempt(delivery, secret)
            if not failure:
                self._metrics.delivered("ok")
                return WebhookDelivered(webhook=CALL_ENDED, status=status, attempts=attempts)
            if attempts == 1:
                log.warning("webhook_failed", webhook=CALL_ENDED, status=status, reason=failure)
            self._metrics.delivered("failed")
            final = status == _GONE or time.monotonic() + delay_s > deadline_s
            if final or self._waiting >= _MAX_WAITING:
                log.error("webhook_abandoned", webhook=CALL_ENDED, attempts=attempts, reason=failure)
                return WebhookDelivered(webhook=CALL_ENDED, status=status, attempts=attempts, failure=failure)
            await self._wait(delay_s)
            delay_s = min(delay_s * 2, _MAX_DELAY_S)

    async def _wait(self, delay_s: float) -> None:
        self._waiting += 1
        try:
            await asyncio.sleep(delay_s)
        finally:
            self._waiting -= 1

    async def _attempt(self, delivery: Delivery, secret: str) -> tuple[int, str]:
        """The status of the response, 0 without one, and why it is a failure; empty for a success."""
        webhook = delivery.webhook
        sent = headers(delivery.message_id, int(time.time()), delivery.body, secret)
        try:
            async with (
                asyncio.timeout(webhook.timeout_s),
                self._client.stream("POST", webhook.url, content=delivery.body, headers=sent) as response,
            ):
                status = response.status_code
        except TimeoutError:
            return 0, f"no response within {webhook.timeout_s:g} s"
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            return 0, f"no response: {type(error).__name__}"
        return (status, "") if 200 <= status < 300 else (status, f"response with HTTP {status}")


@asynccontextmanager
async def open_webhook_sender(metrics: WebhookMetrics) -> AsyncIterator[WebhookSender]:
    """Open the client; it follows no redirects, because the signature belongs to one receiver."""
    async with httpx2.AsyncClient(limits=httpx2.Limits(max_connections=100)) as client:
        yield WebhookSender(client, metrics)

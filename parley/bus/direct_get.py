"""Reads stored messages without a consumer, through NATS' batched direct get (ADR-31)."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError

from parley.bus import streams
from parley.bus.shielded import shielded
from parley.bus.subscription import Message, SubscriptionReader
from parley.errors import BusError

_BATCH = 32
"""The client decodes all that has arrived at once, in 0.1 ms per message; larger batches are not faster."""
_REPLICA_LAG_S = 0.02
_MAX_ATTEMPTS = 4
_NOT_FOUND = 404
_RETRY_INTERVAL_S = 0.1
_FIRST_RESPONSE_TIMEOUT_S = 0.4
"""Any replica of a stream may receive the request, even one on a frozen server. Doubled on each attempt."""
_NEXT_RESPONSE_TIMEOUT_S = 2.0


class DirectGetTimeout(BusError):
    """No replica replied in time."""


async def leader_last_sequence(client: Client, stream: streams.Stream, subject: str, since_us: int) -> int:
    """Sequence of a subject's last message, from the stream's leader; 0 if it is older than `since_us`.

    Retries without limit while the stream has no leader: the caller sets a timeout.

    Raises:
        BusError: the stream cannot be read.
    """
    request = json.dumps({"last_by_subj": subject}).encode()
    timeout_s = _FIRST_RESPONSE_TIMEOUT_S
    while True:
        try:
            requesting = client.request(f"$JS.API.STREAM.MSG.GET.{stream.name}", request, timeout=timeout_s)
            reply = json.loads((await shielded(requesting)).data)
        except (NoRespondersError, NatsTimeoutError):
            timeout_s *= 2
            await asyncio.sleep(_RETRY_INTERVAL_S)
            continue
        except NatsError as error:
            raise BusError(f"{stream.name} cannot be read: {error!r}") from error
        if "message" in reply:
            stored_us = datetime.fromisoformat(reply["message"]["time"]).timestamp() * 1e6
            return int(reply["message"]["seq"]) if stored_us >= since_us else 0
        if reply.get("error", {}).get("code") == _NOT_FOUND:
            return 0
        await asyncio.sleep(_RETRY_INTERVAL_S)


async def read_batches(
    client: Client,
    stream: streams.Stream,
    subject: str,
    from_sequence: int,
    since_us: int | None,
    consistent: bool,
) -> AsyncIterator[list[Message]]:
    """See `StreamClient.read_batches`; retries without limit: the caller sets a timeout.

    Raises:
        BusError: the stream cannot be read.
    """
    attempt = 0
    last_required = await leader_last_sequence(client, stream, subject, since_us or 0) if consistent else 0
    while True:
        start: dict[str, object] = {"seq": from_sequence}
        if since_us is not None:
            start = {"start_time": datetime.fromtimestamp(since_us / 1e6, UTC).isoformat()}
        query = {**start, "batch": _BATCH, "next_by_subj": subject}
        try:
            batch, more = await shielded(_read_batch(client, stream, query, attempt))
        except DirectGetTimeout:
            attempt += 1
            continue
        attempt = 0
        if batch:
            from_sequence, since_us = batch[-1].sequence + 1, None
            yield batch
        if more and batch:
            continue
        if from_sequence > last_required:
            return
        # Any replica may reply, and one that lags does not have every stored message yet.
        await asyncio.sleep(_REPLICA_LAG_S)


async def read_last(
    client: Client, stream: streams.Stream, subject: str, up_to: int | None
) -> Message | None:
    """See `StreamClient.last_message`.

    Raises:
        BusError: the stream cannot be read, or no replica replies.
    """
    query: dict[str, object] = {"multi_last": [subject]}
    if up_to is not None:
        query["up_to_seq"] = up_to
    for attempt in range(_MAX_ATTEMPTS):
        with suppress(DirectGetTimeout):
            found, _ = await shielded(_read_batch(client, stream, query, attempt))
            return found[-1] if found else None
    raise BusError(f"{stream.name} does not reply")


async def _read_batch(
    client: Client, stream: streams.Stream, query: Mapping[str, object], attempt: int
) -> tuple[list[Message], bool]:
    """The messages that match a query on some replica, and whether there are more.

    Raises:
        DirectGetTimeout: no reply arrived. The next attempt may reach another replica, and has twice the
        time, because retrying a busy replica at the same rate keeps it busy.
        BusError: the stream cannot be read.
    """
    inbox = client.new_inbox()
    request = json.dumps(query).encode()
    found: list[Message] = []
    subscription = await client.subscribe(inbox)
    replies = SubscriptionReader(subscription)
    try:
        await client.publish(f"$JS.API.DIRECT.GET.{stream.name}", request, reply=inbox)
        while True:
            timeout_s = _NEXT_RESPONSE_TIMEOUT_S if found else _FIRST_RESPONSE_TIMEOUT_S * 2**attempt
            message = await _next_reply(replies, timeout_s)
            headers = message.headers or {}
            status = headers.get("Status")
            if status == "204":
                return found, headers.get("Nats-Num-Pending", "0") != "0"
            if status == "404":
                return found, False
            if status is not None:
                raise BusError(f"{stream.name} cannot be read: status {status}")
            found.append(Message(headers["Nats-Subject"], message.data, int(headers["Nats-Sequence"])))
    except NatsError as error:
        raise BusError(f"{stream.name} cannot be read: {error!r}") from error
    finally:
        if not client.is_closed:
            await subscription.unsubscribe()


async def _next_reply(replies: SubscriptionReader, timeout_s: float) -> Msg:
    """The next reply; waits again if this process was too busy to read in time, as after many takeovers."""
    while True:
        try:
            message = await replies.next_within(timeout_s)
        except TimeoutError:
            raise DirectGetTimeout("no reply") from None
        if message is None:
            raise BusError("the connection is closed")
        if message.subject:
            return message

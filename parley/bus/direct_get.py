"""Read what a stream holds without a consumer: NATS' batched direct get (ADR-31)."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError

from parley.bus import streams
from parley.bus.shielded import shielded
from parley.bus.subscription import Message
from parley.bus.subscription_reader import SubscriptionReader
from parley.errors import BusError

_BATCH = 500
_REPLICA_LAG_S = 0.02
_MAX_ATTEMPTS = 4
_NOT_FOUND = 404
_RETRY_INTERVAL_S = 0.1
_FIRST_RESPONSE_TIMEOUT_S = 0.4
"""Any copy of a stream may be asked, one on a server that is frozen too."""
_NEXT_RESPONSE_TIMEOUT_S = 2.0


class DirectGetTimeout(BusError):
    """Nobody answered in time."""


async def leader_last_sequence(client: Client, stream: streams.Stream, subject: str, since_us: int) -> int:
    """Place of a subject's last message, as the stream's leader knows it; 0 for none, or none since then.

    Waits for a leader as long as it is let.

    Raises:
        BusError: the stream cannot be read.
    """
    request = json.dumps({"last_by_subj": subject}).encode()
    wait_s = _FIRST_RESPONSE_TIMEOUT_S
    while True:
        try:
            asking = client.request(f"$JS.API.STREAM.MSG.GET.{stream.name}", request, timeout=wait_s)
            answer = json.loads((await shielded(asking)).data)
        except (NoRespondersError, NatsTimeoutError):
            wait_s *= 2
            await asyncio.sleep(_RETRY_INTERVAL_S)
            continue
        except NatsError as error:
            raise BusError(f"{stream.name} cannot be read: {error!r}") from error
        if "message" in answer:
            stored_us = datetime.fromisoformat(answer["message"]["time"]).timestamp() * 1e6
            return int(answer["message"]["seq"]) if stored_us >= since_us else 0
        if answer.get("error", {}).get("code") == _NOT_FOUND:
            return 0
        await asyncio.sleep(_RETRY_INTERVAL_S)


async def read_stream(
    client: Client,
    stream: streams.Stream,
    subject: str,
    from_sequence: int,
    since_us: int | None,
    consistent: bool,
) -> list[Message]:
    """See `Bus.read`; goes on asking for as long as it is let.

    Raises:
        BusError: the stream cannot be read.
    """
    found: list[Message] = []
    tries = 0
    must_have = await leader_last_sequence(client, stream, subject, since_us or 0) if consistent else 0
    while True:
        start: dict[str, object] = {"seq": from_sequence}
        if since_us is not None and not found:
            start = {"start_time": datetime.fromtimestamp(since_us / 1e6, UTC).isoformat()}
        wanted = {**start, "batch": _BATCH, "next_by_subj": subject}
        try:
            batch, more = await shielded(_read_batch(client, stream, wanted, tries))
        except DirectGetTimeout:
            tries += 1
            continue
        tries = 0
        found += batch
        if batch:
            from_sequence = batch[-1].sequence + 1
        if more and batch:
            continue
        if from_sequence > must_have:
            return found
        # Any copy answers, and one that lags behind has not got all that is stored.
        await asyncio.sleep(_REPLICA_LAG_S)


async def read_last(
    client: Client, stream: streams.Stream, subject: str, up_to: int | None
) -> Message | None:
    """See `Bus.last`.

    Raises:
        BusError: the stream cannot be read, or nobody answers.
    """
    wanted: dict[str, object] = {"multi_last": [subject]}
    if up_to is not None:
        wanted["up_to_seq"] = up_to
    for tries in range(_MAX_ATTEMPTS):
        with suppress(DirectGetTimeout):
            found, _ = await shielded(_read_batch(client, stream, wanted, tries))
            return found[-1] if found else None
    raise BusError(f"{stream.name} does not answer")


async def _read_batch(
    client: Client, stream: streams.Stream, wanted: Mapping[str, object], tries: int
) -> tuple[list[Message], bool]:
    """What some copy of a stream holds of what is wanted, and whether there is more.

    Raises:
        NoAnswer: nothing came; another try may meet another copy of the stream, and is given twice the time,
            as asking a busy one again and again would only keep it busy.
        BusError: the stream cannot be read.
    """
    inbox = client.new_inbox()
    request = json.dumps(wanted).encode()
    found: list[Message] = []
    subscription = await client.subscribe(inbox)
    incoming = SubscriptionReader(subscription)
    try:
        await client.publish(f"$JS.API.DIRECT.GET.{stream.name}", request, reply=inbox)
        while True:
            timeout_s = _NEXT_RESPONSE_TIMEOUT_S if found else _FIRST_RESPONSE_TIMEOUT_S * 2**tries
            message = await _next(incoming, timeout_s)
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


async def _next(incoming: SubscriptionReader, timeout_s: float) -> Msg:
    """The next message; a process that is busy, as with many calls taken over, does not ask again at once."""
    while True:
        try:
            message = await incoming.next_within(timeout_s)
        except TimeoutError:
            raise DirectGetTimeout("nothing came") from None
        if message is None:
            raise BusError("the connection is closed")
        if message.subject:
            return message

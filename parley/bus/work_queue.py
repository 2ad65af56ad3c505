"""Work that looks for an owner, one call at a time."""

import asyncio
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.client import JetStreamContext

from parley.errors import BusError

_WORKING = b"+WPI"
_DONE = b"+ACK"
_NEVER_AGAIN = b"+TERM"


@dataclass(frozen=True, slots=True)
class Claim:
    """A work-queue message in hand: this process owns one stage of one call."""

    call_sid: str
    stage: str
    epoch: int
    """The message's delivery count."""
    _message: Msg

    async def extend(self) -> None:
        """Keep the message for another ACK_WAIT_S."""
        await self._respond(_WORKING)

    async def ack(self) -> None:
        """The stage's work on this call is over for good."""
        await self._respond(_DONE)

    async def nak(self, delay_s: float = 0.0) -> None:
        """Let another worker have it."""
        await self._respond(b'-NAK {"delay": %d}' % int(delay_s * 1e9) if delay_s else b"-NAK")

    async def term(self) -> None:
        """No worker shall have it again."""
        await self._respond(_NEVER_AGAIN)

    async def _respond(self, word: bytes) -> None:
        try:
            await self._message._client.publish(self._message.reply, word)  # noqa: SLF001 - its ack() allows one call only
        except NatsError as error:
            raise BusError(f"cannot answer for {self.stage} of {self.call_sid}: {error!r}") from error


async def next_claim(puller: JetStreamContext.PullSubscription, stage: str, timeout_s: float) -> Claim | None:
    """Take a call that looks for an owner of this stage; None when there is none in time.

    Raises:
        BusError: the bus does not answer.
    """
    # One at a time: a larger batch stays open at the server after the first message, which
    # would send further calls to a worker that is not asking for them any more.
    try:
        [message] = await puller.fetch(1, timeout=timeout_s)
    except (NatsTimeoutError, TimeoutError):
        return None
    except NatsError as error:
        raise BusError(f"cannot claim {stage} work: {error!r}") from error
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        # The message came in the moment of cancelling, which Python 3.11's wait_for then forgets.
        await message.nak()
        raise asyncio.CancelledError
    call_sid = message.subject.rpartition(".")[2]
    return Claim(call_sid, stage, int(message.metadata.num_delivered), message)

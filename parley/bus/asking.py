"""Ask who is there; nobody is waited for longer than is told."""

import asyncio

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from parley.bus.undisturbed import undisturbed

_AGAIN_S = 0.2
_PAUSE_S = 0.05


async def ask(client: Client, subject: str, data: bytes, timeout_s: float) -> bytes | None:
    """See `Bus.ask`."""
    try:
        reply = await undisturbed(client.request(subject, data, timeout=timeout_s))
    except NatsError:
        return None
    return bytes(reply.data)


async def lives(client: Client, subject: str, data: bytes, timeout_s: float) -> bool | None:
    """See `Bus.lives`.

    Asked again and again: it may be a server that froze, and who hangs on it is soon with another. Nobody is
    there in between; that says so only if it is the first answer.
    """
    loop = asyncio.get_running_loop()
    until_s = loop.time() + timeout_s
    silent = False
    while (rest_s := until_s - loop.time()) > 0:
        try:
            await undisturbed(client.request(subject, data, timeout=min(rest_s, _AGAIN_S)))
        except NoRespondersError:
            if not silent:
                return False
            await asyncio.sleep(_PAUSE_S)
        except NatsError:
            silent = True
            await asyncio.sleep(_PAUSE_S)
        else:
            return True
    return None

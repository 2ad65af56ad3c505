"""The connection to NATS: publishes, subscribes, sends requests, reads streams and claims work.

Only this package uses nats-py. Start at `client.py` (what a connection offers), `subjects.py` and
`streams.py` (what is on the bus).
"""

from parley.bus.client import Bus
from parley.bus.connection import connect, connect_service
from parley.bus.request import Liveness
from parley.bus.subscription import Message, Subscription
from parley.bus.work_queue import Claim

__all__ = ["Bus", "Claim", "Liveness", "Message", "Subscription", "connect", "connect_service"]

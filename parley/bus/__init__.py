"""Connect, publish, subscribe, read, claim: the only package that speaks NATS."""

from parley.bus.client import Bus
from parley.bus.connection import connect
from parley.bus.request import Liveness
from parley.bus.subscription import Message, Subscription
from parley.bus.work_queue import Claim

__all__ = ["Bus", "Claim", "Liveness", "Message", "Subscription", "connect"]

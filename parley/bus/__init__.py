"""Connect, publish, subscribe, read, claim: the only package that speaks NATS."""

from parley.bus.claims import Claim
from parley.bus.client import Bus
from parley.bus.connection import connect
from parley.bus.messages import Message, Subscription

__all__ = ["Bus", "Claim", "Message", "Subscription", "connect"]

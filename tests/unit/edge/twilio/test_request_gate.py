"""Where Twilio is led."""

import asyncio

from services.edge.settings import EdgeSettings
from services.edge.twilio.request_gate import Gate


def test_an_edge_that_stops_has_no_stream_opened_at_itself() -> None:
    """It takes none any more."""
    gate = Gate(EdgeSettings(edge_direct_url="https://edge-2.example.com/"), asyncio.Event())
    before = gate.own_address()
    gate.stopping.set()

    assert before == "https://edge-2.example.com"
    assert gate.own_address() == ""

"""Where Twilio is led."""

import asyncio

from services.edge.settings import EdgeSettings
from services.edge.twilio.request_gate import TwilioRequestGate


def test_an_edge_that_stops_has_no_stream_opened_at_itself() -> None:
    """It takes none any more."""
    gate = TwilioRequestGate(EdgeSettings(edge_direct_url="https://edge-2.example.com/"), asyncio.Event())
    before = gate.direct_url()
    gate.stopping.set()

    assert before == "https://edge-2.example.com"
    assert gate.direct_url() == ""

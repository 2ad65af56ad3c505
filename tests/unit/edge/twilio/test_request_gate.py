"""Tests of the request gate."""

import asyncio

from services.edge.settings import EdgeSettings
from services.edge.twilio.request_gate import TwilioRequestGate


def test_a_stopping_edge_has_no_direct_url() -> None:
    """New streams are opened at other edges."""
    gate = TwilioRequestGate(EdgeSettings(edge_direct_url="https://edge-2.example.com/"), asyncio.Event())
    before = gate.direct_url()
    gate.stopping.set()

    assert before == "https://edge-2.example.com"
    assert gate.direct_url() == ""

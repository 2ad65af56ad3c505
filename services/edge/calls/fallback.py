"""A call's fallback: Twilio continues the call without Parley, as configured in the agent."""

import structlog

from parley.agent_store import AgentStore
from parley.bus import Bus
from parley.errors import ProviderError
from services.edge.calls.call_agent import current_agent
from services.edge.calls.call_state import CallState
from services.edge.calls.lifecycle import try_end_call
from services.edge.phone_number import is_phone_number
from services.edge.settings import EdgeSettings
from services.edge.twilio import twiml
from services.edge.twilio.rest import TwilioRest
from services.edge.twilio.twiml import PublicUrls

log = structlog.get_logger()

FALLBACK = "fallback"
"""Reason of call.ended when Twilio continues the call with the fallback."""


async def fallback_twiml(
    bus: Bus, agents: AgentStore, call_sid: str, settings: EdgeSettings, call: CallState
) -> str:
    """Return the TwiML of the fallback of the agent that answered a call, in the call's present language.

    Raises:
        ConfigError: the agent cannot be loaded.
    """
    config = await current_agent(bus, agents, call_sid, call)
    caller_id = dial_caller_id(call.from_number, call.to_number, settings.from_number)
    return twiml.fall_back(config, PublicUrls(call.public_url), caller_id)


def dial_caller_id(from_number: str, *own_numbers: str) -> str:
    """Caller id of a transfer: empty to pass the caller's number on, or one of the account's numbers.

    A SIP, client or withheld caller has no number that Twilio could pass on (13214).
    """
    if is_phone_number(from_number):
        return ""
    return next((number for number in own_numbers if is_phone_number(number)), "")


async def start_fallback(
    bus: Bus,
    agents: AgentStore,
    twilio: TwilioRest,
    call_sid: str,
    settings: EdgeSettings,
    call: CallState,
) -> bool:
    """End the call's log and redirect the call to its fallback; False if Twilio could not be reached.

    If it returns False, close the stream: Twilio then requests /voice?resume=1, which answers with the
    fallback.

    Raises:
        ConfigError: the agent cannot be loaded.
    """
    document = await fallback_twiml(bus, agents, call_sid, settings, call)
    log.error("fallback_started", agent=call.agent)
    await try_end_call(bus, call_sid, FALLBACK)
    try:
        await twilio.redirect(call_sid, document)
    except ProviderError as error:
        log.error("fallback_by_rest_failed", code=error.code, reason=error.reason)
        return False
    return True

"""The parameters of a call: data for the agent's texts, from the request that placed or routed the call."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

import structlog

from parley.agent_config.templates.call_data import MAX_PARAMETERS, MAX_VALUE_CHARS, PARAMETER_NAME, one_line
from services.edge.twilio.webhook_request import WebhookRequest

log = structlog.get_logger()

MAX_QUERY_CHARS = 3500
"""Twilio accepts addresses of 4,000 characters."""
_OWN_NAMES = frozenset({"agent", "resume", "after"})
"""Parameters of /voice with a meaning of their own."""
_SIP_HEADER = re.compile(r"SipHeader_(X-[A-Za-z0-9-]{1,60})", re.ASCII)


def call_parameters(content: WebhookRequest, query: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of a webhook.

    They are in the webhook's address, in the form (where a Voice SDK's parameters arrive), and in the SIP
    headers that begin with `X-`: `X-Customer-Id` is `x_customer_id`. The address, which no caller controls,
    comes before the other two. Twilio's own fields begin with a capital letter.
    """
    found = {**_of_sip_headers(content.form), **_named(content.form), **_named(query)}
    if len(found) > MAX_PARAMETERS:
        log.warning("call_parameters_ignored", parameters=len(found), maximum=MAX_PARAMETERS)
    return dict(list(found.items())[:MAX_PARAMETERS])


def _named(fields: Mapping[str, str]) -> dict[str, str]:
    return {
        name: one_line(str(value))
        for name, value in fields.items()
        if name not in _OWN_NAMES and PARAMETER_NAME.fullmatch(name)
    }


def _of_sip_headers(form: Mapping[str, str]) -> dict[str, str]:
    headers = ((_SIP_HEADER.fullmatch(name), value) for name, value in form.items())
    return {
        found[1].lower().replace("-", "_"): one_line(str(value))
        for found, value in headers
        if found is not None
    }


def parameters_problem(parameters: Mapping[str, str]) -> str:
    """Return what is wrong with the parameters of a request for a call; empty if nothing is."""
    if len(parameters) > MAX_PARAMETERS:
        return f"parameters: {len(parameters)} of them; at most {MAX_PARAMETERS} are allowed"
    for name, value in parameters.items():
        if not PARAMETER_NAME.fullmatch(name) or name in _OWN_NAMES:
            return (
                f"parameters: {name[:64]!r} is not a name; use lower-case letters, digits and underscores, "
                f"and none of {', '.join(sorted(_OWN_NAMES))}"
            )
        if len(value) > MAX_VALUE_CHARS:
            return f"parameters.{name}: {len(value)} characters; at most {MAX_VALUE_CHARS} are allowed"
    length = len(urlencode(parameters))
    if length > MAX_QUERY_CHARS:
        return f"parameters: {length} characters in an address; at most {MAX_QUERY_CHARS} fit into Twilio's"
    return ""

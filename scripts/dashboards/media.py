"""Panels of media streams, webhooks and certificates."""

from parley.telemetry.catalogue.calls import (
    CERTIFICATE_EXPIRY,
    MEDIA_FRAMES,
    MEDIA_MESSAGES_INVALID,
    SIGNATURES_REFUSED,
    STREAMS_CLOSED,
    STREAMS_FAILED,
    STREAMS_OPENED,
    WEBHOOKS,
)
from parley.telemetry.catalogue.capacity import (
    CALLS,
)
from scripts.dashboards.panels import Help, Panel, Query, bars, graph
from scripts.dashboards.promql import WINDOW, Scope
from scripts.dashboards.style import COUNT, ORANGE, PER_MINUTE, PER_SECOND, RED, SECONDS

_AGENTS = Scope(("agent",))


def streams_opened() -> Panel:
    """Opened media streams."""
    help_ = Help(
        "Media streams that Twilio opened: the first of a call, or one that resumes it.",
        "almost only first.",
        "resumed streams are calls that were saved after a lost stream: see Survival for the pauses.",
        ("ParleyMediaStreamsFail",),
    )
    query = Query(_AGENTS.per_minute(STREAMS_OPENED, "kind"), "{{kind}}")
    return graph("Media streams opened", help_, [query], PER_MINUTE, stacked=True)


def streams_closed() -> Panel:
    """Ended media streams, by reason."""
    help_ = Help(
        "Media streams that ended: stop by Twilio's message, closed by us, drained by a rollout, lost "
        "without any message.",
        "stop and closed; drained during rollouts.",
        "lost: the network between Twilio and the edge, the ingress's time-outs, or a killed edge.",
        ("ParleyCallsLost",),
    )
    query = Query(_AGENTS.per_minute(STREAMS_CLOSED, "reason"), "{{reason}}")
    return graph("Media streams ended", help_, [query], PER_MINUTE, stacked=True)


def frames() -> Panel:
    """Audio frames per media stream."""
    help_ = Help(
        "Audio frames that arrive per open media stream; Twilio sends one per 20 ms. Beside it, messages "
        "that were skipped as invalid.",
        "50 per second and stream; no invalid messages.",
        "fewer frames: packets are lost before Twilio, or the edge cannot keep up (event-loop delay).",
    )
    streams = _AGENTS.gauge("sum", CALLS, where={"stage": '="edge"'})
    queries = [
        Query(f"{_AGENTS.rate(MEDIA_FRAMES)} / ({streams} > 0)", "frames per stream"),
        Query(_AGENTS.per_second(MEDIA_MESSAGES_INVALID), "invalid messages"),
    ]
    return graph("Audio frames", help_, queries, PER_SECOND)


def failed_streams() -> Panel:
    """Media streams that could not be opened, by error code."""
    help_ = Help(
        "Media streams that Twilio could not open, by Twilio's error code.",
        "0 (the series none).",
        "look the code up in Twilio's error dictionary; 31920 and 31921: the handshake with the edge.",
        ("ParleyMediaStreamsFail",),
    )
    query = Query(_AGENTS.events(STREAMS_FAILED, "code", window=WINDOW), "{{code}}")
    return graph("Media streams that could not be opened", help_, [query], COUNT, bars=True)


def webhooks() -> Panel:
    """Requests to the edge."""
    help_ = Help(
        "Requests to the edge by route and HTTP status.",
        "only status 200 and 204.",
        "403: signatures (wrong auth token or public URL); 5xx: read the edge's log.",
        ("ParleyWebhookErrors",),
    )
    query = Query(_AGENTS.per_minute(WEBHOOKS, "route", "status"), "{{route}} {{status}}")
    return graph("Webhook requests", help_, [query], PER_MINUTE)


def refused_signatures() -> Panel:
    """Unsigned requests."""
    help_ = Help(
        "Requests and media streams that were not signed by Twilio.",
        "0, apart from scanners of the Internet.",
        "all requests refused: PARLEY_TWILIO_AUTH_TOKEN or the public URL is not the one Twilio uses.",
        ("ParleySignaturesRefused",),
    )
    query = Query(_AGENTS.per_minute(SIGNATURES_REFUSED), "refused")
    return graph("Refused signatures", help_, [query], PER_MINUTE)


def certificates() -> Panel:
    """Time until each certificate expires."""
    help_ = Help(
        "Time until the certificate of each public address expires. Empty without TLS.",
        "more than 14 days.",
        "renew it; calls fail from the moment it expires.",
        ("ParleyCertificateExpiry", "ParleyCertificateNotIssued"),
    )
    query = Query(f"min by (host) ({_AGENTS.select(CERTIFICATE_EXPIRY)}) - time()", "{{host}}")
    steps = ((3 * 86400, ORANGE), (14 * 86400, "green"))
    return bars("Certificates expire in", help_, query, SECONDS, steps=steps, base=RED, no_value="no TLS")

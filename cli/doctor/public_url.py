"""The public address: whether Twilio's requests to it reach this system's edge."""

import asyncio
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import httpx

from cli.calls import SystemNotRunning, environment_of, is_running
from cli.doctor.context import Context
from cli.doctor.finding import Reporter
from cli.doctor.media_stream import check_media_stream
from cli.doctor.tunnels import describe_response
from cli.network_errors import describe
from services.edge.twilio.request_gate import SYSTEM_HEADER, UNSIGNED

SUBJECT = "PARLEY_PUBLIC_URL"
_USER_AGENT = "TwilioProxy/1.1"
_TIMEOUT_S = 6.0
_MAX_BODY_BYTES = 64 * 1024
_START_FIRST = "Start `parley up` first, then run `parley doctor` again"
_TUNNEL = "set it to the https address that forwards to port {port}, as `ngrok http {port}` prints it"


@dataclass(frozen=True, slots=True)
class _Local:
    """The system on this machine."""

    running: bool
    system_id: str
    port: str


async def check_public_url(context: Context, reporter: Reporter) -> None:
    """Check the address, the webhook behind it, and a media stream through it."""
    local = _local_system(context)
    base = context.variable(SUBJECT).rstrip("/")
    emulated = not context.is_real("twilio") or bool(context.variable("PARLEY_TWILIO_URL"))
    if not base:
        _report_missing(local, reporter, emulated=emulated)
        return
    if problem := _address_problem(urlsplit(base), local.port, emulated=emulated):
        reporter.failed(SUBJECT, problem)
        return
    if await _check_webhook(base, local, context, reporter):
        token = context.variable("TWILIO_AUTH_TOKEN")
        bases = dict.fromkeys((base, context.variable("PARLEY_EDGE_DIRECT_URL").rstrip("/")))
        for address in filter(None, bases):
            await check_media_stream(address, token, reporter)


def _local_system(context: Context) -> _Local:
    try:
        environment = environment_of(context.home)
    except SystemNotRunning:
        environment = {}
    running = is_running(context.home)
    system_id = environment.get("PARLEY_SYSTEM_ID", "") if running else ""
    port = environment.get("PARLEY_EDGE_PORT") or context.variable("PARLEY_EDGE_PORT") or "8080"
    return _Local(running, system_id or context.variable("PARLEY_SYSTEM_ID"), port)


def _report_missing(local: _Local, reporter: Reporter, *, emulated: bool) -> None:
    if emulated:
        reporter.note(SUBJECT, "not set: the sandbox's telephone network needs none, the real Twilio does")
    else:
        reporter.failed(SUBJECT, f"not set: {_TUNNEL.format(port=local.port)}")


def _address_problem(parts: SplitResult, port: str, *, emulated: bool) -> str:
    """The defect of the address itself; empty if it has none."""
    tunnel = _TUNNEL.format(port=port)
    try:
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return f"not an address: {tunnel}"
    if parts.scheme not in ("http", "https") or not host:
        return f"not an address that starts with https://: {tunnel}"
    if parts.username or parts.query or parts.fragment:
        return "must have no user name, query or fragment"
    if re.search(r"/(voice|status|fallback|twilio/stream)$", parts.path):
        return f"must be the address alone, without {parts.path}"
    if emulated:
        return ""
    if _is_private(host):
        return f"Twilio cannot reach {host}, an address of this machine or network: {tunnel}"
    if parts.scheme == "http":
        return f"plain http: Twilio opens media streams over wss only; {tunnel}"
    return ""


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".local", ".localhost", ".internal")) or "." not in host


async def _check_webhook(base: str, local: _Local, context: Context, reporter: Reporter) -> bool:
    """Post a request without a signature: this system's edge rejects it. True if it was the edge."""
    url = f"{base}/voice"
    try:
        response, body = await _post(context.client, url)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
        reason = describe(error)
        permanent = "resolve" in reason or reason.startswith("TLS")
        if local.running or permanent:
            reporter.failed(SUBJECT, f"{url}: {reason}. {_connection_remedy(reason, local.port)}")
        else:
            reporter.note(SUBJECT, f"{url}: {reason}. {_START_FIRST}")
        return False
    if response.status_code == 403 and body.startswith(UNSIGNED):
        return _compare_systems(response.headers.get(SYSTEM_HEADER, ""), local, reporter)
    found = describe_response(response, body)
    if found.no_server_behind and not local.running:
        reporter.note(SUBJECT, f"{found.text}. {_START_FIRST}")
    else:
        reporter.failed(SUBJECT, f"{found.text}: {found.remedy.format(port=local.port)}")
    return False


async def _post(client: httpx.AsyncClient, url: str) -> tuple[httpx.Response, str]:
    form, headers = {"CallSid": "CA" + "0" * 32}, {"User-Agent": _USER_AGENT}
    body = bytearray()
    async with (
        asyncio.timeout(_TIMEOUT_S),
        client.stream("POST", url, data=form, headers=headers, follow_redirects=False) as response,
    ):
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _MAX_BODY_BYTES:
                break
    return response, body.decode(errors="replace")


def _connection_remedy(reason: str, port: str) -> str:
    if "resolve" in reason:
        return "Check the spelling; the address of a free tunnel changes at each start."
    if "plain http" in reason:
        return "The address must be that of a server with TLS; forward it to the edge."
    if reason.startswith("TLS"):
        return "Twilio accepts valid certificates of public authorities only: renew or replace it."
    return f"Start the tunnel, and forward it to port {port}."


def _compare_systems(reached: str, local: _Local, reporter: Reporter) -> bool:
    if not local.running:
        reporter.ok(SUBJECT, "leads to an edge that rejects unsigned requests; none runs on this machine")
    elif reached == local.system_id:
        reporter.ok(SUBJECT, "leads to this system, which rejects unsigned requests")
    else:
        text = "leads to another Parley system than the one on this machine"
        reporter.failed(SUBJECT, f"{text}: stop that one, or forward the address to port {local.port} here")
        return False
    return True

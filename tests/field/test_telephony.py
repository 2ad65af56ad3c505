"""Webhooks as numbers are really configured, accounts as they really are, and fallbacks that end."""

import asyncio
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import av
import httpx
import pytest
from twilio.request_validator import RequestValidator

from parley.bus import Bus, connect, subjects
from parley.v1.call_pb2 import CallStarted, VoicemailRecorded, VoicemailStored
from services.recorder.storage.object_store import open_recordings
from services.recorder.voicemails import VoicemailStore
from services.stt.settings import SttSettings
from tests.call_log import read_bodies
from tests.field.line import Line, open_line
from tests.field.rows import Seen, row
from tests.integration.edge_process import ACCOUNT, TOKEN, EdgeProcess, running_edge
from tests.nats_server import NatsServer

SUBACCOUNT, OTHER_TOKEN, SHARED_KEY = "AC" + "2" * 32, "other token", "shared-key"
CALLER, CALLED = "+15550100001", "+15550100000"
_CALLS = iter(range(1, 1000))

VOICEMAIL = """
prompt: p
fallback: {then: voicemail}
"""
TRANSFER = """
prompt: p
fallback: {then: transfer, number: "+15550100005"}
"""


@pytest.fixture
async def edge(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[EdgeProcess]:
    """An edge with a main account, a subaccount, a region and the shared key of a webhook rule."""
    accounts = (
        f'[{{"account_sid": "{SUBACCOUNT}", "auth_token": "{OTHER_TOKEN}"}},'
        f' {{"account_sid": "{ACCOUNT}", "auth_token": "irish", "region": "ie1", "edge": "dublin"}}]'
    )
    settings = {"PARLEY_TWILIO_ACCOUNTS": accounts, "PARLEY_TWILIO_SIGNING_KEYS": f"retired, {SHARED_KEY}"}
    async with (
        connect(nats_server.url, "t", timeout_s=30) as bus,
        running_edge(nats_server.url, bus, tmp_path, **settings) as running,
    ):
        yield running


async def request(
    edge: EdgeProcess,
    method: str = "POST",
    path: str = "/voice",
    secret: str = TOKEN,
    algorithm: str = "",
    **params: str,
) -> tuple[httpx.Response, str]:
    """Send a signed webhook of a new call; returns the response and the CallSid."""
    call_sid = f"CA{next(_CALLS):032x}"
    form = {"CallSid": call_sid, "AccountSid": ACCOUNT, "From": CALLER, "To": CALLED, **params}
    async with httpx.AsyncClient(timeout=20) as client:
        url = edge.url + path
        if method == "GET":
            built = client.build_request(method, f"{url}{'&' if '?' in url else '?'}{urlencode(form)}")
        else:
            built = client.build_request(method, url, data=form)
        signed = {} if method == "GET" else form
        signature = RequestValidator(secret).compute_signature(str(built.url), signed, algorithm or None)
        built.headers["X-Twilio-Signature"] = signature
        if algorithm:
            built.headers["X-Twilio-Webhooks-Signature-Settings"] = f"key=k,algorithm={algorithm}"
        return await client.send(built), call_sid


async def call_started(edge: EdgeProcess, call_sid: str) -> CallStarted:
    """The first event of a call."""
    [started] = [body for body in await read_bodies(edge.bus, call_sid) if isinstance(body, CallStarted)]
    return started


@row("P5", "webhooks by GET or POST, with superfluous slashes", "accepted")
async def test_any_form_of_a_webhook(edge: EdgeProcess, seen: Seen) -> None:
    """A redirect would lose the form, and lead to http:// behind a proxy."""
    paths = ("/voice", "/voice/", "//voice", "/voice/?agent=clinic", "/status", "/status/", "/fallback//")
    statuses = []
    for method, path in product(("GET", "POST"), paths):
        response, call_sid = await request(edge, method, path, CallStatus="ringing", Direction="inbound")
        statuses.append(response.status_code)
        if "status" not in path:
            assert "<Connect>" in response.text
            [started] = [
                body for body in await read_bodies(edge.bus, call_sid) if isinstance(body, CallStarted)
            ]
            assert (started.from_number, started.to_number) == (CALLER, CALLED)
    seen(f"{len(statuses)} requests: {sorted(set(statuses))}")

    assert set(statuses) == {200, 204}


@row("P5", "a wrong path or method in the number's configuration", "refused with a line that names the fix")
async def test_a_wrong_webhook(edge: EdgeProcess, seen: Seen) -> None:
    """The operator finds it in the log."""
    cases = [("PUT", "/voice", 405), ("POST", "/", 404), ("GET", "/voices", 404), ("POST", "/vioce", 404)]
    for method, path, status in cases:
        response, _ = await request(edge, method, path)
        assert response.status_code == status
    entries = [entry for entry in edge.log_entries() if entry["event"] == "webhook_refused"]
    seen([f"{entry['method']} {entry['path']}: {entry['status']}" for entry in entries])

    assert [(entry["method"], entry["path"], entry["status"]) for entry in entries] == cases
    assert all("/voice" in entry["remedy"] or "POST" in entry["remedy"] for entry in entries)


@row("P5", "requests that Twilio never sends, unsigned or signed", "no 500")
async def test_any_request(edge: EdgeProcess, seen: Seen) -> None:
    """The response is a refusal, or serves the call without the part that is wrong."""
    statuses = [response.status_code async for response in refused_requests(edge)]
    refused = set(statuses)
    paths = ("/voice?agent=%00", f"/voice?agent={'a' * 300}", "/fallback", "/status", "/voicemail")
    fields = ("From", "ErrorUrl", "RecordingDuration", "StreamSid")
    for path, field, value in product(paths, fields, ("\x00", "x" * 20_000, "\u0661\u0662", "http://[")):
        response, _ = await request(edge, path=path, **{field: value})
        statuses.append(response.status_code)
    seen(f"{len(statuses)} requests: {sorted(set(statuses))}")

    assert refused <= {200, 400, 403, 404, 405, 413, 415, 422}
    assert set(statuses) - refused <= {200, 204}


async def refused_requests(edge: EdgeProcess) -> AsyncIterator[httpx.Response]:
    """Send malformed requests without a valid signature; yields the responses."""
    form = "application/x-www-form-urlencoded"
    bodies = (
        (b"", ""),
        (b"\xff\xfe%ff=%00&CallSid=%ed%a0%80", form),
        (b"CallSid=" + b"A" * 300_000, form),
        (b"--x\r\ncontent-disposition: form-data\r\n\r\n", "multipart/form-data; boundary=x"),
        (b'{"to": 1}', "application/json"),
    )
    paths = ("/voice", "/status?x=%ff%00", "/fallback?agent=%00", "/voicemail", "/calls", "/%ff/%00")
    async with httpx.AsyncClient(timeout=20) as client:
        for path, method, (body, kind) in product(paths, ("POST", "GET", "HEAD"), bodies):
            headers = [
                (b"content-type", kind.encode()),
                (b"x-twilio-signature", b"\xff"),
                (b"x-forwarded-host", b"[::1"),
                (b"x-forwarded-proto", b","),
            ]
            yield await client.request(method, edge.url + path, content=body, headers=headers)


ACCEPTED = [
    (TOKEN, "", ACCOUNT, ""),
    (OTHER_TOKEN, "", SUBACCOUNT, ""),
    ("irish", "", ACCOUNT, "ie1"),
    (SHARED_KEY, "HMAC_SHA256", SUBACCOUNT, ""),
    (SHARED_KEY, "HMAC_SHA1", ACCOUNT, ""),
]


@row(
    "P6",
    "webhooks of the account, a subaccount, another region, webhook rules with HMAC-SHA256 and HMAC-SHA1",
    "accepted; the call's account and region are in its log",
)
async def test_accounts(edge: EdgeProcess, seen: Seen) -> None:
    """REST requests for the call are then made with the credentials of its account."""
    found = []
    for secret, algorithm, account, region in ACCEPTED:
        response, call_sid = await request(edge, secret=secret, algorithm=algorithm, AccountSid=account)
        started = await call_started(edge, call_sid)
        found.append((response.status_code, started.account_sid[:3], started.region or "us1"))
        assert (response.status_code, started.account_sid, started.region) == (200, account, region)
    seen(found)


@row("P6", "a token, region or webhook rule that is not configured", "403; the log line names the cause")
async def test_unknown_accounts(edge: EdgeProcess, seen: Seen) -> None:
    """Not only that the signature is wrong."""
    cases = [
        ("unknown", "", "AC" + "3" * 32, "PARLEY_TWILIO_ACCOUNTS"),
        ("rotated", "", ACCOUNT, "region"),
        ("another key", "HMAC_SHA256", ACCOUNT, "PARLEY_TWILIO_SIGNING_KEYS"),
    ]
    reasons = []
    for secret, algorithm, account, remedy in cases:
        response, call_sid = await request(edge, secret=secret, algorithm=algorithm, AccountSid=account)
        entry = await edge.wait_for_error("twilio_signature_invalid", call_sid)
        reasons.append(entry["reason"])
        assert response.status_code == 403
        assert remedy in entry["remedy"]
    seen(reasons)


@row("P7", "a request on a connection that was idle for 6 s", "answered on the same connection")
async def test_idle_connections(edge: EdgeProcess, seen: Seen) -> None:
    """A load balancer keeps its connections for a minute."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(edge.url.rpartition(":")[2]))
    probe = b"GET /livez HTTP/1.1\r\nhost: edge\r\n\r\n"
    try:
        statuses = []
        for pause_s in (0, 6):
            await asyncio.sleep(pause_s)
            writer.write(probe)
            async with asyncio.timeout(30):
                statuses.append(int((await reader.readuntil(b"\r\n\r\n")).split()[1]))
                await reader.read(3)
    finally:
        writer.close()
    seen(statuses)

    assert statuses == [200, 200]


@pytest.fixture
async def line(nats_server: NatsServer, tmp_path: Path, agent_file: str) -> AsyncIterator[Line]:
    """A line with an agent whose media streams are refused, so that its fallback follows."""
    agents = tmp_path / "agents"
    agents.mkdir()
    (agents / "clinic.yaml").write_text(agent_file, encoding="utf-8")
    async with open_line(nats_server.url, tmp_path, PARLEY_AGENTS_DIR=str(agents)) as opened:
        yield opened


async def fall_back(line: Line, steps: list[Any], **more: Any) -> tuple[str, list[dict[str, Any]]]:
    """Call the number while streams are refused; returns the CallSid and the call's events."""
    urls = {"voice_url": f"{line.proxy.url}/voice", "status_callback_url": f"{line.proxy.url}/status"}
    faults = {"refused_streams": 1000}
    call_sid = await line.start_call(steps, **urls, faults=faults, **more)
    return call_sid, await line.events(call_sid)


@row("P3", "the fallback is a voicemail", "recorded once, goodbye, the recording is copied and in the log")
@pytest.mark.parametrize("agent_file", [VOICEMAIL])
async def test_voicemail(line: Line, seen: Seen, tmp_path: Path) -> None:
    """Without an action, Twilio requests the same document again, and records again.

    The recording is available at Twilio some time after the message has ended, and no recorder runs before.
    """
    store = VoicemailStore(open_recordings(tmp_path.as_uri()))
    bus = line.edge.bus
    call_sid, events = await fall_back(line, [{"pause": 60_000}])
    async with bus.requests.respond(subjects.STORE_VOICEMAIL, store.store, queue="recorders"):
        copied = await _copied_voicemail(bus, call_sid)
    announcements = [event["text"] for event in events if event["kind"] == "say"]
    bodies = await read_bodies(line.edge.bus, call_sid)
    stored = [body for body in bodies if isinstance(body, VoicemailRecorded)]
    seen(f"{len(announcements)} announcements, last {announcements[-1]!r}; {len(stored)} stored")

    assert len(announcements) == 3
    assert "Goodbye" in announcements[-1]
    assert [body.recording_sid[:2] for body in stored] == ["RE"]
    assert stored[0].recording_url
    assert copied.url.endswith(f"/{call_sid}.voicemail.mp3")
    with av.open(copied.url.removeprefix("file://")) as audio:
        assert abs(float(audio.duration or 0) / 1e6 - stored[0].duration_ms / 1000) < 1
    assert events[-1]["kind"] == "ended"


async def _copied_voicemail(bus: Bus, call_sid: str) -> VoicemailStored:
    async with asyncio.timeout(20):
        while True:
            for body in await read_bodies(bus, call_sid):
                if isinstance(body, VoicemailStored):
                    return body
            await asyncio.sleep(0.2)


@row("P4", "a SIP or client caller is transferred", "<Dial> has the called number as callerId")
@pytest.mark.parametrize("agent_file", [TRANSFER])
async def test_transfer(line: Line, seen: Seen) -> None:
    """Twilio refuses the transfer otherwise (13214)."""
    callee = {"script": {"steps": ["hang_up"]}, "ring_s": 0}
    await line.client.put("/sandbox/callees/+15550100005", json=callee)
    shown = {}
    for caller in ("sip:anna@example.com", "client:anna", "Anonymous", CALLER):
        call_sid, events = await fall_back(line, [{"pause": 20_000}, "hang_up"], **{"from": caller})
        calls = (await line.client.get("/sandbox/calls")).json()["calls"]
        [leg] = [call for call in calls if call["parent_call_sid"] == call_sid]
        shown[caller] = leg["from"]
        assert leg["status"] == "completed"
        assert 13214 not in [event["code"] for event in events if event["kind"] == "warning"]
    seen(shown)

    assert set(shown.values()) == {CALLED, CALLER}
    assert shown[CALLER] == CALLER


@row("P6", "a call by GET, with slashes, signed by a webhook rule with HMAC-SHA256", "the call is answered")
async def test_a_call_by_get_with_a_webhook_rule(nats_server: NatsServer, tmp_path: Path, seen: Seen) -> None:
    """Webhooks and the media stream are signed with the shared key."""
    key = {"PARLEY_TWILIO_SIGNING_KEYS": SHARED_KEY}
    async with open_line(nats_server.url, tmp_path, **key) as line:
        changes = {"voice_method": "GET", "webhook_rule_key": SHARED_KEY}
        assert (await line.client.patch("/sandbox/settings", json=changes)).status_code == 200
        urls = {"voice_url": f"{line.proxy.url}//voice/", "status_callback_url": f"{line.proxy.url}/status/"}
        call_sid = await line.start_call([{"pause": 1000}, "hang_up"], **urls)
        kinds = [event["kind"] for event in await line.events(call_sid)]
    seen([kind for kind in kinds if kind in ("stream_started", "say", "ended")])

    assert "stream_started" in kinds
    assert "say" not in kinds


@row(
    "P8",
    "an stt process with its defaults; Deepgram pay as you go allows 50 streams",
    "takes at most 50 calls",
)
def test_the_default_capacity(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call has a stream; further calls wait for another process."""
    monkeypatch.delenv("PARLEY_MAX_CALLS", raising=False)
    capacity = SttSettings().max_calls
    seen(f"{capacity} calls")

    assert capacity <= 50

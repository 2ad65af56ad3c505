"""Faults that `parley doctor` must find; `make doctor-findings` writes docs/doctor.md from them."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from cli.doctor.command import silence_logs
from cli.doctor.finding import Finding
from tests.doctor_provider_faults import PROVIDER_FAULTS
from tests.doctor_sandbox import (
    AGENT,
    HTML,
    DoctorSandbox,
    Fault,
    Reply,
    open_doctor_sandbox,
    setting,
    variable,
)

PAGE = Path(__file__).parents[1] / "docs" / "doctor.md"
_OTHER_TOKEN = {"TWILIO_AUTH_TOKEN": "0123456789abcdef"}
OWNED, OTHER = "+15550100000", "+15550100001"


def _agent(before: str, after: str) -> Callable[[DoctorSandbox], None]:
    return lambda sandbox: sandbox.write_agent(AGENT.format(model="sandbox-clinic").replace(before, after))


def _number(**changes: object) -> Callable[[DoctorSandbox], None]:
    return setting("twilio", numbers=[{"phone_number": OWNED, **changes}])


def _server(variable: str, replies: dict[str, Reply], path: str = "") -> Callable[[DoctorSandbox], None]:
    """Point a provider's variable at the server that sends anything."""

    def change(sandbox: DoctorSandbox) -> None:
        sandbox.any_server.replies.update(replies)
        sandbox.environment[variable] = sandbox.any_url + path

    return change


_MODEL = {"id": "sandbox-clinic", "object": "model"}


def _openai(chat: Reply, **model: object) -> Callable[[DoctorSandbox], None]:
    return _server(
        "OPENAI_BASE_URL",
        {
            "/v1/models": Reply(body={"data": [_MODEL]}),
            "/v1/models/sandbox-clinic": Reply(body={**_MODEL, **model}),
            "/v1/chat/completions": chat,
        },
        "/v1",
    )


def _openai_error(status: int, message: str, code: str | None = None, param: str | None = None) -> Reply:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return Reply(status, {"error": error})


_PLAN = {"tier": "free", "character_count": 0, "character_limit": 10_000, "status": "free"}
_VOICE = {"voice_id": "sandboxVoiceOwn00001", "name": "Riverside", "category": "professional"}


def _elevenlabs(speech: Reply, plan: Reply | None = None) -> Callable[[DoctorSandbox], None]:
    return _server(
        "PARLEY_ELEVENLABS_URL",
        {
            "/v1/user/subscription": plan or Reply(body=_PLAN),
            "/v1/voices": Reply(body={"voices": [_VOICE]}),
            "/v1/text-to-speech": speech,
        },
    )


def _deepgram(listen: Reply) -> Callable[[DoctorSandbox], None]:
    replies = {
        "/v1/projects": Reply(body={"projects": [{"project_id": "p1"}]}),
        "/v1/projects/p1/balances": Reply(body={"balances": [{"amount": 20, "units": "usd"}]}),
        "/v1/listen": listen,
    }
    return _server("PARLEY_DEEPGRAM_URL", replies)


def _twilio(reply: Reply) -> Callable[[DoctorSandbox], None]:
    return _server("PARLEY_TWILIO_URL", {"/2010-04-01": reply})


def _public(voice: Reply, stream: Reply | None = None) -> Callable[[DoctorSandbox], None]:
    return _server("PARLEY_PUBLIC_URL", {"/voice": voice, "/twilio/stream": stream or voice})


_EDGE = Reply(403, "not signed by Twilio\n", {"x-parley-system": ""})

FAULTS = (
    # OpenAI
    Fault("invalid key", "openai", "OPENAI_API_KEY", variable(OPENAI_API_KEY="bad-key-of-nobody")),
    Fault("model that does not exist", "openai", "model", _agent("sandbox-clinic", "gpt-6-lunar")),
    Fault(
        "model that the key may not use",
        "openai",
        "llm",
        _openai(
            _openai_error(403, "Project does not have access to model `sandbox-clinic`", "model_not_found")
        ),
    ),
    Fault(
        "model that ends",
        "openai",
        "model",
        _openai(_openai_error(500, ""), shutdown_date="2099-01-14"),
        "note",
    ),
    Fault(
        "model that has ended", "openai", "model", _openai(_openai_error(404, ""), shutdown_date="2026-01-14")
    ),
    Fault(
        "no credit",
        "openai",
        "llm",
        _openai(_openai_error(429, "You exceeded your current quota", "insufficient_quota")),
    ),
    Fault("rate limit", "openai", "llm", setting("openai", llm_refuse=429)),
    Fault(
        "parameter that the model refuses",
        "openai",
        "llm",
        _openai(
            _openai_error(
                400,
                "Unsupported value: 'max_completion_tokens' is too small",
                "unsupported_value",
                "max_tokens",
            )
        ),
    ),
    Fault("server error", "openai", "llm", setting("openai", llm_refuse=503)),
    Fault("no answer", "openai", "llm", setting("openai", llm_fault="hang")),
    Fault("HTML page in place of JSON", "openai", "llm", _openai(Reply(200, HTML))),
    Fault(
        "empty answer",
        "openai",
        "llm",
        _openai(
            Reply(
                200,
                'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":""},"finish_reason":"length"}]}\n\ndata: [DONE]\n\n',
                {"content-type": "text/event-stream"},
            )
        ),
    ),
    Fault("malformed stream", "openai", "llm", setting("openai", llm_fault="garbage")),
    Fault(
        "redirect",
        "openai",
        "models",
        _server("OPENAI_BASE_URL", {"/v1": Reply(302, "", {"location": "https://example.com/login"})}, "/v1"),
        "note",
    ),
    Fault("address without a server", "openai", "llm", variable(OPENAI_BASE_URL="http://127.0.0.1:1/v1")),
    Fault(
        "name that does not resolve",
        "openai",
        "llm",
        variable(OPENAI_BASE_URL="http://no-such-host.invalid/v1"),
    ),
    Fault(
        "https to a plain http port",
        "openai",
        "llm",
        lambda s: s.environment.update(OPENAI_BASE_URL=s.any_url.replace("http", "https") + "/v1"),
    ),
    # Deepgram
    Fault("invalid key", "deepgram", "DEEPGRAM_API_KEY", variable(DEEPGRAM_API_KEY="bad-key-of-nobody")),
    Fault("no credit left", "deepgram", "credit", setting("deepgram", stt_balance=0)),
    Fault("little credit left", "deepgram", "credit", setting("deepgram", stt_balance=1.5), "note"),
    Fault(
        "key that cannot read the credit",
        "deepgram",
        "credit",
        setting("deepgram", stt_member_key=True),
        "note",
    ),
    Fault("402 at the handshake", "deepgram", "stt", setting("deepgram", stt_refuse=402)),
    Fault("model that the key may not use", "deepgram", "stt", setting("deepgram", stt_refuse=403)),
    Fault("too many streams", "deepgram", "stt", setting("deepgram", stt_refuse=429)),
    Fault("option that is refused", "deepgram", "stt", setting("deepgram", stt_refuse=400)),
    Fault("server error", "deepgram", "stt", setting("deepgram", stt_refuse=503)),
    Fault("no transcript", "deepgram", "stt", _deepgram(Reply(101))),
    Fault("connection closed after the handshake", "deepgram", "stt", _deepgram(Reply(101, "no thanks"))),
    Fault("HTML page in place of a WebSocket", "deepgram", "stt", _deepgram(Reply(200, HTML))),
    # ElevenLabs
    Fault(
        "invalid key", "elevenlabs", "ELEVENLABS_API_KEY", variable(ELEVENLABS_API_KEY="bad-key-of-nobody")
    ),
    Fault("voice that does not exist", "elevenlabs", "voice", _agent("sandboxVoiceOwn00001", "gone")),
    Fault(
        "no voice in the agent file",
        "elevenlabs",
        "voice",
        _agent("  voice: sandboxVoiceOwn00001", "  speed: 1.0"),
        "note",
    ),
    Fault(
        "default voice",
        "elevenlabs",
        "voice",
        _agent("sandboxVoiceOwn00001", "sandboxVoicePremade1"),
        "note",
    ),
    Fault(
        "voice outside the account",
        "elevenlabs",
        "voice",
        _agent("sandboxVoiceOwn00001", "21m00Tcm4TlvDq8ikWAM"),
        "note",
    ),
    Fault(
        "voice that the plan excludes (402)",
        "elevenlabs",
        "tts",
        _elevenlabs(
            Reply(
                402,
                {
                    "detail": {
                        "status": "paid_plan_required",
                        "message": "Free users cannot use library voices via the API.",
                    }
                },
            )
        ),
    ),
    Fault("characters used up", "elevenlabs", "plan", setting("elevenlabs", tts_characters_used=100_000)),
    Fault(
        "few characters left",
        "elevenlabs",
        "plan",
        setting("elevenlabs", tts_characters_used=99_000),
        "note",
    ),
    Fault(
        "payment overdue",
        "elevenlabs",
        "plan",
        _elevenlabs(Reply(500), Reply(body={**_PLAN, "tier": "creator", "status": "past_due"})),
    ),
    Fault(
        "quota exceeded at the request",
        "elevenlabs",
        "tts",
        setting("elevenlabs", tts_refuse="quota_exceeded"),
    ),
    Fault(
        "key without permissions",
        "elevenlabs",
        "plan",
        setting("elevenlabs", tts_missing_permissions=["user_read", "voices_read"]),
        "note",
    ),
    Fault(
        "blocked network", "elevenlabs", "tts", setting("elevenlabs", tts_refuse="detected_unusual_activity")
    ),
    Fault(
        "too many requests at once",
        "elevenlabs",
        "tts",
        setting("elevenlabs", tts_refuse="too_many_concurrent_requests"),
    ),
    Fault("server error", "elevenlabs", "tts", setting("elevenlabs", tts_refuse="something_went_wrong")),
    Fault(
        "HTML page in place of JSON",
        "elevenlabs",
        "plan",
        _server("PARLEY_ELEVENLABS_URL", {"/": Reply(200, HTML)}),
        "note",
    ),
    *PROVIDER_FAULTS,
    # Twilio
    Fault("wrong token", "twilio", "account", variable(**_OTHER_TOKEN)),
    Fault(
        "API key in place of the account",
        "twilio",
        "TWILIO_ACCOUNT_SID",
        variable(TWILIO_ACCOUNT_SID="SK" + "1" * 32),
    ),
    Fault("account not set", "twilio", "TWILIO_ACCOUNT_SID", variable(TWILIO_ACCOUNT_SID="")),
    Fault("suspended account", "twilio", "account", setting("twilio", account_status="suspended")),
    Fault("trial account", "twilio", "account", setting("twilio", account_type="Trial"), "note"),
    Fault("no credit left", "twilio", "credit", setting("twilio", balance="-0.30")),
    Fault("little credit left", "twilio", "credit", setting("twilio", balance="1.20"), "note"),
    Fault("no number", "twilio", "number", setting("twilio", numbers=[])),
    Fault(
        "webhook of an old tunnel", "twilio", "number", _number(voice_url="https://old.ngrok-free.app/voice")
    ),
    Fault("number without a webhook", "twilio", "number", _number(voice_url="")),
    Fault("webhook by GET", "twilio", "number", _number(voice_method="GET")),
    Fault(
        "no fallback and no status callback",
        "twilio",
        "number",
        _number(voice_fallback_url="", status_callback=""),
        "note",
    ),
    Fault(
        "TwiML application overrides the webhook",
        "twilio",
        "number",
        _number(voice_application_sid="AP" + "1" * 32),
    ),
    Fault("SIP trunk overrides the webhook", "twilio", "number", _number(trunk_sid="TK" + "1" * 32)),
    Fault("number without voice", "twilio", "number", _number(voice=False)),
    Fault("number that receives faxes", "twilio", "number", _number(voice_receive_mode="fax")),
    Fault(
        "agent of a number that does not exist",
        "twilio",
        f"number {OWNED} agent",
        lambda s: _number(voice_url=s.environment["PARLEY_PUBLIC_URL"] + "/voice?agent=sales")(s),
    ),
    Fault("caller id that is not owned", "twilio", "PARLEY_FROM_NUMBER", variable(PARLEY_FROM_NUMBER=OTHER)),
    Fault("HTML page in place of JSON", "twilio", "account", _twilio(Reply(200, HTML))),
    Fault(
        "too many requests",
        "twilio",
        "account",
        _twilio(Reply(429, {"code": 20429, "message": "Too Many Requests", "status": 429})),
    ),
    Fault("server error", "twilio", "account", _twilio(Reply(503, HTML))),
    # Public address
    Fault(
        "not set",
        "public address",
        "PARLEY_PUBLIC_URL",
        lambda s: s.environment.update(PARLEY_PUBLIC_URL="", PARLEY_TWILIO_URL=""),
    ),
    Fault(
        "plain http",
        "public address",
        "PARLEY_PUBLIC_URL",
        lambda s: s.environment.update(PARLEY_PUBLIC_URL="http://calls.example.com", PARLEY_TWILIO_URL=""),
    ),
    Fault(
        "address of this machine",
        "public address",
        "PARLEY_PUBLIC_URL",
        lambda s: s.environment.update(PARLEY_PUBLIC_URL="https://192.168.1.20:8080", PARLEY_TWILIO_URL=""),
    ),
    Fault(
        "address with a path",
        "public address",
        "PARLEY_PUBLIC_URL",
        variable(PARLEY_PUBLIC_URL="https://calls.example.com/voice"),
    ),
    Fault(
        "name that does not resolve",
        "public address",
        "PARLEY_PUBLIC_URL",
        variable(PARLEY_PUBLIC_URL="https://no-such-host.invalid"),
    ),
    Fault(
        "https address of a plain http server",
        "public address",
        "PARLEY_PUBLIC_URL",
        lambda s: s.environment.update(PARLEY_PUBLIC_URL=s.any_url.replace("http", "https")),
    ),
    Fault(
        "nothing listens",
        "public address",
        "PARLEY_PUBLIC_URL",
        variable(PARLEY_PUBLIC_URL="http://127.0.0.1:1"),
        "note",
    ),
    Fault("proxy without an edge", "public address", "PARLEY_PUBLIC_URL", _public(Reply(502, HTML)), "note"),
    Fault(
        "offline tunnel",
        "public address",
        "PARLEY_PUBLIC_URL",
        _public(Reply(404, HTML, {"ngrok-error-code": "ERR_NGROK_3200"})),
    ),
    Fault(
        "tunnel's browser warning",
        "public address",
        "PARLEY_PUBLIC_URL",
        _public(Reply(511, HTML, {"ngrok-error-code": "ERR_NGROK_6024"})),
    ),
    Fault("another program", "public address", "PARLEY_PUBLIC_URL", _public(Reply(200, HTML))),
    Fault(
        "another program without the path", "public address", "PARLEY_PUBLIC_URL", _public(Reply(404, HTML))
    ),
    Fault(
        "redirect",
        "public address",
        "PARLEY_PUBLIC_URL",
        _public(Reply(301, "", {"location": "https://www.example.com/voice"})),
    ),
    Fault("login page before the edge", "public address", "PARLEY_PUBLIC_URL", _public(Reply(403, HTML))),
    Fault(
        "webhook without an answer", "public address", "PARLEY_PUBLIC_URL", _public(Reply(hang=True)), "note"
    ),
    Fault(
        "proxy without WebSockets (200)", "public address", "media stream", _public(_EDGE, Reply(200, HTML))
    ),
    Fault("proxy without WebSockets (400)", "public address", "media stream", _public(_EDGE, Reply(400))),
    Fault("proxy without WebSockets (426)", "public address", "media stream", _public(_EDGE, Reply(426))),
    Fault(
        "proxy that fails on WebSockets (502)",
        "public address",
        "media stream",
        _public(_EDGE, Reply(502, HTML)),
    ),
    Fault(
        "firewall before the media stream", "public address", "media stream", _public(_EDGE, Reply(403, HTML))
    ),
    Fault(
        "media stream's path not forwarded",
        "public address",
        "media stream",
        _public(_EDGE, Reply(404, HTML)),
    ),
    Fault(
        "redirect of the media stream",
        "public address",
        "media stream",
        _public(_EDGE, Reply(307, "", {"location": "https://example.com/"})),
    ),
    Fault("media stream closed at once", "public address", "media stream", _public(_EDGE, Reply(101, "no"))),
    Fault(
        "media stream without an answer", "public address", "media stream", _public(_EDGE, Reply(hang=True))
    ),
    Fault(
        "signature of another token",
        "public address",
        "media stream",
        variable(**_OTHER_TOKEN),
    ),
    # Agent and variables
    Fault("agent file that does not exist", "agent", "agent", variable(PARLEY_AGENT="nobody")),
    Fault("provider that does not exist", "agent", "agent", _agent("model: nova-3", "provider: deepgramm")),
    Fault(
        "tool without its token",
        "agent",
        "tool",
        _agent(
            "greeting:",
            "tools: [{name: book, description: Book., url: 'http://127.0.0.1:1', token_env: BOOKING_TOKEN}]\ngreeting:",
        ),
    ),
    Fault("key with a line break", "providers", "OPENAI_API_KEY", variable(OPENAI_API_KEY="sk-1\nsk-2")),
)


def normalized(text: str, sandbox: DoctorSandbox) -> str:
    """A finding's text without what differs between runs: the folder, ports, times, request ids."""
    text = text.replace(str(sandbox.folder), "agents")
    text = re.sub(r"127\.0\.0\.1:\d{2,5}", "HOST", text)
    text = re.sub(r"after \d+ ms", "after N ms", re.sub(r"\d{8}T\d{6}Z", "DATE", text))
    return re.sub(r" \(request req_\w+\)", "", text)


def documented(fault: Fault, finding: Finding, sandbox: DoctorSandbox) -> str:
    """The line of docs/doctor.md for a fault."""
    text = normalized(finding.text, sandbox)
    return f"- {fault.name}: **{finding.state}** {finding.subject}: {text}"


async def find(fault: Fault, sandbox: DoctorSandbox) -> Finding:
    """Set a fault and return what is found."""
    fault.set(sandbox)
    return await sandbox.find(fault.section, fault.subject)


async def _lines() -> AsyncIterator[str]:
    section = ""
    sections = list(dict.fromkeys(fault.section for fault in FAULTS))
    for fault in sorted(FAULTS, key=lambda fault: sections.index(fault.section)):
        if fault.section != section:
            section = fault.section
            yield f"\n## {section[:1].upper()}{section[1:]}\n"
        with tempfile.TemporaryDirectory() as folder:
            async with open_doctor_sandbox(Path(folder)) as sandbox:
                yield documented(fault, await find(fault, sandbox), sandbox)


async def _write() -> None:
    """Write docs/doctor.md: its introduction stays."""
    introduction = PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
    lines = [introduction.rstrip()]
    async for line in _lines():
        print(line, flush=True)  # noqa: T201 - a command
        lines.append(line)
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    silence_logs()
    asyncio.run(_write())

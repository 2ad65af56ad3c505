"""Faults of the providers that an agent may name in place of the default ones, for `parley doctor`."""

from collections.abc import Callable, Iterator

from tests.doctor_sandbox import HTML, DoctorSandbox, Fault, Reply, setting, variable

Change = Callable[[DoctorSandbox], None]
_SECTIONS = {
    "stt": "{model: nova-3}",
    "llm": "{model: sandbox-clinic}",
    "tts": "{voice: sandboxVoiceOwn00001}",
}
_NO_SERVER = "http://127.0.0.1:1"
_CARTESIA_VOICE = "5a5a5a5a-0000-4000-8000-000000000001"
_WRONG_KEY = "bad-key-of-nobody"


def _agent(kind: str, section: str, *changes: Change) -> Change:
    """Return what writes an agent with this section, and then makes changes."""

    def write(sandbox: DoctorSandbox) -> None:
        sections = {"llm": _SECTIONS["llm"]} if kind == "realtime" else dict(_SECTIONS)
        sections |= {kind: section, **({"mode": "realtime"} if kind == "realtime" else {})}
        lines = [f"{key}: {value}" for key, value in sections.items()]
        sandbox.write_agent("\n".join(("prompt: You answer the phone.", "greeting: Hello.", *lines)) + "\n")
        for change in changes:
            change(sandbox)

    return write


def _answering(url_variable: str, reply: Reply, path: str = "") -> Change:
    """Return what has a server send one reply to everything."""

    def change(sandbox: DoctorSandbox) -> None:
        sandbox.any_server.replies["/"] = reply
        sandbox.environment[url_variable] = sandbox.any_url + path

    return change


def _inspected(url_variable: str, path: str = "") -> Change:
    """Return what puts a server with an unknown certificate in place of the provider's."""
    return lambda sandbox: sandbox.environment.update({url_variable: sandbox.tls_url + path})


def _of_every_provider(
    name: str, kind: str, section: str, key: str, url: str, *, path: str = "", route: str = ""
) -> Iterator[Fault]:
    """The faults that each provider may have: its key, its address, the network."""
    route = route or f"{kind} {name}"
    first = key if name != "polly" else "credentials"
    busy = route if name not in ("cartesia", "polly") else "connection"
    yield Fault("invalid key", name, first, _agent(kind, section, variable(**{_secret(key): _WRONG_KEY})))
    yield Fault("key not set", name, first, _agent(kind, section, variable(**{key: ""})))
    yield Fault(
        "address without a server",
        name,
        "connection",
        _agent(kind, section, variable(**{url: _NO_SERVER + path})),
    )
    yield Fault("proxy that inspects TLS", name, "connection", _agent(kind, section, _inspected(url, path)))
    yield Fault(
        "HTML page of a firewall",
        name,
        first if name != "polly" else "connection",
        _agent(kind, section, _answering(url, Reply(403, HTML), path)),
    )
    yield Fault(
        "server error",
        name,
        busy,
        _agent(kind, section, _answering(url, Reply(503, {"error": "unavailable"}), path)),
    )


def _of_native_model(name: str) -> Iterator[Fault]:
    """The faults of a language model server with a protocol of its own."""
    section = f"{{provider: {name}}}"
    yield Fault("rate limit", name, "llm", _agent("llm", section, setting("openai", llm_refuse=429)))
    yield Fault("no answer", name, "llm", _agent("llm", section, setting("openai", llm_fault="hang")))


def _secret(key: str) -> str:
    """The variable whose value an emulator refuses if it begins with `bad`."""
    return "PARLEY_POLLY_ACCESS_KEY_ID" if "POLLY" in key else key


_ASSEMBLYAI = "{provider: assemblyai}"
_SCRIBE = "{provider: elevenlabs}"
_CARTESIA = f"{{provider: cartesia, voice: {_CARTESIA_VOICE}}}"
_AURA = "{provider: deepgram, voice: thalia}"
_POLLY = "{provider: polly, voice: Joanna}"
_OWN_KEYS = {"PARLEY_POLLY_ACCESS_KEY_ID": "", "PARLEY_POLLY_SECRET_ACCESS_KEY": ""}
_AWS_KEYS = {"AWS_ACCESS_KEY_ID": "AKIASANDBOX", "AWS_SECRET_ACCESS_KEY": "sandbox"}
_OTHER_SECRET = {"PARLEY_POLLY_SECRET_ACCESS_KEY": "other"}
_EXPIRED = {"AWS_SESSION_TOKEN": "expired"}

PROVIDER_FAULTS = (
    *_of_every_provider("assemblyai", "stt", _ASSEMBLYAI, "ASSEMBLYAI_API_KEY", "PARLEY_ASSEMBLYAI_URL"),
    Fault(
        "no credit",
        "assemblyai",
        "stt",
        _agent("stt", _ASSEMBLYAI, setting("assemblyai", assemblyai_refuse=4002)),
    ),
    Fault(
        "too many sessions",
        "assemblyai",
        "stt",
        _agent("stt", _ASSEMBLYAI, setting("assemblyai", assemblyai_refuse=3009)),
    ),
    Fault(
        "model that does not exist",
        "agent",
        "agent",
        _agent("stt", "{provider: assemblyai, model: universal-9}"),
    ),
    Fault(
        "superseded model",
        "assemblyai",
        "model",
        _agent("stt", "{provider: assemblyai, model: u3-rt-pro}"),
        "note",
    ),
    Fault(
        "no answer",
        "assemblyai",
        "stt",
        _agent("stt", _ASSEMBLYAI, setting("assemblyai", stt_fault="hang", stt_fault_after_s=0)),
    ),
    Fault(
        "slow transcript",
        "assemblyai",
        "stt",
        _agent("stt", _ASSEMBLYAI, setting("assemblyai", stt_final_ms=1500)),
        "note",
    ),
    # ElevenLabs, speech to text
    Fault(
        "no credit (Scribe)",
        "elevenlabs",
        "stt",
        _agent("stt", _SCRIBE, setting("elevenlabs", scribe_refuse="quota_exceeded")),
    ),
    Fault(
        "key that may not transcribe",
        "elevenlabs",
        "stt",
        _agent("stt", _SCRIBE, setting("elevenlabs", scribe_refuse="auth_error")),
    ),
    Fault(
        "terms that are not accepted",
        "elevenlabs",
        "stt",
        _agent("stt", _SCRIBE, setting("elevenlabs", scribe_refuse="unaccepted_terms")),
    ),
    Fault(
        "too many transcriptions at once",
        "elevenlabs",
        "stt",
        _agent("stt", _SCRIBE, setting("elevenlabs", scribe_refuse="rate_limited")),
    ),
    Fault(
        "slow transcript",
        "elevenlabs",
        "stt",
        _agent("stt", _SCRIBE, setting("elevenlabs", stt_final_ms=1500)),
        "note",
    ),
    # Deepgram, text to speech
    Fault("no credit (Aura)", "deepgram", "tts", _agent("tts", _AURA, setting("deepgram", speak_refuse=402))),
    Fault(
        "too many voices at once",
        "deepgram",
        "tts",
        _agent("tts", _AURA, setting("deepgram", speak_refuse=429)),
    ),
    Fault(
        "voice that does not exist", "deepgram", "tts", _agent("tts", "{provider: deepgram, voice: nobody}")
    ),
    Fault(
        "voice of another language",
        "agent",
        "agent",
        _agent("tts", "{provider: deepgram, voice: aura-2-thalia-en, language: de}"),
    ),
    Fault("proxy that inspects TLS", "deepgram", "connection", _inspected("PARLEY_DEEPGRAM_URL")),
    # Cartesia
    *_of_every_provider("cartesia", "tts", _CARTESIA, "CARTESIA_API_KEY", "PARLEY_CARTESIA_URL"),
    Fault(
        "no credit",
        "cartesia",
        "tts",
        _agent("tts", _CARTESIA, setting("cartesia", cartesia_refuse="quota_exceeded")),
    ),
    Fault(
        "too many contexts",
        "cartesia",
        "tts",
        _agent("tts", _CARTESIA, setting("cartesia", cartesia_refuse="concurrency_limited")),
    ),
    Fault(
        "model that does not exist",
        "cartesia",
        "tts",
        _agent("tts", f"{{provider: cartesia, model: sonic-99, voice: {_CARTESIA_VOICE}}}"),
    ),
    Fault(
        "model that has ended", "agent", "agent", _agent("tts", "{provider: cartesia, model: sonic-english}")
    ),
    Fault(
        "voice that does not exist",
        "cartesia",
        "voice",
        _agent("tts", "{provider: cartesia, voice: 5a5a5a5a-0000-4000-8000-00000000000f}"),
    ),
    Fault(
        "slow voice",
        "cartesia",
        "tts",
        _agent("tts", _CARTESIA, setting("cartesia", first_byte_ms=1500)),
        "note",
    ),
    # Amazon Polly
    *_of_every_provider("polly", "tts", _POLLY, "PARLEY_POLLY_SECRET_ACCESS_KEY", "PARLEY_POLLY_URL"),
    Fault("no credentials", "polly", "credentials", _agent("tts", _POLLY, variable(**_OWN_KEYS))),
    Fault(
        "secret of another key",
        "polly",
        "credentials",
        _agent("tts", _POLLY, variable(**_OTHER_SECRET)),
    ),
    Fault(
        "session token that has expired",
        "polly",
        "credentials",
        _agent("tts", _POLLY, variable(**_OWN_KEYS, **_AWS_KEYS, **_EXPIRED)),
    ),
    Fault(
        "profile that does not exist",
        "polly",
        "credentials",
        _agent("tts", _POLLY, variable(**_OWN_KEYS, AWS_PROFILE="nobody")),
    ),
    Fault(
        "no region",
        "polly",
        "credentials",
        _agent("tts", _POLLY, variable(PARLEY_POLLY_REGION="", PARLEY_POLLY_URL="")),
    ),
    Fault("wrong clock", "polly", "credentials", _agent("tts", _POLLY, setting("polly", polly_clock_s=3600))),
    Fault(
        "role that may not list voices",
        "polly",
        "voices",
        _agent("tts", _POLLY, setting("polly", polly_refuse_voices="AccessDeniedException")),
        "note",
    ),
    Fault(
        "role that may not speak",
        "polly",
        "tts",
        _agent("tts", _POLLY, setting("polly", polly_refuse="AccessDeniedException")),
    ),
    Fault(
        "too many requests",
        "polly",
        "tts",
        _agent("tts", _POLLY, setting("polly", polly_refuse="ThrottlingException")),
    ),
    Fault(
        "voice that does not exist",
        "polly",
        "voice",
        _agent("tts", "{provider: polly, voice: Nobody, language: de}"),
    ),
    Fault(
        "voice without the engine",
        "polly",
        "voice",
        _agent("tts", "{provider: polly, voice: Laura, model: generative, language: nl}"),
    ),
    Fault("engine that does not exist", "agent", "agent", _agent("tts", "{provider: polly, model: turbo}")),
    Fault("slow voice", "polly", "tts", _agent("tts", _POLLY, setting("polly", first_byte_ms=1500)), "note"),
    # Anthropic and Gemini
    *_of_every_provider(
        "anthropic", "llm", "{provider: anthropic}", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"
    ),
    Fault(
        "model that does not exist",
        "anthropic",
        "model",
        _agent("llm", "{provider: anthropic, model: claude-haiku-9}"),
    ),
    *_of_native_model("anthropic"),
    Fault(
        "slow answer",
        "anthropic",
        "llm",
        _agent("llm", "{provider: anthropic}", setting("openai", first_token_ms=2500)),
        "note",
    ),
    *_of_every_provider("gemini", "llm", "{provider: gemini}", "GEMINI_API_KEY", "GEMINI_BASE_URL"),
    Fault(
        "model that does not exist", "gemini", "model", _agent("llm", "{provider: gemini, model: gemini-9}")
    ),
    *_of_native_model("gemini"),
    # OpenAI, other than language models
    Fault("proxy that inspects TLS", "openai", "llm", _inspected("OPENAI_BASE_URL", "/v1")),
    Fault(
        "rate limit (transcription)",
        "openai",
        "stt",
        _agent("stt", "{provider: openai}", setting("openai", realtime_refuse=429)),
    ),
    Fault(
        "no credit (transcription)",
        "openai",
        "stt",
        _agent("stt", "{provider: openai}", setting("openai", realtime_error="insufficient_quota")),
    ),
    Fault(
        "server error (speech to speech)",
        "openai",
        "realtime",
        _agent("realtime", "{}", setting("openai", realtime_refuse=503)),
    ),
    Fault(
        "speech-to-speech model that does not exist",
        "openai",
        "realtime",
        _agent("realtime", "{model: gpt-realtime-99}"),
    ),
)

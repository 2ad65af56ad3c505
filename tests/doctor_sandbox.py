"""Emulators of all providers, the edge's answers, and a server that sends anything, for `parley doctor`."""

import asyncio
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import trustme
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from cli.doctor.command import DoctorOptions, examine
from cli.doctor.finding import Finding, State
from cli.providers import SANDBOX_SID, SANDBOX_TOKEN
from parley.runtime.health import serve
from sandbox.assemblyai.app import AssemblyAiEmulator
from sandbox.assemblyai.settings import AssemblyAiSandboxSettings
from sandbox.caller.utterance import oracle_registration
from sandbox.caller.voice_bank import load_bank
from sandbox.cartesia.app import CartesiaEmulator
from sandbox.cartesia.settings import CartesiaSandboxSettings
from sandbox.deepgram.app import DeepgramEmulator
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.elevenlabs.app import ElevenLabsEmulator
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.emulator import RuntimeSettings
from sandbox.language_models.app import language_models_app
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from sandbox.polly.app import PollyEmulator
from sandbox.polly.settings import PollySandboxSettings
from sandbox.recognition.oracle import Oracle
from sandbox.twilio.app import twilio_app
from sandbox.twilio.network import open_network
from sandbox.twilio.settings import TwilioSandboxSettings
from services.edge.settings import EdgeSettings
from services.edge.twilio.request_gate import TwilioRequestGate
from services.edge.twilio.webhook_request import read_webhook

SYSTEM_ID = "sandbox-system"
AGENT = """\
prompt: You answer the phone.
greeting: Hello, how can I help you?
stt:
  model: nova-3
llm:
  model: {model}
tts:
  voice: sandboxVoiceOwn00001
"""
_NO_AWS = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "none",
    "AWS_SHARED_CREDENTIALS_FILE": "none",
}
"""Without credentials of this machine."""
HANG_S = 600.0


@dataclass(frozen=True)
class Reply:
    """A reply of the server that sends anything."""

    status: int = 200
    body: Any = ""
    """Sent as JSON unless it is a string."""
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False

    def response(self) -> Response:
        """The response of the web framework."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        kind = "text/html" if text.startswith("<") else "application/json"
        return Response(text, self.status, {"content-type": kind, **self.headers})


HTML = "<!DOCTYPE html><html><head><title>Welcome to nginx!</title></head></html>"
SSE_DONE = "data: [DONE]\n\n"


@dataclass
class AnyServer:
    """A server that answers each path as configured, WebSocket upgrades too; 404 for other paths."""

    replies: dict[str, Reply] = field(default_factory=dict)

    async def http(self, request: Request) -> Response:
        """Send the reply of a path."""
        reply = self._reply(request.url.path)
        if reply.hang:
            await asyncio.sleep(HANG_S)
        return reply.response()

    async def socket(self, socket: WebSocket) -> None:
        """Reject an upgrade with the reply of its path; status 101 accepts it, then sends nothing."""
        reply = self._reply(socket.url.path)
        if reply.hang:
            await asyncio.sleep(HANG_S)
        if reply.status != 101:
            await socket.send_denial_response(reply.response())
            return
        await socket.accept()
        if reply.body:
            await socket.close(1011, str(reply.body))
        else:
            with suppress(WebSocketDisconnect):
                while (await socket.receive())["type"] != "websocket.disconnect":
                    pass

    def _reply(self, path: str) -> Reply:
        found = [reply for prefix, reply in self.replies.items() if path.startswith(prefix)]
        return found[-1] if found else Reply(404, {"error": "no such path"})

    def app(self) -> Starlette:
        """The application with one route for all paths."""
        methods = ["GET", "POST"]
        return Starlette(
            routes=[Route("/{p:path}", self.http, methods=methods), WebSocketRoute("/{p:path}", self.socket)]
        )


def edge_app(settings: EdgeSettings) -> Starlette:
    """The edge's answers to unsigned webhooks and to media streams, without a bus."""
    gate = TwilioRequestGate(settings, asyncio.Event())

    async def voice(request: Request) -> Response:
        content = await read_webhook(request)
        account = gate.account_of(request, content.form)
        return Response("<Response/>") if account is not None else gate.unsigned()

    async def stream(socket: WebSocket) -> None:
        if not gate.is_authentic_socket(socket):
            await socket.send_denial_response(gate.unsigned())
            return
        await socket.accept()
        with suppress(WebSocketDisconnect):
            await socket.receive_text()

    return Starlette(
        routes=[Route("/voice", voice, methods=["POST"]), WebSocketRoute("/twilio/stream", stream)]
    )


@dataclass
class DoctorSandbox:
    """Everything that `parley doctor` asks; the emulators' settings and the environment set faults."""

    folder: Path
    environment: dict[str, str]
    settings: dict[str, RuntimeSettings[Any]]
    """The runtime settings of each emulator, by provider."""
    any_server: AnyServer
    any_url: str
    tls_url: str
    """A server with a certificate that no client trusts, as a proxy has that inspects TLS."""

    def write_agent(self, text: str) -> None:
        """Replace the agent file."""
        (self.folder / "clinic.yaml").write_text(text, encoding="utf-8")

    async def findings(self, only: str = "", limit_s: float = 20.0) -> list[Finding]:
        """Run the checks, of all sections or of one."""
        options, programs = DoctorOptions(home=self.folder / "home", only=only), Path(sys.executable).parent
        with mock.patch.dict(os.environ, self.environment, clear=True):
            return await examine(
                self.environment, options, program_folder=programs, taken=[], limit_s=limit_s
            )

    async def find(self, section: str, subject: str) -> Finding:
        """The finding of a section about a subject."""
        found = [finding for finding in await self.findings(section) if finding.section == section]
        matching = [finding for finding in found if finding.subject.startswith(subject)]
        assert matching, [(finding.subject, finding.text) for finding in found]
        return matching[0]


@dataclass(frozen=True)
class Fault:
    """A fault, how to set it, and what is found."""

    name: str
    section: str
    subject: str
    """Beginning of the finding's subject."""
    set: Callable[[DoctorSandbox], None]
    state: State = "failed"


def setting(provider: str, **changes: object) -> Callable[[DoctorSandbox], None]:
    """Return what changes the settings of an emulator."""
    return lambda sandbox: sandbox.settings[provider].update(dict(changes))


def variable(**changes: str) -> Callable[[DoctorSandbox], None]:
    """Return what changes variables."""
    return lambda sandbox: sandbox.environment.update(changes)


@asynccontextmanager
async def _tls_server() -> AsyncIterator[str]:
    """A server with a certificate of an unknown authority; yields its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def open_doctor_sandbox(folder: Path, model: str = "sandbox-clinic") -> AsyncIterator[DoctorSandbox]:
    """Serve everything on free ports; nothing is wrong with it."""
    bank = load_bank()
    oracle = Oracle()
    oracle.register(oracle_registration([bank.utterance("hello")])["utterances"])
    deepgram = DeepgramEmulator(DeepgramSandboxSettings(stt_final_ms=50), oracle, oracle)
    openai = OpenAIEmulator(OpenAISandboxSettings(first_token_ms=5, tokens_per_s=1000))
    elevenlabs = ElevenLabsEmulator(
        ElevenLabsSandboxSettings(tts="tone", first_byte_ms=5, stt_final_ms=50), oracle, oracle
    )
    assemblyai = AssemblyAiEmulator(AssemblyAiSandboxSettings(stt_final_ms=50), oracle, oracle)
    cartesia = CartesiaEmulator(CartesiaSandboxSettings(tts="tone", first_byte_ms=5))
    polly = PollyEmulator(PollySandboxSettings(tts="tone", first_byte_ms=5))
    any_server = AnyServer()
    async with AsyncExitStack() as stack:

        async def start(app: Any) -> str:
            port = await stack.enter_async_context(serve(app, "127.0.0.1", 0, drain_timeout_s=0))
            return f"http://127.0.0.1:{port}"

        token = SecretStr(SANDBOX_TOKEN)
        edge = await start(edge_app(EdgeSettings(twilio_auth_token=token, system_id=SYSTEM_ID)))
        network = await stack.enter_async_context(
            open_network(
                TwilioSandboxSettings(
                    voice_url=f"{edge}/voice",
                    status_url=f"{edge}/status",
                    fallback_url=f"{edge}/fallback",
                    account_sid=SANDBOX_SID,
                    auth_token=token,
                    deepgram_url=None,
                )
            )
        )
        models = await start(language_models_app(openai))
        environment = {
            **_NO_AWS,
            "PATH": os.environ.get("PATH", ""),
            "PARLEY_AGENTS_DIR": str(folder),
            "TWILIO_ACCOUNT_SID": SANDBOX_SID,
            "TWILIO_AUTH_TOKEN": SANDBOX_TOKEN,
            "DEEPGRAM_API_KEY": SANDBOX_TOKEN,
            "OPENAI_API_KEY": SANDBOX_TOKEN,
            "ELEVENLABS_API_KEY": SANDBOX_TOKEN,
            "PARLEY_TWILIO_URL": await start(twilio_app(network)),
            "PARLEY_DEEPGRAM_URL": await start(deepgram.app()),
            "OPENAI_BASE_URL": f"{models}/v1",
            "PARLEY_ELEVENLABS_URL": await start(elevenlabs.app()),
            "ANTHROPIC_API_KEY": SANDBOX_TOKEN,
            "ANTHROPIC_BASE_URL": f"{models}/anthropic",
            "GEMINI_API_KEY": SANDBOX_TOKEN,
            "GEMINI_BASE_URL": f"{models}/gemini",
            "ASSEMBLYAI_API_KEY": SANDBOX_TOKEN,
            "PARLEY_ASSEMBLYAI_URL": await start(assemblyai.app()),
            "CARTESIA_API_KEY": SANDBOX_TOKEN,
            "PARLEY_CARTESIA_URL": await start(cartesia.app()),
            "PARLEY_POLLY_ACCESS_KEY_ID": "AKIASANDBOX",
            "PARLEY_POLLY_SECRET_ACCESS_KEY": SANDBOX_TOKEN,
            "PARLEY_POLLY_REGION": "eu-central-1",
            "PARLEY_POLLY_URL": await start(polly.app()),
            "PARLEY_PUBLIC_URL": edge,
            "PARLEY_FROM_NUMBER": "+15550100000",
        }
        settings: dict[str, RuntimeSettings[Any]] = {
            "twilio": network.context.runtime_settings,
            "deepgram": deepgram.runtime_settings,
            "openai": openai.runtime_settings,
            "elevenlabs": elevenlabs.runtime_settings,
            "assemblyai": assemblyai.runtime_settings,
            "cartesia": cartesia.runtime_settings,
            "polly": polly.runtime_settings,
        }
        any_url, tls_url = await start(any_server.app()), await stack.enter_async_context(_tls_server())
        sandbox = DoctorSandbox(folder, environment, settings, any_server, any_url, tls_url)
        sandbox.write_agent(AGENT.format(model=model))
        yield sandbox

"""`parley doctor` with emulators of all providers."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from cli.doctor.finding import Finding
from parley.bus import connect
from tests.doctor_sandbox import Reply, open_doctor_sandbox
from tests.integration.edge_process import ACCOUNT, TOKEN, running_edge
from tests.nats_server import NatsServer

FALLBACKS = """\
prompt: You answer the phone.
greeting: Hello.
stt: {model: nova-3, fallbacks: [{model: nova-2}]}
llm: {model: sandbox-clinic, fallbacks: [{model: sandbox-echo}]}
tts: {voice: sandboxVoiceOwn00001, fallbacks: [{voice: sandboxVoicePremade1}]}
"""


def failed(findings: list[Finding]) -> list[str]:
    """The findings that would make a call fail."""
    return [f"{found.subject}: {found.text}" for found in findings if found.state == "failed"]


async def test_each_route_of_the_agent_is_requested(tmp_path: Path) -> None:
    """Sections, alternatives and fallbacks, each with its measured latencies."""
    async with open_doctor_sandbox(tmp_path) as sandbox:
        sandbox.write_agent(FALLBACKS)
        findings = await sandbox.findings()

    assert failed(findings) == []
    measured = {found.subject: [one.what for one in found.latencies] for found in findings if found.latencies}
    tts = "tts elevenlabs/eleven_flash_v2_5"
    assert measured == {
        "media stream": ["opened"],
        "stt deepgram/nova-3": ["connection", "transcript"],
        "stt deepgram/nova-2": ["connection", "transcript"],
        "llm openai/sandbox-clinic": ["first token"],
        "llm openai/sandbox-echo": ["first token"],
        f"{tts}/sandboxVoiceOwn00001": ["connection", "first audio"],
        f"{tts}/sandboxVoiceOwn00001/transport=http": ["connection", "first audio"],
        f"{tts}/sandboxVoicePremade1": ["connection", "first audio"],
    }


async def test_a_provider_that_hangs_does_not_delay_the_others(tmp_path: Path) -> None:
    """Its section ends at the time limit, and what it has found before is kept."""
    async with open_doctor_sandbox(tmp_path) as sandbox:
        sandbox.any_server.replies = {"/": Reply(hang=True)}
        sandbox.environment["PARLEY_TWILIO_URL"] = sandbox.any_url
        findings = await sandbox.findings(limit_s=4.0)

    assert failed(findings) == ["time limit: no complete answer within 4 s: try again, and check the network"]
    assert {found.section for found in findings if found.latencies} >= {"openai", "elevenlabs"}


async def test_without_keys_no_request_is_sent(tmp_path: Path) -> None:
    """The sandbox replaces the providers, and needs no public address."""
    async with open_doctor_sandbox(tmp_path) as sandbox:
        sandbox.environment = {"PARLEY_AGENTS_DIR": str(tmp_path)}
        findings = await sandbox.findings()

    assert failed(findings) == []
    assert [found.section for found in findings if found.latencies] == []


async def test_the_edge_is_recognized_at_its_address(nats_server: NatsServer, tmp_path: Path) -> None:
    """A real edge rejects the unsigned webhook, accepts the signed stream, and logs neither as a call."""
    async with open_doctor_sandbox(tmp_path) as sandbox, connect(nats_server.url, "t", timeout_s=30) as bus:
        async with running_edge(nats_server.url, bus, tmp_path, PARLEY_SYSTEM_ID="one") as edge:
            (home := tmp_path / "home").mkdir()
            sandbox.environment |= {
                "PARLEY_PUBLIC_URL": edge.url,
                "TWILIO_ACCOUNT_SID": ACCOUNT,
                "TWILIO_AUTH_TOKEN": TOKEN,
            }
            texts = {}
            for system_id in ("one", "two"):
                state = {
                    "edge_url": edge.url,
                    "environment": {"PARLEY_SYSTEM_ID": system_id, "PARLEY_EDGE_PORT": "8080"},
                }
                (home / "system.json").write_text(json.dumps(state), encoding="utf-8")
                found = await sandbox.findings("public address")
                texts[system_id] = [one.text for one in found if one.section == "public address"]

    stream = f"ws{edge.url.removeprefix('http')}/twilio/stream accepts Twilio's WebSocket"
    assert texts["one"] == ["leads to this system, which rejects unsigned requests", stream]
    assert texts["two"] == [
        (
            "leads to another Parley system than the one on this machine: "
            "stop that one, or forward the address to port 8080 here"
        )
    ]


async def test_the_command_prints_json_and_no_secret(tmp_path: Path) -> None:
    """The exit code is 1 if a call would fail; a refused key is hidden even if the server repeats it."""
    async with open_doctor_sandbox(tmp_path) as sandbox:
        key = "sk-0123456789abcdef"
        error = {"error": {"code": "invalid_api_key", "message": f"Incorrect API key provided: {key}"}}
        sandbox.any_server.replies = {"/v1": Reply(401, error)}
        environment = {
            **os.environ,
            "PARLEY_AGENTS_DIR": str(tmp_path),
            "PARLEY_HOME": str(tmp_path / "home"),
            "OPENAI_API_KEY": key,
            "OPENAI_BASE_URL": f"{sandbox.any_url}/v1",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        # In a process of its own: the command silences the logs of its process.
        command = (sys.executable, "-m", "cli.main", "doctor", "--json")
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        output, errors = await process.communicate()

    assert process.returncode == 1
    assert errors == b""
    assert key.encode() not in output
    report = json.loads(output)
    assert report["ok"] is False
    assert any("Incorrect API key provided: [hidden]" in found["text"] for found in report["findings"])

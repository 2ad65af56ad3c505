"""`parley doctor` with agents whose voice is not ElevenLabs': keys, voices and models, with the remedy."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from unittest import mock

import pytest

from cli.doctor.command import DoctorOptions, examine
from cli.doctor.finding import Finding
from parley.runtime.health import serve
from sandbox.cartesia.app import CartesiaEmulator
from sandbox.cartesia.settings import CartesiaSandboxSettings
from sandbox.cartesia.voices import OWN_VOICE
from sandbox.elevenlabs.app import ElevenLabsEmulator
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.recognition.oracle import Oracle

_CARTESIA = f"{{provider: cartesia, model: sonic-3.5, voice: {OWN_VOICE}, language: en}}"


@asynccontextmanager
async def environment(folder: Path, tts: str, **changes: str) -> AsyncIterator[dict[str, str]]:
    """The environment of an agent with this `tts` section, with emulators of its providers."""
    (folder / "clinic.yaml").write_text(f"prompt: You answer the phone.\ngreeting: Hello.\ntts: {tts}\n")
    async with AsyncExitStack() as stack:
        cartesia = CartesiaEmulator(CartesiaSandboxSettings(tts="tone", first_byte_ms=1))
        port = await stack.enter_async_context(serve(cartesia.app(), "127.0.0.1", 0, drain_timeout_s=1))
        variables = {
            "PATH": os.environ.get("PATH", ""),
            "PARLEY_AGENTS_DIR": str(folder),
            "CARTESIA_API_KEY": "k",
            "PARLEY_CARTESIA_URL": f"http://127.0.0.1:{port}",
            **changes,
        }
        yield {name: value for name, value in variables.items() if value}


async def findings(folder: Path, section: str, tts: str, **changes: str) -> list[Finding]:
    """The findings of one section."""
    async with environment(folder, tts, **changes) as variables:
        with mock.patch.dict(os.environ, variables, clear=True):
            found = await examine(variables, DoctorOptions(home=folder, only=section))
    return [finding for finding in found if finding.section == section]


async def test_a_voice_that_speaks_has_no_failure(tmp_path: Path) -> None:
    """The key, the voice and a phrase are checked."""
    found = await findings(tmp_path, "cartesia", _CARTESIA)

    assert {finding.state for finding in found} == {"ok"}
    assert [finding.subject for finding in found][:2] == ["CARTESIA_API_KEY", f"voice {OWN_VOICE}"]
    assert found[-1].latencies


async def test_without_a_voice_the_chosen_one_is_named(tmp_path: Path) -> None:
    """With the place to write it to."""
    found = await findings(tmp_path, "cartesia", "{provider: cartesia, model: sonic-3.5, language: de}")

    (voice,) = [finding for finding in found if finding.subject == "voice"]
    assert voice.state == "note"
    assert "calls use 5a5a5a5a-0000-4000-8000-000000000003 (Elbufer, de)" in voice.text


@pytest.mark.parametrize(
    ("tts", "changes", "subject", "text"),
    [
        (_CARTESIA, {"CARTESIA_API_KEY": ""}, "CARTESIA_API_KEY", "not set"),
        (_CARTESIA, {"CARTESIA_API_KEY": "bad"}, "CARTESIA_API_KEY", "set CARTESIA_API_KEY to a valid key"),
        (_CARTESIA, {"PARLEY_CARTESIA_URL": "http://127.0.0.1:1"}, "connection", "PARLEY_CARTESIA_URL"),
        (
            _CARTESIA.replace("000001", "00000f"),
            {},
            "voice 5a5a5a5a",
            "Riverside",
        ),
        (_CARTESIA.replace("3.5", "99"), {}, "tts cartesia/sonic-99", "clinic.yaml"),
    ],
)
async def test_a_fault_has_its_remedy(
    tmp_path: Path, tts: str, changes: dict[str, str], subject: str, text: str
) -> None:
    """The finding names the variable, or the line of the agent file."""
    found = await findings(tmp_path, "cartesia", tts, **changes)

    failed = [finding for finding in found if finding.state == "failed"]
    assert failed
    assert any(f.subject.startswith(subject) and text in f.text for f in failed), failed


async def test_a_turbo_model_and_a_default_voice_are_noted(tmp_path: Path) -> None:
    """ElevenLabs replaces both."""
    oracle = Oracle()
    emulator = ElevenLabsEmulator(ElevenLabsSandboxSettings(tts="tone", first_byte_ms=1), oracle, oracle)
    async with serve(emulator.app(), "127.0.0.1", 0, drain_timeout_s=1) as port:
        found = await findings(
            tmp_path,
            "elevenlabs",
            "{model: eleven_turbo_v2_5, voice: CwhRBWXzGAHq8TQ4Fs17}",
            ELEVENLABS_API_KEY="k",
            PARLEY_ELEVENLABS_URL=f"http://127.0.0.1:{port}",
        )

    notes = {finding.subject: finding.text for finding in found if finding.state != "ok"}
    assert "superseded by eleven_flash_v2_5" in notes["model eleven_turbo_v2_5"]
    assert any("CwhRBWXzGAHq8TQ4Fs17" in subject + text for subject, text in notes.items())

"""Runs the ElevenLabs emulator."""

from parley.settings import load
from sandbox.elevenlabs.app import ElevenLabsEmulator
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.emulator import run

if __name__ == "__main__":
    settings = load(ElevenLabsSandboxSettings)
    run(ElevenLabsEmulator(settings).app(), settings.host, settings.elevenlabs_port)

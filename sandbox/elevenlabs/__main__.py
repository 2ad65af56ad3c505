"""Run the stand-in for ElevenLabs."""

from parley.settings import load
from sandbox.elevenlabs.app import TextToSpeech
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.emulator import run

if __name__ == "__main__":
    settings = load(ElevenLabsSandboxSettings)
    run(TextToSpeech(settings).app(), settings.host, settings.elevenlabs_port)

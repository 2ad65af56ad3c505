"""Runs the ElevenLabs emulator, and those of other voices under paths of their own in the same process."""

from starlette.applications import Starlette
from starlette.routing import Mount

from parley.settings import load
from sandbox.cartesia.app import CartesiaEmulator
from sandbox.cartesia.settings import CartesiaSandboxSettings
from sandbox.elevenlabs.app import ElevenLabsEmulator
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.emulator import run

if __name__ == "__main__":
    settings = load(ElevenLabsSandboxSettings)
    cartesia = CartesiaEmulator(load(CartesiaSandboxSettings))
    app = Starlette(
        routes=[
            Mount("/cartesia", cartesia.app()),
            Mount("/", ElevenLabsEmulator(settings).app()),
        ]
    )
    run(app, settings.host, settings.elevenlabs_port)

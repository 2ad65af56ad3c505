"""The application that serves all emulated language models."""

from starlette.applications import Starlette

from sandbox.anthropic.endpoint import AnthropicEndpoints
from sandbox.gemini.endpoint import GeminiEndpoints
from sandbox.openai.app import OpenAIEmulator


def language_models_app(emulator: OpenAIEmulator) -> Starlette:
    """The routes of the OpenAI emulator, and those of Anthropic and Gemini below paths of their own."""
    anthropic, gemini = AnthropicEndpoints(emulator.exchanges), GeminiEndpoints(emulator.exchanges)
    return emulator.app([*anthropic.routes("/anthropic"), *gemini.routes("/gemini")])

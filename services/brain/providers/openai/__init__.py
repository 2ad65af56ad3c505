"""The provider `openai`: language models of OpenAI, and of any server with the same protocol."""

from services.brain.providers.openai.provider import PLUGIN

__all__ = ["PLUGIN"]

"""The servers by name and by path."""

from collections.abc import Mapping

from sandbox.openai.servers.gemini import GEMINI
from sandbox.openai.servers.mistral import MISTRAL
from sandbox.openai.servers.openai import AZURE, OPENAI
from sandbox.openai.servers.others import GROQ, OLLAMA, OPENROUTER
from sandbox.openai.servers.server import Server
from sandbox.openai.servers.vllm import VLLM, VLLM_OLD

SERVERS: Mapping[str, Server] = {
    server.name: server
    for server in (OPENAI, AZURE, MISTRAL, GEMINI, VLLM, VLLM_OLD, OLLAMA, GROQ, OPENROUTER)
}

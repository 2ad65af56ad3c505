"""Tests of the demo's agent and what it needs."""

from pathlib import Path

import httpx
import pytest

from cli.local_demo import agent
from cli.local_demo.agent import NotAvailable, Server, check_packages, demo_environment, find_server
from parley.agent_config import load_agent_config
from parley.providers.registry import check_agent

_URL = "http://127.0.0.1:1/v1"


def _serve(monkeypatch: pytest.MonkeyPatch, status: int, body: object) -> list[httpx.Request]:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status, json=body)

    transport = httpx.MockTransport(answer)
    client = httpx.AsyncClient
    monkeypatch.setattr(httpx, "AsyncClient", lambda **options: client(transport=transport, **options))
    return requests


@pytest.mark.parametrize(("server", "model"), [(None, "sandbox-echo"), (Server(_URL, "qwen"), "qwen")])
def test_the_agent_file_is_valid(tmp_path: Path, server: Server | None, model: str) -> None:
    """Both providers of speech are installed and accept their sections."""
    folder = agent.write_agent(tmp_path / "agents", server)
    config = load_agent_config(str(folder), agent.NAME)
    check_agent(config, "stt", "llm", "tts")
    assert (config.stt.provider, config.llm.model, config.tts.provider) == ("whisper", model, "hibari")


def test_missing_packages_are_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the extras that are missing."""
    check_packages()
    monkeypatch.setattr(agent, "find_spec", lambda name: None if name == "hibari" else object())
    with pytest.raises(NotAvailable, match=r"\(local-tts\): run `make setup`") as error:
        check_packages()
    assert "local-stt" not in str(error.value)


async def test_a_server_of_the_users_own_lists_its_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one is used unless another one is named."""
    requests = _serve(monkeypatch, 200, {"data": [{"id": "qwen"}, {"id": "llama"}]})
    assert await find_server(f"{_URL}/", "", "key") == Server(_URL, "qwen")
    assert await find_server(_URL, "llama", "") == Server(_URL, "llama")
    assert str(requests[0].url) == f"{_URL}/models"
    assert requests[0].headers["Authorization"] == "Bearer key"
    assert "Authorization" not in requests[1].headers
    with pytest.raises(NotAvailable, match="--llm-model gpt: the server has qwen, llama"):
        await find_server(_URL, "gpt", "")


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (404, {}, "no list of models.*usually ends in /v1"),
        (200, {"models": []}, "not a list of models"),
        (200, [], "not a list of models"),
        (200, {"data": []}, "lists no model"),
    ],
)
async def test_another_server_is_explained(
    monkeypatch: pytest.MonkeyPatch, status: int, body: object, reason: str
) -> None:
    """The message names the option."""
    _serve(monkeypatch, status, body)
    with pytest.raises(NotAvailable, match=rf"(?s)--llm-url {_URL}.*{reason}"):
        await find_server(_URL, "", "")


def test_no_key_reaches_the_demo_but_that_of_the_users_server() -> None:
    """Keys of providers that are not used stay out."""
    given = {"OPENAI_API_KEY": "sk", "DEEPGRAM_API_KEY": "dg", "TWILIO_AUTH_TOKEN": "t", "PATH": "/bin"}
    assert demo_environment(given, Path("/a"), None) == {
        "PATH": "/bin",
        "PARLEY_AGENTS_DIR": "/a",
        "PARLEY_AGENT": "local",
    }
    env = demo_environment(given, Path("/a"), Server(_URL, "qwen"))
    assert (env["OPENAI_API_KEY"], env["OPENAI_BASE_URL"]) == ("sk", _URL)
    assert "DEEPGRAM_API_KEY" not in env

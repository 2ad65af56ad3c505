"""`parley doctor` with agents whose model is not OpenAI's: keys, models and addresses, with the remedy."""

import os
from pathlib import Path
from unittest import mock

import pytest

from cli.doctor.command import DoctorOptions, examine
from cli.doctor.finding import Finding
from parley.runtime.health import serve
from sandbox.language_models.app import language_models_app
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings

MODELS = {"anthropic": "claude-haiku-5-5", "gemini": "gemini-3.5-flash-lite"}


async def findings(folder: Path, provider: str, model: str, **changes: str) -> list[Finding]:
    """The findings about a provider with an agent that uses this model."""
    llm = f"{{provider: {provider}, model: {model}}}"
    (folder / "clinic.yaml").write_text(f"prompt: You answer the phone.\ngreeting: Hello.\nllm: {llm}\n")
    emulator = OpenAIEmulator(OpenAISandboxSettings(first_token_ms=1, tokens_per_s=1000))
    async with serve(language_models_app(emulator), "127.0.0.1", 0, drain_timeout_s=1) as port:
        variables = {
            "PATH": os.environ.get("PATH", ""),
            "PARLEY_AGENTS_DIR": str(folder),
            f"{provider.upper()}_API_KEY": "k",
            f"{provider.upper()}_BASE_URL": f"http://127.0.0.1:{port}/{provider}",
            **changes,
        }
        with mock.patch.dict(os.environ, variables, clear=True):
            found = await examine(variables, DoctorOptions(home=folder, only=provider))
    return [finding for finding in found if finding.section == provider]


@pytest.mark.parametrize("provider", MODELS)
async def test_a_model_that_answers_has_no_failure(tmp_path: Path, provider: str) -> None:
    """The key, the model and an answer are checked."""
    found = await findings(tmp_path, provider, MODELS[provider])

    assert [(finding.subject, finding.state) for finding in found] == [
        (f"{provider.upper()}_API_KEY", "ok"),
        (f"model {MODELS[provider]}", "ok"),
        (f"llm {provider}/{MODELS[provider]}", "ok"),
    ]
    assert found[-1].latencies


@pytest.mark.parametrize("provider", MODELS)
async def test_a_fault_has_its_remedy(tmp_path: Path, provider: str) -> None:
    key, url = f"{provider.upper()}_API_KEY", f"{provider.upper()}_BASE_URL"
    cases = [
        (MODELS[provider], {key: "bad"}, key, f"set {key} to a valid key"),
        (MODELS[provider], {url: "http://127.0.0.1:1"}, "connection", url),
        (f"{MODELS[provider]}-x", {}, f"model {MODELS[provider]}-x", MODELS[provider]),
        (MODELS[provider], {key: "", url: ""} | {"OPENAI_API_KEY": "k"}, key, "not set"),
    ]
    for model, changes, subject, text in cases:
        found = await findings(tmp_path, provider, model, **changes)
        failed = {finding.subject: finding.text for finding in found if finding.state == "failed"}
        assert text in failed.get(subject, ""), (model, changes, failed)


@pytest.mark.parametrize(
    ("provider", "model", "state", "text"),
    [
        ("anthropic", "claude-opus-4-1", "failed", "ended on 2026-08-05; replacement: claude-opus-5-5"),
        ("anthropic", "claude-opus-4-5", "note", "2027-01-22"),
        ("gemini", "gemini-2.0-flash", "failed", "ended on 2026-06-01"),
        ("gemini", "gemini-3.1-flash-lite", "note", "2027-05-07; replacement: gemini-3.5-flash-lite"),
    ],
)
async def test_a_model_that_ends_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str, model: str, state: str, text: str
) -> None:
    # The table is of the provider's own server.
    monkeypatch.setattr("parley.providers.end_dates._is_own_server", lambda *_: True)
    found = await findings(tmp_path, provider, model)

    (finding,) = [finding for finding in found if finding.subject == f"model {model}"]
    assert finding.state in (state, "failed")
    assert text in finding.text
    assert "clinic.yaml" in finding.text

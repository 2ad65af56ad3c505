"""`parley doctor` with AssemblyAI and Amazon Polly; `make field` has every fault."""

from pathlib import Path

from tests.doctor_provider_faults import PROVIDER_FAULTS
from tests.doctor_sandbox import open_doctor_sandbox

_AGENT = "prompt: Hi.\ngreeting: Hi.\nstt: {provider: assemblyai}\ntts: {provider: polly}\n"
_FAULTS = {
    ("polly", "voice without the engine"): "has no engine generative in eu-central-1, only neural",
    ("polly", "wrong clock"): "this machine's clock is wrong: synchronize it",
    ("assemblyai", "no credit"): "add credit",
    ("assemblyai", "invalid key"): "set ASSEMBLYAI_API_KEY to a valid key",
}
"""In an order in which those before do not hide those after."""


async def test_each_fault_has_its_remedy(tmp_path: Path) -> None:
    """Providers that work have no failure."""
    texts = {}
    async with open_doctor_sandbox(tmp_path) as sandbox:
        sandbox.write_agent(_AGENT)
        found = [one for name in ("assemblyai", "polly") for one in await sandbox.findings(name)]
        for provider, name in _FAULTS:
            (fault,) = [one for one in PROVIDER_FAULTS if (one.section, one.name) == (provider, name)]
            fault.set(sandbox)
            finding = await sandbox.find(fault.section, fault.subject)
            texts[provider, name] = (finding.state, finding.text)

    states = {one.subject: one.state for one in found if one.section in ("assemblyai", "polly")}
    assert states.pop("stt assemblyai/universal-3-5-pro") != "failed"
    assert states.pop("tts polly/neural") != "failed"
    assert states == {"ASSEMBLYAI_API_KEY": "ok", "credentials": "ok", "voice Joanna": "ok"}
    assert {state for state, _ in texts.values()} == {"failed"}
    assert [key for key, (_, text) in texts.items() if _FAULTS[key] not in text] == []

"""`parley number`, and the hints of `parley up`, with the Twilio emulator."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from cli.number import Attachment, attach, list_numbers
from cli.start_advice import advise
from tests.doctor_sandbox import HTML, DoctorSandbox, Reply, open_doctor_sandbox

NUMBER, OTHER = "+15550100000", "+15550100001"
OLD = "https://old.example.com/voice"
APPLICATION = "AP" + "1" * 32


def set_numbers(sandbox: DoctorSandbox, **changes: object) -> None:
    """Replace the account's numbers by one with an old webhook, and these changes."""
    number = {"phone_number": NUMBER, "voice_url": OLD, "status_callback": "", **changes}
    sandbox.settings["twilio"].update({"numbers": [number]})


async def run(sandbox: DoctorSandbox, wanted: Attachment) -> tuple[int, str]:
    """The exit code and the output of `parley number attach`."""
    output = io.StringIO()
    code = await attach(sandbox.environment, wanted, Console(file=output, width=200))
    return code, output.getvalue()


async def listed(sandbox: DoctorSandbox) -> str:
    """The output of `parley number list`."""
    output = io.StringIO()
    assert await list_numbers(sandbox.environment, Console(file=output, width=200)) == 0
    return output.getvalue()


async def hints(sandbox: DoctorSandbox) -> list[str]:
    """The hints of `parley up`."""
    found: list[str] = []
    await advise(sandbox.environment, found.append)
    return found


async def test_a_number_is_attached_once(tmp_path: Path) -> None:
    """The changes are shown, an application is removed, and a second time nothing changes."""
    async with open_doctor_sandbox(tmp_path) as sandbox:
        (tmp_path / "sales.yaml").write_text("prompt: Sell.\n")
        set_numbers(sandbox, voice_application_sid=APPLICATION, voice_method="GET")
        base = sandbox.environment["PARLEY_PUBLIC_URL"]
        first = await run(sandbox, Attachment("+1 (555) 010-0000", agent="sales"))
        [number] = sandbox.settings["twilio"].current.numbers
        again = await run(sandbox, Attachment(NUMBER, agent="sales"))
        table = await listed(sandbox)

    assert first[0] == again[0] == 0
    assert number.voice_url == f"{base}/voice?agent=sales"
    assert number.voice_fallback_url == f"{base}/fallback?agent=sales"
    assert number.status_callback == f"{base}/status"
    assert (number.voice_method, number.voice_application_sid) == ("POST", "")
    assert f"{OLD}" in first[1]
    assert APPLICATION in first[1]
    assert f"{NUMBER} is attached to this system with the agent sales: call it" in first[1]
    assert again[1].strip() == f"{NUMBER} is attached to this system already with the agent sales"
    assert "yes, agent sales" in table


async def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    """The changes are shown all the same."""
    async with open_doctor_sandbox(tmp_path) as sandbox:
        set_numbers(sandbox)
        code, output = await run(sandbox, Attachment(NUMBER, dry_run=True))
        [number] = sandbox.settings["twilio"].current.numbers
        table = await listed(sandbox)

    assert code == 0
    assert OLD in output
    assert "nothing was changed" in output
    assert number.voice_url == OLD
    assert f"{OLD}  no" in " ".join(table.split("\n")).replace("   ", "  ")


@pytest.mark.parametrize(
    ("variables", "wanted", "text"),
    [
        ({}, Attachment(OTHER), f"{OTHER} is not a number of this account; it has {NUMBER}"),
        ({}, Attachment("5550100000"), "is not in E.164 format"),
        ({}, Attachment(NUMBER, agent="nobody"), "no such agent file"),
        ({}, Attachment(NUMBER, url="calls.example.com"), "is not an address such as https://"),
        ({}, Attachment(NUMBER, url="https://x.example/voice"), "without /voice"),
        ({"PARLEY_PUBLIC_URL": ""}, Attachment(NUMBER), "set PARLEY_PUBLIC_URL or give --url"),
        ({"TWILIO_ACCOUNT_SID": ""}, Attachment(NUMBER), "TWILIO_ACCOUNT_SID is not set"),
        ({"TWILIO_AUTH_TOKEN": "wrong"}, Attachment(NUMBER), "are not a valid pair"),
        ({"PARLEY_TWILIO_URL": "http://127.0.0.1:1"}, Attachment(NUMBER), "the connection is refused"),
        (
            {"PARLEY_TWILIO_URL": "", "PARLEY_PUBLIC_URL": "http://calls.example.com"},
            Attachment(NUMBER),
            "plain http",
        ),
    ],
)
async def test_an_error_has_a_remedy(
    tmp_path: Path, variables: dict[str, str], wanted: Attachment, text: str
) -> None:
    """The exit code is 1, and the number keeps its webhooks."""
    async with open_doctor_sandbox(tmp_path) as sandbox:
        set_numbers(sandbox)
        sandbox.environment |= variables
        code, output = await run(sandbox, wanted)
        [number] = sandbox.settings["twilio"].current.numbers

    assert code == 1
    assert text in " ".join(output.split())
    assert number.voice_url == OLD


async def test_the_start_names_the_number_to_attach_or_to_call(tmp_path: Path) -> None:
    """Models without an announced end are not mentioned."""
    async with open_doctor_sandbox(tmp_path) as sandbox:
        attached = await hints(sandbox)
        set_numbers(sandbox)
        elsewhere = await hints(sandbox)
        sandbox.environment["TWILIO_AUTH_TOKEN"] = "wrong"  # noqa: S105 - belongs to no account
        [refused] = await hints(sandbox)

    assert attached == [f"call {NUMBER}"]
    assert elsewhere == [f"no number leads here yet: run `parley number attach {NUMBER}`"]
    assert "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not a valid pair" in refused


async def test_the_start_warns_of_a_model_that_ends(tmp_path: Path) -> None:
    """The date is that of the provider's list of models."""
    async with open_doctor_sandbox(tmp_path) as sandbox:
        sandbox.environment["OPENAI_BASE_URL"] = f"{sandbox.any_url}/v1"
        sandbox.any_server.replies = {"/v1/models": Reply(body={"shutdown_date": "2026-12-11"})}
        ending = await hints(sandbox)
        sandbox.any_server.replies = {"/": Reply(200, HTML)}
        sandbox.environment["PARLEY_TWILIO_URL"] = sandbox.any_url
        unreachable = await hints(sandbox)

    assert any("sandbox-clinic end" in hint and "2026-12-11" in hint for hint in ending)
    assert len(unreachable) == 1
    assert "an HTML page" in unreachable[0]

"""`parley test --from-call`: writes a recorded call as a test."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.calls import SystemNotRunning
from cli.testing.audio_files import write_speech
from cli.testing.from_call.convert import ConvertedCall, convert
from cli.testing.from_call.recorded_call import RecordedCall, load_call
from parley.errors import BusError

_ORIGINS = {
    "recording": "the caller's audio is from the recording",
    "stream": "the caller's audio is from the stream, because there is no recording",
    "none": "the caller's audio is not stored any more: a synthetic voice speaks the transcript instead",
}


@dataclass(frozen=True, slots=True)
class ConversionOptions:
    """The options of `parley test --from-call`."""

    call_sid: str
    home: Path
    agents: Path
    """Folder of agent files."""
    to: Path | None = None
    """Folder to write to; by default the tests of the agent that answered."""
    redacted: bool = False


def run_conversion(options: ConversionOptions) -> int:
    """Write the test; return 0, or 1 if the call cannot be loaded."""
    console = Console(highlight=False)
    try:
        call = asyncio.run(load_call(options.home, options.call_sid))
        path = write_test(call, options)
    except (SystemNotRunning, BusError, OSError) as error:
        console.print(Text(str(error), style="red"), soft_wrap=True)
        return 1
    converted = path[1]
    console.print(f"wrote {path[0]}", soft_wrap=True)
    console.print(_ORIGINS[call.audio_origin])
    console.print(f"personal data in it: {', '.join(converted.contents)}", soft_wrap=True)
    if not options.redacted:
        console.print("--redact replaces long numbers; names remain. Read the file before you share it.")
    console.print(f"run it: parley test {path[0]}", soft_wrap=True)
    return 0


def write_test(call: RecordedCall, options: ConversionOptions) -> tuple[Path, ConvertedCall]:
    """Write the test file and its audio; returns its path.

    Raises:
        OSError: a file cannot be written.
    """
    converted = convert(call, redacted=options.redacted)
    folder = options.to or options.agents / "tests" / (converted.agent or "agent")
    folder.mkdir(parents=True, exist_ok=True)
    for name, mulaw in converted.audio.items():
        write_speech(folder / name, mulaw)
    path = folder / f"{converted.call_sid}.yaml"
    path.write_text(converted.text, encoding="utf-8")
    return path, converted

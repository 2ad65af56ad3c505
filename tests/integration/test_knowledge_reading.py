"""Documents that exhaust the memory or the time of the process that reads them."""

import os
from pathlib import Path

import pytest

from parley.knowledge.document import UnreadableFile
from parley.knowledge.sources.reader_process import DocumentReader, ReadLimits, open_reader
from tests.pdf_files import pdf_with_content


async def _reason(reader: DocumentReader, folder: Path, name: str, data: bytes) -> str:
    path = folder / name
    path.write_bytes(data)
    with pytest.raises(UnreadableFile) as refused:
        await reader.read(path, name, "")
    assert refused.value.remedy
    return refused.value.reason


@pytest.mark.parametrize(
    ("limits", "data", "reason"),
    [
        (ReadLimits(timeout_s=3), pdf_with_content(b"BT /F1 9 Tf " + b"(A) Tj T* " * 3_000_000), "over 3 s"),
        (ReadLimits(memory_mb=350), b"<p>" + b"<i>x</i>" * 1_000_000, "memory"),
    ],
    ids=["time", "memory"],
)
async def test_a_file_over_a_limit_does_not_concern_the_next(
    tmp_path: Path, limits: ReadLimits, data: bytes, reason: str
) -> None:
    good = tmp_path / "good.txt"
    good.write_text("Readable text")
    async with open_reader(limits) as reader:
        assert reason in await _reason(reader, tmp_path, "bad.html", data)
        assert (await reader.read(good, "good.txt", "")).passages[0].text == "Readable text"


async def test_a_killed_process_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Grüße, and text.")
    async with open_reader(ReadLimits()) as reader:
        await reader.read(path, "a.txt", "")
        assert reader._process is not None
        os.kill(reader._process.pid, 9)
        await reader._process.wait()
        document = await reader.read(path, "a.txt", "de")
        assert (document.language, document.passages[0].text) == ("de", "Grüße, and text.")
        process = reader._process
    assert process.returncode is not None

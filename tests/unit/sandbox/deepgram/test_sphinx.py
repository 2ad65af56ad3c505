"""Real recognition of the callers' voice."""

import asyncio
import os
import signal
import sys
from typing import Any

import psutil
import pytest

from cli.word_match import match_texts
from parley.mulaw import silence
from sandbox.caller.voice_bank import load_bank
from sandbox.deepgram.language import bigram_model, telephone_sentences
from sandbox.deepgram.sphinx import decode, decode_long, open_sphinx
from sandbox.espeak import speak

TEXTS = (
    "hello i would like to book an appointment with the doctor",
    "tuesday afternoon would be good",
    "my name is robert miller",
    "no thank you that is all goodbye",
)


def nobody(text: str) -> Any:
    raise AssertionError(text)


BANK = load_bank(nobody)


@pytest.mark.slow
def test_the_demos_caller_is_understood() -> None:
    """Nearly word for word, among a hundred and fifty other sentences."""
    sentences = tuple(telephone_sentences())
    for text in TEXTS:
        heard = " ".join(word.text for word in decode(BANK.utterance(text).mulaw, sentences))
        assert match_texts(text, heard).share >= 0.8, heard


@pytest.mark.slow
def test_a_recording_is_heard_stretch_by_stretch() -> None:
    """Words lie where they were spoken."""
    known = BANK.utterance(TEXTS[1])
    words = decode_long(silence(1000) + known.mulaw + silence(1000), tuple(telephone_sentences()))

    assert [word.text for word in words] == TEXTS[1].split()
    assert abs(words[0].start_ms - 1000 - known.words[0].start_ms) < 100


@pytest.mark.slow
def test_the_agents_voice_is_understood_in_a_recording() -> None:
    """When its sentences are among the many that it might have said; those it did not say are not heard."""
    said = ("hello this is the riverside clinic", "how can i help you today", "your visit is booked")
    unsaid = ("a first visit costs forty dollars", "nobody is free right now")
    recording = b"".join(silence(900) + speak(text).mulaw for text in said) + silence(900)
    words = decode_long(recording, (*telephone_sentences(), *said, *unsaid))
    heard = " ".join(word.text for word in words)

    assert match_texts(" ".join(said), heard).share >= 0.8, heard
    assert match_texts(" ".join(unsaid), heard).share <= 0.3, heard


@pytest.mark.slow
async def test_a_dead_process_is_replaced() -> None:
    """Whoever was being heard is heard by its successor."""
    before = {child.pid for child in psutil.Process().children()}
    async with open_sphinx(1) as sphinx:
        for child in psutil.Process().children():
            if child.pid not in before and "spawn_main" in " ".join(child.cmdline()):
                child.kill()
        words = await sphinx.recognise(BANK.utterance(TEXTS[1]).mulaw)

    assert " ".join(word.text for word in words) == TEXTS[1]


@pytest.mark.slow
async def test_no_process_outlives_a_killed_parent() -> None:
    """Which had no time to tell its children."""
    code = (
        "import asyncio\n"
        "from sandbox.deepgram.sphinx import open_sphinx\n"
        "async def main():\n"
        "    async with open_sphinx(1):\n"
        "        print('ready', flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "if __name__ == '__main__': asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    async with asyncio.timeout(30):
        assert await parent.stdout.readline() == b"ready\n"
        children = psutil.Process(parent.pid).children(recursive=True)
        os.kill(parent.pid, signal.SIGKILL)
        await parent.wait()
    _, alive = await asyncio.to_thread(psutil.wait_procs, children, 5)

    assert children
    assert not alive


def test_the_language_model_knows_more_than_any_script() -> None:
    """Otherwise a match would mean nothing."""
    sentences = telephone_sentences()

    assert len(sentences) > 100
    assert len({word for sentence in sentences for word in sentence.split()}) > 200


def test_the_model_is_a_probability() -> None:
    """What follows a word adds up to less than one: the rest is kept for what was not seen."""
    model = bigram_model(["a b", "a c"])
    pairs = [line.split() for line in model.split("2-grams:")[1].splitlines() if line.count(" ") == 2]

    assert 0 < sum(10 ** float(p) for p, first, _ in pairs if first == "a") < 1

"""Recognition of recorded and synthesised speech by pocketsphinx."""

import asyncio
import os
import signal
import sys

import psutil
import pytest

from cli.wer import match_texts
from parley.audio.g711 import make_silence
from sandbox.espeak import speak
from sandbox.recognition.language_model import telephone_sentences
from sandbox.recognition.sphinx import decode, decode_recording, open_sphinx
from tests.recordings import recordings

TEXTS = (
    "hello i would like to book an appointment with the doctor",
    "tuesday afternoon would be good",
    "my name is robert miller",
    "no thank you that is all goodbye",
)


@pytest.mark.slow
def test_the_recordings_are_recognised() -> None:
    """At least 80 % of the words are found with a language model of about 150 sentences."""
    sentences = tuple(telephone_sentences())
    for text in TEXTS:
        recognised = " ".join(word.text for word in decode(recordings().utterance(text).mulaw, sentences))
        assert match_texts(text, recognised).fraction >= 0.8, recognised


@pytest.mark.slow
def test_word_times_count_from_the_start_of_a_recording() -> None:
    """This holds although a recording is recognised segment by segment."""
    utterance = recordings().utterance(TEXTS[1])
    words = decode_recording(
        make_silence(1000) + utterance.mulaw + make_silence(1000), tuple(telephone_sentences())
    )

    assert [word.text for word in words] == TEXTS[1].split()
    assert abs(words[0].start_ms - 1000 - utterance.words[0].start_ms) < 100


@pytest.mark.slow
def test_synthesised_speech_is_recognised_in_a_recording() -> None:
    """The model contains the agent's sentences; those that are not spoken are not recognised."""
    spoken = ("hello this is the riverside clinic", "how can i help you today", "your visit is booked")
    unspoken = ("a first visit costs forty dollars", "nobody is free right now")
    recording = b"".join(make_silence(900) + speak(text).mulaw for text in spoken) + make_silence(900)
    words = decode_recording(recording, (*telephone_sentences(), *spoken, *unspoken))
    recognised = " ".join(word.text for word in words)

    assert match_texts(" ".join(spoken), recognised).fraction >= 0.8, recognised
    assert match_texts(" ".join(unspoken), recognised).fraction <= 0.3, recognised


@pytest.mark.slow
async def test_a_dead_process_is_replaced() -> None:
    """The audio in progress is recognised by the new process."""
    before = {child.pid for child in psutil.Process().children()}
    async with open_sphinx(1) as sphinx:
        for child in psutil.Process().children():
            if child.pid not in before and "spawn_main" in " ".join(child.cmdline()):
                child.kill()
        words = await sphinx.recognise(recordings().utterance(TEXTS[1]).mulaw)

    assert " ".join(word.text for word in words) == TEXTS[1]


@pytest.mark.slow
async def test_no_process_outlives_a_killed_parent() -> None:
    """The worker processes exit although the parent could not shut them down."""
    code = (
        "import asyncio\n"
        "from sandbox.recognition.sphinx import open_sphinx\n"
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

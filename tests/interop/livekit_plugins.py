"""LiveKit Agents' plugins for Deepgram, OpenAI and ElevenLabs in one conversation.

Usage, in an environment of its own (`make interop`), with the emulators' addresses and a voice id:
`python livekit_plugins.py DEEPGRAM OPENAI ELEVENLABS VOICE`. Only the addresses differ from an agent's.
Each sentence of the caller is synthesized and transcribed, and the answer synthesized; one JSON line per
turn.
"""

import asyncio
import json
import sys

import aiohttp
from livekit import rtc
from livekit.agents import llm as agents_llm
from livekit.agents import stt as agents_stt
from livekit.plugins import deepgram, elevenlabs, openai

DEEPGRAM, OPENAI, ELEVENLABS, VOICE = sys.argv[1:5]
KEY = "sandbox"
CALLER = (
    "hello i would like to book an appointment with the doctor",
    "tuesday afternoon would be good",
    "my name is robert miller",
    "no thank you that is all goodbye",
)
_SILENCE_S = 1.0


@agents_llm.function_tool
async def end_call() -> None:
    """End the call."""


async def main() -> None:
    """Hold the conversation."""
    async with aiohttp.ClientSession() as session:
        stt = deepgram.STT(api_key=KEY, base_url=f"{DEEPGRAM}/v1/listen", http_session=session)
        flux = deepgram.STTv2(
            model="flux-general-en", api_key=KEY, base_url=f"{DEEPGRAM}/v2/listen", http_session=session
        )
        llm = openai.LLM(api_key=KEY, base_url=OPENAI)
        tts = elevenlabs.TTS(api_key=KEY, base_url=f"{ELEVENLABS}/v1", voice_id=VOICE, http_session=session)
        context = agents_llm.ChatContext.empty()
        context.add_message(role="system", content="You answer the phone of the Riverside clinic.")
        for number, sentence in enumerate(CALLER):
            spoken = await synthesize(tts, sentence)
            transcribed = await transcribe(flux if number % 2 else stt, spoken)
            context.add_message(role="user", content=transcribed)
            answer, tools = await respond(llm, context)
            context.add_message(role="assistant", content=answer)
            answered = await synthesize(tts, answer)
            line = {
                "caller": sentence,
                "transcribed": transcribed,
                "answer": answer,
                "tools": tools,
                "answer_s": round(sum(frame.duration for frame in answered), 2),
            }
            sys.stdout.write(f"{json.dumps(line)}\n")
            sys.stdout.flush()
        for plugin in (stt, flux, llm, tts):
            await plugin.aclose()


async def synthesize(tts: elevenlabs.TTS, text: str) -> list[rtc.AudioFrame]:
    """Synthesize over the WebSocket, as an agent does."""
    async with tts.stream() as stream:
        stream.push_text(text)
        stream.end_input()
        return [event.frame async for event in stream]


async def transcribe(stt: agents_stt.STT, frames: list[rtc.AudioFrame]) -> str:
    """Transcribe at real time, with a second of silence at the end."""
    texts: list[str] = []
    async with stt.stream() as stream:
        feeding = asyncio.create_task(feed(stream, frames))
        async for event in stream:
            if event.type is agents_stt.SpeechEventType.FINAL_TRANSCRIPT:
                texts.append(event.alternatives[0].text)
        await feeding
    return " ".join(texts)


async def feed(stream: agents_stt.RecognizeStream, frames: list[rtc.AudioFrame]) -> None:
    """Push audio as a microphone would."""
    for frame in frames:
        stream.push_frame(frame)
        await asyncio.sleep(frame.duration)
    rate = frames[0].sample_rate
    silence = rtc.AudioFrame(bytes(rate // 50 * 2), rate, 1, rate // 50)
    for _ in range(int(_SILENCE_S * 50)):
        stream.push_frame(silence)
        await asyncio.sleep(silence.duration)
    stream.end_input()


async def respond(llm: openai.LLM, context: agents_llm.ChatContext) -> tuple[str, list[str]]:
    """The model's answer, and the tools that it calls."""
    text, tools = "", []
    async with llm.chat(chat_ctx=context, tools=[end_call]) as stream:
        async for chunk in stream:
            if chunk.delta is not None:
                text += chunk.delta.content or ""
                tools += [call.name for call in chunk.delta.tool_calls]
    return text, tools


if __name__ == "__main__":
    asyncio.run(main())

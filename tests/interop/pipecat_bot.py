"""A telephone bot as Pipecat's examples build it, with Pipecat's default wiring.

Usage, in an environment of its own (`make interop`), with the emulators' addresses and a voice id:
`python pipecat_bot.py PORT DEEPGRAM OPENAI ELEVENLABS TWILIO VOICE`. Only the addresses are ours.
"""

import sys
from typing import Any

import uvicorn
from fastapi import FastAPI, Response, WebSocket
from pipecat.adapters.schemas.function_schema import FunctionSchema
from pipecat.adapters.schemas.tools_schema import ToolsSchema
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import EndTaskFrame, TTSSpeakFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineParams, PipelineTask
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.runner.utils import parse_telephony_websocket
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.elevenlabs.tts import ElevenLabsTTSService
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport

PORT, DEEPGRAM, OPENAI, ELEVENLABS, TWILIO, VOICE = sys.argv[1:7]
KEY = "sandbox"
GREETING = "Hello, this is the Riverside clinic. How can I help you today?"

app = FastAPI()


@app.post("/voice")
async def voice() -> Response:
    """The TwiML that opens a media stream."""
    twiml = f'<Response><Connect><Stream url="wss://127.0.0.1:{PORT}/ws"/></Connect></Response>'
    return Response(twiml, media_type="text/xml")


@app.websocket("/ws")
async def stream(websocket: WebSocket) -> None:
    """Serve one call."""
    await websocket.accept()
    _, call_data = await parse_telephony_websocket(websocket)
    await run_bot(websocket, call_data)


async def run_bot(websocket: WebSocket, call_data: dict[str, Any]) -> None:
    """Build the pipeline, and run it until the call has ended."""
    serializer = TwilioFrameSerializer(
        stream_sid=call_data["stream_id"],
        call_sid=call_data["call_id"],
        account_sid="AC" + "5a" * 16,
        auth_token=KEY,
        base_url=TWILIO,
    )
    transport = FastAPIWebsocketTransport(
        websocket=websocket,
        params=FastAPIWebsocketParams(
            audio_in_enabled=True, audio_out_enabled=True, add_wav_header=False, serializer=serializer
        ),
    )
    stt = DeepgramSTTService(api_key=KEY, base_url=DEEPGRAM)
    llm = OpenAILLMService(api_key=KEY, base_url=OPENAI)
    tts = ElevenLabsTTSService(
        api_key=KEY, url=ELEVENLABS, settings=ElevenLabsTTSService.Settings(voice=VOICE)
    )
    end_call = FunctionSchema("end_call", "Ends the call.", properties={}, required=[])
    llm.register_function("end_call", hang_up)
    context = LLMContext(
        [{"role": "system", "content": "You answer the phone of the Riverside clinic."}],
        tools=ToolsSchema(standard_tools=[end_call]),
    )
    user, assistant = LLMContextAggregatorPair(
        context, user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
    )
    pipeline = Pipeline([transport.input(), stt, user, llm, tts, transport.output(), assistant])
    task = PipelineTask(
        pipeline, params=PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000)
    )

    @transport.event_handler("on_client_connected")
    async def on_client_connected(_transport: Any, _client: Any) -> None:
        await task.queue_frames([TTSSpeakFrame(GREETING)])

    @transport.event_handler("on_client_disconnected")
    async def on_client_disconnected(_transport: Any, _client: Any) -> None:
        await task.cancel()

    await PipelineRunner(handle_sigint=False).run(task)


async def hang_up(params: FunctionCallParams) -> None:
    """End the call after the goodbye."""
    await params.llm.push_frame(EndTaskFrame(), FrameDirection.UPSTREAM)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(PORT), log_level="warning")

"""Folds a call's events into its conversation; an event costs the same however long the call is. No I/O."""

from dataclasses import replace

from parley.clock import CallClock
from parley.events.envelope import Body, event_body
from parley.v1 import call_pb2, handoff_pb2, reply_pb2, speech_pb2, telephony_pb2
from parley.v1.event_pb2 import Event
from services.brain import collected, current_agent, reply
from services.brain.conversation import Conversation
from services.brain.conversation_items import append, forget_summarized, from_the_end, with_item
from services.brain.items import CallerTurn, DtmfInput, PredictedTurn
from services.brain.phrases.phrase_choice import PhraseChoice
from services.brain.reply import Reply
from services.brain.tool_call import ToolCall, tool_call_of
from services.brain.turn_roles import role_of

_ASIDES = (reply_pb2.REPLY_KIND_FILLER, reply_pb2.REPLY_KIND_HANDOFF)
"""Replies that the model does not see."""


def evolve(conversation: Conversation, event: Event) -> Conversation:
    """Return the conversation after the event."""
    if not conversation.started_at_us:
        conversation = replace(conversation, started_at_us=event.sent_at_us)
    match event_body(event):
        case speech_pb2.EagerEndOfTurn(turn=turn, text=text):
            # The next stt owner may predict the end of a turn again if the end was not in the log that it
            # read.
            if conversation.has_ended(turn):
                return conversation
            return replace(conversation, predicted_turn=PredictedTurn(turn, text))
        case speech_pb2.TurnResumed():
            return replace(conversation, predicted_turn=None)
        case speech_pb2.TurnEnded() | speech_pb2.TranscriptUpdated() as body:
            return _evolve_turn(conversation, body)
        case call_pb2.DtmfPressed(digit=digit):
            return replace(conversation, pending_digits=conversation.pending_digits + digit)
        case call_pb2.StreamResuming() | call_pb2.StreamStopped() as body:
            return _evolve_stream_end(conversation, body)
        case call_pb2.CallEnded():
            return replace(conversation, ended=True)
        case None:
            return conversation
        case body:
            # The time at which it was sent, so that a replay of the log leads to the same state.
            at_ms = CallClock(conversation.started_at_us).ms_at(event.sent_at_us)
            return _evolve_own_event(conversation, body, at_ms)


def _evolve_own_event(conversation: Conversation, body: Body, at_ms: int) -> Conversation:
    match body:
        case telephony_pb2.StreamRedirected() | call_pb2.StreamStarted():
            away = isinstance(body, telephony_pb2.StreamRedirected) and not body.withdrawn
            return replace(conversation, away=away)
        case reply_pb2.PhrasesChosen():
            chosen = PhraseChoice(body.language, tuple(body.backchannels), tuple(body.hold_phrases))
            return replace(conversation, phrase_choice=chosen)
        case reply_pb2.DtmfCollected():
            return _evolve_dtmf(conversation, body)
        case reply_pb2.ReplyStarted():
            return _start_reply(conversation, body)
        case reply_pb2.ReplyReleased():
            return _release_reply(conversation, body)
        case reply_pb2.ToolCalled():
            totals = replace(conversation.totals, tool_calls=conversation.totals.tool_calls + 1)
            return append(replace(conversation, totals=totals), tool_call_of(body))
        case reply_pb2.ToolReturned():
            return _finish_tool_call(conversation, body, at_ms)
        case reply_pb2.FallbackRequested() | reply_pb2.HangUpRequested():
            return _evolve_request(conversation, body)
        case (
            handoff_pb2.AgentChanged()
            | handoff_pb2.LanguageChanged()
            | handoff_pb2.DataCollected()
            | reply_pb2.ConversationSummarized()
        ):
            return _evolve_agent(conversation, body)
        case _:
            reply_id = getattr(body, "reply_id", None)
            return conversation if reply_id is None else _evolve_reply(conversation, reply_id, body, at_ms)


def _evolve_agent(
    conversation: Conversation,
    body: handoff_pb2.AgentChanged
    | handoff_pb2.LanguageChanged
    | handoff_pb2.DataCollected
    | reply_pb2.ConversationSummarized,
) -> Conversation:
    """Return the conversation after a change of the agent, of its language, data or notes."""
    match body:
        case handoff_pb2.AgentChanged():
            return replace(conversation, agent=current_agent.evolve(conversation.agent, body))
        case handoff_pb2.LanguageChanged():
            return replace(conversation, agent=current_agent.in_language(conversation.agent, body))
        case handoff_pb2.DataCollected():
            data = collected.evolve(conversation.data, body, conversation.totals.inputs)
            return replace(conversation, data=data)
        case reply_pb2.ConversationSummarized():
            return forget_summarized(conversation, body)


def _evolve_request(
    conversation: Conversation, body: reply_pb2.FallbackRequested | reply_pb2.HangUpRequested
) -> Conversation:
    if isinstance(body, reply_pb2.FallbackRequested):
        return replace(conversation, fallback_requested=True)
    return replace(conversation, hang_up_after_reply_id=body.after_reply_id)


def _evolve_turn(
    conversation: Conversation, body: speech_pb2.TurnEnded | speech_pb2.TranscriptUpdated
) -> Conversation:
    if isinstance(body, speech_pb2.TranscriptUpdated):
        return _evolve_late_words(conversation, body) if body.final else conversation
    conversation = replace(conversation, predicted_turn=None)
    if conversation.has_ended(body.turn):
        return conversation
    # The log does not show every moment of playback: words are judged by what was played when they ended.
    replies = tuple(reply.at(body.speech_end_ms) for reply in conversation.active_replies)
    role, reply_id = role_of(body.text, replies, conversation.phrases)
    turn = CallerTurn(
        body.turn, body.text, role, reply_id, tuple(body.languages), pending=body.transcript_pending
    )
    totals = replace(conversation.totals, last_turn=max(conversation.totals.last_turn, body.turn))
    return append(replace(conversation, totals=totals), turn)


def _evolve_late_words(conversation: Conversation, body: speech_pb2.TranscriptUpdated) -> Conversation:
    """Add the words of a turn that ended before they were known; one without words needs no answer."""
    for index, item in from_the_end(conversation.items):
        if isinstance(item, CallerTurn) and item.turn == body.turn:
            if not item.pending:
                break
            role = item.role if body.text.strip() else "backchannel"
            turn = replace(item, text=body.text, role=role, pending=False)
            return with_item(conversation, index, turn)
    return conversation


def _evolve_dtmf(conversation: Conversation, body: reply_pb2.DtmfCollected) -> Conversation:
    totals = replace(conversation.totals, dtmf_inputs=conversation.totals.dtmf_inputs + 1)
    pressed = DtmfInput(conversation.totals.last_turn, f"[keys pressed: {' '.join(body.digits) or 'none'}]")
    return append(replace(conversation, pending_digits="", totals=totals), pressed)


def _start_reply(conversation: Conversation, body: reply_pb2.ReplyStarted) -> Conversation:
    totals, kind = conversation.totals, body.kind
    totals = replace(
        totals,
        replies=totals.replies + 1,
        fillers=totals.fillers + (kind == reply_pb2.REPLY_KIND_FILLER),
        reconnect_apologies=totals.reconnect_apologies + (kind == reply_pb2.REPLY_KIND_RECONNECTED),
    )
    started = Reply(
        body.reply_id,
        body.turn,
        body.kind,
        predicted_text=body.predicted_text,
        speculative=body.speculative,
        uninterruptible=body.uninterruptible,
        agent=conversation.agent.name,
        language=conversation.agent.language,
    )
    return append(replace(conversation, totals=totals), started)


def _release_reply(conversation: Conversation, body: reply_pb2.ReplyReleased) -> Conversation:
    released = replace(conversation.reply(body.reply_id), speculative=False)
    others = (i for i in conversation.items if not (isinstance(i, Reply) and i.reply_id == body.reply_id))
    return replace(conversation, items=(*others, released))


def _finish_tool_call(conversation: Conversation, body: reply_pb2.ToolReturned, at_ms: int) -> Conversation:
    for index, item in from_the_end(conversation.items):
        if isinstance(item, ToolCall) and item.tool_call_id == body.tool_call_id:
            if item.result is not None:
                return conversation
            call = replace(item, result=body.result, failed=body.failed, returned_ms=at_ms)
            return _with_result(conversation, index, call)
    return conversation


def _with_result(conversation: Conversation, index: int, call: ToolCall) -> Conversation:
    """Place a result: with its call, or at the end if the agent has said something else in the meantime."""
    items = conversation.items
    later = [i for i in items[index + 1 :] if isinstance(i, Reply) and i.kind not in _ASIDES]
    if not later:
        return with_item(conversation, index, call)
    spoken = (r for r in reversed(later) if not (r.speculative or r.cancelled == "speculation"))
    joined = next((reply.reply_id for reply in spoken), "")
    call = replace(call, joined=joined)
    return replace(conversation, items=(*items[:index], *items[index + 1 :], call))


def _evolve_stream_end(
    conversation: Conversation, body: call_pb2.StreamResuming | call_pb2.StreamStopped
) -> Conversation:
    """Stop playback with its media stream: nothing plays until the next one starts."""
    lost = isinstance(body, call_pb2.StreamResuming)
    ended_ms = body.last_audio_ms if isinstance(body, call_pb2.StreamResuming) else body.at_ms
    items = tuple(i.stopped_at(ended_ms) if isinstance(i, Reply) else i for i in conversation.items)
    return replace(conversation, items=items, streams_lost=conversation.streams_lost + lost)


def _evolve_reply(conversation: Conversation, reply_id: str, body: Body, at_ms: int) -> Conversation:
    for index, item in from_the_end(conversation.items):
        if isinstance(item, Reply) and item.reply_id == reply_id:
            after = reply.evolve(item, body, at_ms)
            return conversation if after is item else _with_reply(conversation, index, item, after)
    return conversation


def _with_reply(conversation: Conversation, index: int, before: Reply, after: Reply) -> Conversation:
    conversation = with_item(conversation, index, after)
    if conversation.agent.greeting and len(after.clauses) > len(before.clauses):
        conversation = replace(conversation, agent=current_agent.after_words(conversation.agent))
    if after.predicted_text and after.cancelled == "speculation" and not before.cancelled:
        totals = conversation.totals
        totals = replace(totals, discarded_speculations=totals.discarded_speculations + 1)
        return replace(conversation, totals=totals)
    return conversation

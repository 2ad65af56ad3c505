"""The TwiML of transfers and keys."""

from parley.v1.telephony_pb2 import TransferRequested, TransferTarget
from sandbox.twilio import twiml as sandbox_twiml
from sandbox.twilio.verbs import Connect, Dial, Gather, Hangup, Play, Redirect, Say
from services.edge.twilio import telephony_twiml
from services.edge.twilio.telephony_twiml import TransferUrls, conference_name
from services.edge.twilio.twiml import PublicUrls

URLS = TransferUrls("https://example.com", "CA1", "t1", 2)
REQUEST = TransferRequested(
    summary="needs a refill", accept_prompt="press 1", caller_gone="gone", language="en"
)


def test_a_dialled_target_reports_to_its_own_addresses() -> None:
    """The target's number is in each address."""
    target = TransferTarget(address="+15550100021", send_digits="w12", timeout_s=20)
    [dial] = sandbox_twiml.parse(telephony_twiml.dial(target, "+15550100000", URLS)).verbs

    assert isinstance(dial, Dial)
    assert dial.action == "https://example.com/transfer/done?call=CA1&id=t1&target=2"
    assert (dial.timeout_s, dial.caller_id, dial.numbers[0].send_digits) == (20, "+15550100000", "w12")
    assert dial.numbers[0].status_callback_event == ("initiated", "answered")


def test_a_sip_address_is_dialled_as_one() -> None:
    """The caller's own number is passed on without a caller id."""
    text = telephony_twiml.dial(TransferTarget(address="sip:a@b.com", timeout_s=9), "", URLS)

    assert "<Sip " in text
    assert "callerId" not in text


def test_caller_and_person_join_the_same_conference() -> None:
    """The caller's part ends at an address, the person's with a hang-up."""
    name = conference_name("CA1", "t1")
    caller = sandbox_twiml.parse(telephony_twiml.join(name, URLS, caller=True)).verbs
    person = sandbox_twiml.parse(telephony_twiml.join(name, URLS, caller=False)).verbs

    assert isinstance(caller[0], Dial)
    assert isinstance(person[0], Dial)
    assert caller[0].conference == person[0].conference
    assert caller[0].conference is not None
    assert (caller[0].conference.end_on_exit, caller[0].conference.wait_url) == (True, "")
    assert (bool(caller[0].action), person[0].action, person[1:]) == (True, None, (Hangup(),))


def test_the_person_is_prompted_twice_at_most() -> None:
    """The summary comes first; a prompt without an answer is posted as well."""
    document = sandbox_twiml.parse(telephony_twiml.prompt(REQUEST, URLS, 1))
    gather = document.verbs[0]

    assert isinstance(gather, Gather)
    assert [prompt.text for prompt in gather.prompts if isinstance(prompt, Say)] == [
        "needs a refill",
        "press 1",
    ]
    assert (gather.num_digits, gather.action_on_empty, document.warnings) == (1, True, ())
    assert [telephony_twiml.may_repeat(attempt) for attempt in (1, 2)] == [True, False]


def test_announcements_end_the_leg() -> None:
    """An empty text is left out."""
    spoken, hang_up = sandbox_twiml.parse(telephony_twiml.caller_gone(REQUEST)).verbs
    assert isinstance(spoken, Say)
    assert (spoken.text, hang_up) == ("gone", Hangup())
    assert sandbox_twiml.parse(telephony_twiml.goodbye(REQUEST)).verbs == (Hangup(),)


def test_the_stream_after_keys_names_their_tool_call() -> None:
    """Its start shows that they were pressed."""
    text = telephony_twiml.press("w12#", PublicUrls("https://example.com"), "clinic", 4, "d1")
    play, connect, redirect = sandbox_twiml.parse(text).verbs

    assert play == Play("", "w12#")
    assert isinstance(connect, Connect)
    assert ("after_tool_call_id", "d1") in connect.stream.parameters
    assert redirect == Redirect("https://example.com/voice?resume=1&after=4")

"""Text messages that Twilio refuses."""

from typing import Any

import pytest
from starlette.datastructures import FormData

from sandbox.twilio.api_forms import ApiError, Form
from sandbox.twilio.message_api import parse_message
from sandbox.twilio.settings import TwilioSandboxSettings

US, THEM = "+15550100000", "+15550100001"


@pytest.mark.parametrize(
    ("fields", "settings", "code"),
    [
        ({"To": ""}, {}, 21604),
        ({"From": ""}, {}, 21603),
        ({"To": "5551234"}, {}, 21211),
        ({"From": "Clinic"}, {}, 21212),
        ({"From": "+15550100999"}, {}, 21606),
        ({"To": US}, {}, 21266),
        ({"Body": ""}, {}, 21602),
        ({"Body": "x" * 1601}, {}, 21617),
        ({}, {"account_type": "Trial"}, 21608),
        ({}, {"opted_out_numbers": (THEM,)}, 21610),
        ({}, {"landline_numbers": (THEM,)}, 21614),
    ],
)
def test_a_refused_message_has_the_code_of_twilio(
    fields: dict[str, str], settings: dict[str, Any], code: int
) -> None:
    """Each reason has its own."""
    form = Form(FormData({"To": THEM, "From": US, "Body": "hello", **fields}))

    with pytest.raises(ApiError) as refused:
        parse_message(form, TwilioSandboxSettings(**settings), 0.0)
    assert refused.value.code == code


def test_a_filtered_message_is_accepted_first() -> None:
    """Its error appears later."""
    form = Form(FormData({"To": THEM, "From": US, "Body": "hello"}))

    message = parse_message(form, TwilioSandboxSettings(filtered_numbers=(THEM,)), 0.0)
    assert message.error_code == 30007

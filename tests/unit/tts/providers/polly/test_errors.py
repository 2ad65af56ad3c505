"""Exceptions of the SDK as errors with a remedy."""

import aiohttp
import pytest
from botocore import exceptions

from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from services.tts.providers.polly.errors import configuration_error, map_error


def refused(code: str, status: int, message: str = "m") -> exceptions.ClientError:
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return exceptions.ClientError(response, "SynthesizeSpeech")


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (refused("ThrottlingException", 400), ProviderRateLimited, "HTTP 400: ThrottlingException: m"),
        (refused("ServiceQuotaExceededException", 402), ProviderRateLimited, ""),
        (refused("429", 429), ProviderRateLimited, "HTTP 429: m"),
        (refused("AccessDeniedException", 403), ProviderRejected, "polly:SynthesizeSpeech"),
        (refused("SignatureDoesNotMatch", 403), ProviderRejected, "check the AWS credentials"),
        (
            refused("InvalidSignatureException", 403, "Signature expired: 1 is not 2"),
            ProviderRejected,
            "synchronize",
        ),
        (refused("TextLengthExceededException", 400), ProviderRejected, "TextLengthExceeded"),
        (refused("ServiceFailureException", 500), ProviderUnavailable, "HTTP 500"),
        (exceptions.ClientError({}, "x"), ProviderUnavailable, "HTTP 0"),
        (exceptions.NoCredentialsError(), ProviderRejected, "no AWS credentials"),
        (
            exceptions.CredentialRetrievalError(provider="p", error_msg="m"),
            ProviderUnavailable,
            "cannot be read",
        ),
        (exceptions.ReadTimeoutError(endpoint_url="u"), ProviderTimeout, "ReadTimeoutError"),
        (exceptions.EndpointConnectionError(endpoint_url="u"), ProviderUnavailable, "EndpointConnection"),
        (exceptions.ParamValidationError(report="secret text"), ProviderRejected, "not valid"),
        (aiohttp.ClientPayloadError("x"), ProviderUnavailable, "ClientPayloadError"),
        (ConnectionResetError(), ProviderUnavailable, "ConnectionResetError"),
    ],
)
def test_each_exception_has_its_kind(error: Exception, kind: type[ProviderError], text: str) -> None:
    """The reason never contains the text that was to be spoken."""
    found = map_error(error)

    assert type(found) is kind
    assert text in found.reason
    assert "secret" not in found.reason


def test_a_missing_region_names_the_setting() -> None:
    """Other problems of configuration keep the SDK's text."""
    assert "PARLEY_POLLY_REGION" in str(configuration_error(exceptions.NoRegionError()))
    assert "missing" in str(configuration_error(exceptions.ProfileNotFound(profile="missing")))

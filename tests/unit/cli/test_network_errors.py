"""Tests of the reasons of failed connections."""

import socket
import ssl

import httpx
import pytest

from cli.network_errors import describe, find_cause


def expired() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "certificate has expired"
    return error


def plain_http() -> ssl.SSLError:
    error = ssl.SSLError(1, "wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    return error


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (socket.gaierror(-2, "Name or service not known"), "the host name does not resolve"),
        (expired(), "TLS: certificate has expired"),
        (plain_http(), "TLS: the server speaks plain http on this port"),
        (ConnectionRefusedError(111, "refused"), "the connection is refused"),
        (TimeoutError(), "no answer in time"),
        (ConnectionResetError(), "the server closed the connection"),
        (httpx.UnsupportedProtocol("x"), "not a valid address"),
        (KeyError(), "no connection (ConnectError)"),
    ],
)
def test_the_first_precise_cause_is_described(cause: Exception, expected: str) -> None:
    """Client libraries hide it in the chain of causes, or in a group."""
    outer = httpx.ConnectError("All connection attempts failed")
    outer.__cause__ = ExceptionGroup("attempts", [cause])

    assert describe(outer) == expected


def test_a_chain_that_leads_back_to_itself_ends() -> None:
    """Each exception is examined once."""
    first, second = ValueError(), ValueError()
    first.__cause__, second.__context__ = second, first

    assert find_cause(first) == ""


def test_certificate_error_of_a_client_without_a_message_has_that_of_its_cause() -> None:
    """The error of aiohttp has none of its own."""
    original = ssl.SSLCertVerificationError("x")
    original.verify_message = "self-signed certificate"

    class Certificate(ssl.SSLCertVerificationError):
        verify_message = property(lambda _: "")

    error = Certificate("y")
    error.__cause__ = original
    assert describe(error) == "TLS: self-signed certificate"
    assert describe(Certificate("y")) == "TLS: the certificate is not valid"

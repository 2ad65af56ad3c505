"""All routes of the stand-in: Twilio's own, and those of the desk."""

from starlette.applications import Starlette

from sandbox.twilio.api import Api
from sandbox.twilio.control import Control
from sandbox.twilio.network import Network


def twilio_app(network: Network) -> Starlette:
    """The stand-in as an ASGI application."""
    return Starlette(routes=[*Api(network).routes(), *Control(network).routes()])

"""The emulator's ASGI application: Twilio's routes and the control routes."""

from starlette.applications import Starlette

from sandbox.twilio.api import Api
from sandbox.twilio.control import Control
from sandbox.twilio.network import Network


def twilio_app(network: Network) -> Starlette:
    """Build the application."""
    return Starlette(routes=[*Api(network).routes(), *Control(network).routes()])

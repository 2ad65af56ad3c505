"""Run one brain process."""

from functools import partial

from parley.process import run_until_told
from parley.settings import load
from parley.stage import run_stage
from services.brain.settings import BrainSettings
from services.brain.think import open_brain

if __name__ == "__main__":
    settings = load(BrainSettings)
    run_until_told(
        lambda stop: run_stage("brain", settings, settings.brain_port, partial(open_brain, settings), stop)
    )

"""Runs one brain process, or its shadow."""

from functools import partial

from parley.runtime.process import run_service
from parley.runtime.shadow import run_shadow
from parley.runtime.stage import run_stage
from parley.settings import load
from services.brain.service import open_service
from services.brain.session_log import BRAIN
from services.brain.settings import BrainSettings
from services.brain.shadow import open_shadow

if __name__ == "__main__":
    settings = load(BrainSettings)
    if settings.shadow:
        run_service(lambda stop: run_shadow("brain", settings, settings.brain_port, open_shadow, stop))
    else:
        open_brain = partial(open_service, settings)
        run_service(
            lambda stop: run_stage("brain", settings, settings.brain_port, open_brain, stop, folds=(BRAIN,))
        )

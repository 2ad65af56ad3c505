"""Pure decisions of the brain: each module folds events into a state and decides what to do."""

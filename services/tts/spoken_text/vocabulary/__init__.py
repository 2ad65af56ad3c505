"""Words of the languages that numbers and signs are spoken in."""

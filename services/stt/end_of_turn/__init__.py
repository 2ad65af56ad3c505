"""An optional local model that judges by the audio whether the caller has finished."""

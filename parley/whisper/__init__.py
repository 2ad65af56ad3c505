"""Whisper on this machine's own processor, with weights in CTranslate2's format; for telephone audio."""

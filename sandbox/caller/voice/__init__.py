"""The recorded voice bank: mu-law files, their manifest, and the script that recreates them."""

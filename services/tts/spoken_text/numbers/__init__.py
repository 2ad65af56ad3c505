"""Speaks numbers of each kind in words; each module rewrites one kind and leaves the rest."""

"""HEARS: is there a voice, what does it say, has it finished?"""

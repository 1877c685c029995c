"""Fuzzing of everything that is decoded from outside: altered inputs, one target per decoder, the same ones for the same seed."""

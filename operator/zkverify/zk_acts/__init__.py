"""Paid acts: a row before each, its outcome by query, one owner per nonce sequence. And what any program that spends needs."""

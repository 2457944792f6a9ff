"""Patchwork: an audit trail and policy engine of others, asked where its program is on this machine.

It works by itself when `patchwork` is on PATH. It is a program of its own that the user installed: nothing of it is
part of skillctl, and whoever has none misses nothing, since policy and audit are built in as well.
"""

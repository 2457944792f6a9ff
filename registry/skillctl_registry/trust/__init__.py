"""What is believed of a signed registry: bytes in, trusted metadata or an error out.

`files` says where the signed files lie, `trusted` holds the rules, and `reader` asks for the files in the order of the
rules. Nothing here opens, sends, or looks at a clock: what fetches and what keeps is given to the reader
(`skillctl_registry.verified` puts it before a backend), and `skillctl_registry.signing` signs.
"""

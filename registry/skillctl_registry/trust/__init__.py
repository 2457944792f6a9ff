"""What is believed of a signed registry: bytes in, trusted metadata or an error out.

`files` says where the signed files lie, `trusted` holds the rules. Nothing here fetches, keeps, or looks at a clock:
`skillctl_registry.verified` does, for whoever reads, and `skillctl_registry.signing` signs.
"""

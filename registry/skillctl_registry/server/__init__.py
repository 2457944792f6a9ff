"""A registry that many publish to: a server with a database before the static, signed tree that everybody reads.

The database decides: its row of a name and a version is what a publish races for, and the tree is made of it, again at
any time. The tree is what readers trust, since it is signed; it stays files that any web server gives. Between the two
stands a signer, of which there is one at a time: it signs all that waits as one batch.

Only this room imports starlette, uvicorn, SQLAlchemy and alembic, and only `registry serve` imports this room.
"""

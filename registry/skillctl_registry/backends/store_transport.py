"""An object store asked as a web server is: what is read of it is then kept, revalidated and used offline alike."""

from __future__ import annotations

from skillctl.core.errors import RegistryError
from skillctl.core.web import Request, Response
from skillctl_registry.backends.object_store import ObjectStoreBackend


class StoreTransport:
    """Gives the files of a store by addresses that begin with its own."""

    def __init__(self, store: ObjectStoreBackend) -> None:
        self._store = store

    def send(self, request: Request) -> Response:
        """The file, 304 where it is still the one of the ETag that is asked with, or 404. Errors are the store's."""
        key = request.url.removeprefix(f"{self._store.label}/")
        known = request.headers.get("if-none-match", "")
        found = self._store.read(key, max_bytes=request.max_bytes, known=known)
        if found is None:
            return Response(status=404, url=request.url)
        data, e_tag = found
        status = 304 if known and e_tag == known else 200
        return Response(status=status, url=request.url, headers={"etag": e_tag}, body=data)

    def refusal(self, response: Response) -> RegistryError:
        """Never called: the store has raised what it had to say."""
        raise ValueError(f"a store answered {response.status}")

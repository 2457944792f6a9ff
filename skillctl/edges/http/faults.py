"""What goes wrong on the way to a server, in our words: foreign errors in, a RegistryError out."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from skillctl.core.errors import RegistryError
from skillctl.core.web import host_of, masked
from skillctl.edges.http.waiting import LateError, Patience

_MALFORMED = (
    *("missing authority key identifier", "missing subject key identifier", "key identifier marked critical"),
    *("does not include key usage", "ca cert not marked critical", "keycertsign", "path length invalid"),
    *("issuer name empty", "subject name empty", "subject empty", "empty subject", "signature mismatch"),
    *("at least x509v3", "explicit ecc parameters"),
)
"""What OpenSSL's strict check says of a certificate that breaks a rule of its form."""
_CUT = ("without sending", "incomplete", "disconnected", "closed connection")


class AgainError(Exception):
    """What may be different the next time."""

    def __init__(self, error: RegistryError, *, after: float | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.after = after


@contextmanager
def named_faults(url: str, deadline: float, attempt: int, patience: Patience) -> Iterator[None]:
    """What is raised in the block becomes ours, or `AgainError` around one of ours."""
    import httpcore
    import httpx

    try:
        yield
    except (LateError, httpcore.TimeoutException) as error:
        raise _waited(error, url, deadline, patience) from error
    except httpcore.LocalProtocolError:  # our own request's fault: what is said of it quotes headers, and tokens so
        raise RegistryError.of("E242", host=host_of(url)) from None
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, ssl.SSLError) as error:
        raise _broken(error, url, attempt) from error
    except (httpx.InvalidURL, httpcore.UnsupportedProtocol, UnicodeError) as error:
        raise RegistryError.of("E297", url=masked(url), reason=plain(error)) from error
    except ImportError as error:  # SOCKS needs a library of its own
        raise RegistryError.of("E293", host=host_of(url), reason=plain(error)) from error


def _waited(error: Exception, url: str, deadline: float, patience: Patience) -> Exception:
    """What a wait that ended means."""
    import httpcore

    host = host_of(url)
    if isinstance(error, LateError):
        return _late(url, deadline, patience)
    if isinstance(error, httpcore.ConnectTimeout):
        return RegistryError.of("E280", host=host, reason="it does not answer the attempt to connect")
    return RegistryError.of("E282", host=host, seconds=f"{patience.idle:g}")


def _broken(error: Exception, url: str, attempt: int) -> Exception:
    """What a connection that failed means."""
    import httpcore

    host, said = host_of(url), plain(error)
    if isinstance(error, httpcore.ProxyError):
        return RegistryError.of("E293", host=host, reason=said)
    if isinstance(error, httpcore.ConnectError):
        return _unreached(error, host)
    if isinstance(error, httpcore.ProtocolError) and not any(each in said for each in _CUT):
        return RegistryError.of("E294", host=host, url=masked(url), reason=said)
    reason = "the connection was reset" if isinstance(error, httpcore.NetworkError) else said
    return AgainError(_broken_off(url, reason, attempt))


def _late(url: str, deadline: float, patience: Patience) -> RegistryError:
    if time.monotonic() >= deadline:
        return RegistryError.of("E283", url=masked(url), reason=f"it was not there after {patience.total:g} seconds")
    seconds = f"{patience.connect + patience.idle:g}"
    return RegistryError.of("E283", url=masked(url), reason=f"it had not begun after {seconds} seconds")


def _broken_off(url: str, reason: str, attempt: int) -> RegistryError:
    return RegistryError.of("E285", host=host_of(url), url=masked(url), reason=reason, attempts=attempt)


def _unreached(error: Exception, host: str) -> Exception:
    """Why no connection came about: the first cause that tells."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return _distrusted(cause, host)
        if isinstance(cause, socket.gaierror):
            return RegistryError.of("E280", host=host, reason="its name has no address")
        if isinstance(cause, ConnectionRefusedError):
            return AgainError(RegistryError.of("E280", host=host, reason="nothing listens there"))
        if isinstance(cause, ConnectionError):
            return AgainError(RegistryError.of("E280", host=host, reason="the connection was reset"))
        if isinstance(cause, OSError) and cause.strerror:
            return RegistryError.of("E280", host=host, reason=cause.strerror)
    return RegistryError.of("E280", host=host, reason=plain(error) or "no connection came about")


def _distrusted(error: ssl.SSLError, host: str) -> RegistryError:
    """What was wrong with the certificate, or with the server's way of encryption."""
    reason = getattr(error, "verify_message", "") or error.reason or "the handshake failed"
    said = str(reason).replace("_", " ").lower()
    return RegistryError.of("E281", host=host, reason=said, advice=_advice(said))


def _advice(said: str) -> str:
    """What helps against that, by the words of OpenSSL.

    Python 3.13 and later hold certificates to RFC 5280 (`VERIFY_X509_STRICT`), which many an authority of a company's
    own does not: such a one was good with an older Python, and no setting of this machine makes it good now.
    """
    if "not yet valid" in said or "expired" in said:
        return "look at this machine's clock first; if it is right, the server's certificate has to be renewed"
    if any(each in said for each in _MALFORMED):
        return (
            "its authority has to make the certificate anew, or its own, as RFC 5280 has it: Python 3.13 and later "
            "take no other"
        )
    if "self" in said or "issuer" in said:
        return "a company's own authority is made known with SSL_CERT_FILE"
    return "check the address; a proxy in between needs its authority in SSL_CERT_FILE"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def plain(error: Exception) -> str:
    """The first line of what a foreign error says."""
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__

"""Origins as people write them on the command line: the forms that `core.source` lists, taken apart.

What is no registry's name is rare, so this is loaded when it comes up. The parts are held to their forms afterwards.
"""

from __future__ import annotations

import re

from skillctl.core.errors import UsageError
from skillctl.core.source import Origin, tidy, without_secret

_PLAIN = r"(?!\.{1,2}(?:[/@#]|\Z))[A-Za-z0-9_.-]+"
_SHORTHAND = re.compile(
    rf"(?P<owner>[A-Za-z0-9][A-Za-z0-9_.-]*)/(?P<repo>{_PLAIN})(?P<path>(?:/[^#@]+)?)"
    r"(?:@(?P<pick>[^#/]+))?(?:#(?P<fragment>.+))?\Z"
)
_LOCAL = re.compile(r"(?:\.{1,2}|~)(?:[/\\]|\Z)|[/\\]|[A-Za-z]:[/\\]|[^/:]*\\")
_HOSTS = {"github": "https://github.com", "gitlab": "https://gitlab.com"}
_ARCHIVE_ENDINGS = (".tar.gz", ".tgz", ".zip")
_SCP = re.compile(r"(?P<user>[A-Za-z0-9_.-]+)@(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*):(?P<path>[^/:][^:]*/?[^:]*)\Z")
_PAGE = re.compile(
    r"(?P<repository>https?://[^/?#@]+/[^?#]+?)/(?:-/)?(?P<view>tree|blob|src/branch|src/tag|src/commit|src)/"
    r"(?P<ref>[^/?#@]+)(?:/(?P<path>[^?#@]*))?(?:@(?P<pick>[^#/]+))?\Z"
)
_REPOSITORY_PAGE = re.compile(
    r"https?://(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org)/[^/?#@]+/[^/?#@]+/?(?:@[^/?#]+)?(?:#.*)?\Z"
)
_REPOSITORY_URL = re.compile(r"[^?#]+\.git/?(?:@[^/?#]+)?(?:#.*)?\Z")
_SHA256 = "sha256="
_SUBDIRECTORY = "subdirectory="


def written_origin(text: str) -> tuple[Origin, str] | None:
    """The origin that a text writes, and what of it is picked."""
    if _LOCAL.match(text):
        return (
            _archive(text) if _is_archive(text.partition("#sha256=")[0]) else (Origin(kind="path", location=text), "")
        )
    if text.startswith("oci://"):
        return Origin(kind="oci", location=text), ""
    if text.startswith("git+"):
        return _repository_url(text.removeprefix("git+"))
    if text.startswith("ssh://"):
        return _repository_url(text)
    if text.startswith(("https://", "http://")):
        return _url(text)
    scp = _SCP.match(text)
    if scp is not None and ("/" in scp["path"] or ".git" in scp["path"]):
        return _repository_url(f"ssh://{scp['user']}@{scp['host']}/{scp['path']}")
    host, colon, rest = text.partition(":")
    if colon and host in _HOSTS:
        return _repository(text, rest, _HOSTS[host])
    if _is_archive(text.partition("#sha256=")[0]):
        return _archive(text)
    if "/" in text and not text.startswith("@"):
        return _repository(text, text, _HOSTS["github"])
    return None


def _url(text: str) -> tuple[Origin, str]:
    if _is_archive(re.split("[?#]", text)[0]):
        return _archive(text)
    page = _PAGE.match(text)
    if page is not None:
        path = (page["path"] or "").strip("/")
        if page["view"] == "blob":  # a file: what is meant is the directory that it is in
            path = path.rpartition("/")[0]
        repository = page["repository"].removesuffix("/-")
        return Origin(kind="git", location=repository, ref=page["ref"], subdirectory=path), page["pick"] or ""
    if _REPOSITORY_URL.match(text) or _REPOSITORY_PAGE.match(text):
        return _repository_url(text)
    return Origin(kind="site", location=text), ""


def _archive(text: str) -> tuple[Origin, str]:
    location, mark, digest = text.partition(f"#{_SHA256}")
    sha256 = f"sha256:{digest.lower()}" if mark else ""
    return Origin(kind="archive", location=location.partition("#")[0] if "://" in text else location, sha256=sha256), ""


def _is_archive(text: str) -> bool:
    return text.lower().endswith(_ARCHIVE_ENDINGS)


def _repository_url(url: str) -> tuple[Origin, str]:
    location, _, fragment = url.partition("#")
    above, _, last = location.rstrip("/").rpartition("/")
    pick = ""
    if above.partition("://")[2]:
        last, _, pick = last.partition("@")
        location = f"{above}/{last}"
    ref, subdirectory = _of_fragment(fragment)
    return Origin(kind="git", location=location, ref=ref, subdirectory=subdirectory), pick


def _of_fragment(fragment: str) -> tuple[str, str]:
    """The ref and the subdirectory behind a `#`."""
    ref, mark, subdirectory = fragment.rpartition(_SUBDIRECTORY)
    if not mark or (ref and not ref.endswith("&")):
        return fragment, ""
    return ref.removesuffix("&"), tidy(subdirectory)


def _repository(text: str, shorthand: str, host: str) -> tuple[Origin, str]:
    match = _SHORTHAND.match(shorthand)
    if match is None:
        reason = "a repository is written owner/repo[/path][#ref], or git+ and its URL"
        raise UsageError.of("E001", argument=without_secret(text), reason=without_secret(reason))
    location = f"{host}/{match['owner']}/{match['repo']}"
    ref, subdirectory = _of_fragment(match["fragment"] or "")
    subdirectory = "/".join(each for each in (match["path"].strip("/"), subdirectory) if each)
    return Origin(kind="git", location=location, ref=ref, subdirectory=subdirectory), match["pick"] or ""

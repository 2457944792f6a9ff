"""Secrets that were left in a text: found by their form, and masked wherever something is printed.

Three passes, each as narrow as it can be, since a check that cries wolf is switched off:

1. Tokens that say by their own letters whose they are (`ghp_…`, `AKIA…`), and private keys with their content.
2. A password in an address: `postgres://me:…@host`.
3. What is assigned to a name such as `password` or `api_key`, if it is long, of letters and digits, and no word.

What stands for a secret in documentation (`AKIAIOSFODNN7EXAMPLE`, `ghp_xxxx…`, `${TOKEN}`, `<your key>`) is none. A
finding never holds the secret: `shown` has at most the letters in front that every token of its kind begins with.

Most files are prose. `may_hold_secrets` says no to them in a pass or two over the bytes: a secret has a run of sixteen
letters, digits and the signs of base64 in it, stands in an address, is a private key, or is assigned to a name, for
which the whole text is looked through, since a password may have any signs. Tokens are only looked for around such
runs. What is found in a text does not depend on what else stands in it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from skillctl.core.value import dataclass, replace

_RUN = 16
_TOKEN_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+/")
_AS_RUNS = bytes(0x61 if each in _TOKEN_BYTES else 0x20 for each in range(256))
_LONG_RUN = b"a" * _RUN
_AROUND = 80
"""So many characters before and behind a run may belong to the same secret, or name it."""

_TOKENS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("AWS access key", ("AKIA", "ASIA", "ABIA", "ACCA"), (r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",)),
    (
        "GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        (r"gh[pousr]_[A-Za-z0-9]{36,255}", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    ),
    (
        "GitLab token",
        ("glpat-", "glptt-", "gldt-", "glrt-", "glcbt-", "glsoat-"),
        (r"gl(?:pat|ptt|dt|rt|cbt|soat)-[\w-]{20,}",),
    ),
    (
        "Slack token",
        ("xox", "xapp-", "hooks.slack.com"),
        (
            r"xox[abeoprs]-[0-9A-Za-z-]{20,}",
            r"xapp-\d-[A-Z0-9]{8,}-\d{8,}-[a-f0-9]{32,}",
            r"hooks\.slack\.com/services/T\w{8,}/B\w{8,}/\w{20,}",
        ),
    ),
    (
        "Discord token",
        ("iscord", "ISCORD"),
        (r"[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,38}", r"discord(?:app)?\.com/api/webhooks/\d{17,20}/[\w-]{60,}"),
    ),
    ("Telegram bot token", (":AA",), (r":AA[\w-]{33}",)),
    ("Stripe key", ("k_live_", "whsec_"), (r"[sr]k_live_[A-Za-z0-9]{20,}", r"whsec_[A-Za-z0-9+/=]{32,}")),
    ("Square key", ("sq0",), (r"sq0(?:atp|csp)-[\w-]{22,43}",)),
    ("Shopify token", ("shp",), (r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",)),
    ("Anthropic key", ("sk-ant-",), (r"sk-ant-(?:api|admin|oat|sid)\d\d-[\w-]{40,}",)),
    ("OpenRouter key", ("sk-or-v1-",), (r"sk-or-v1-[a-f0-9]{64}",)),
    ("OpenAI key", ("sk-",), (r"sk-(?:proj|svcacct|admin)-[\w-]{40,}", r"sk-[A-Za-z0-9]{32,64}")),
    ("Google key", ("AIza", "GOCSPX-", "ya29."), (r"AIza[\w-]{35}", r"GOCSPX-[\w-]{28}", r"ya29\.[\w-]{60,}")),
    ("Hugging Face token", ("hf_",), (r"hf_[A-Za-z0-9]{34}",)),
    ("Groq key", ("gsk_",), (r"gsk_[A-Za-z0-9]{52}",)),
    ("Replicate token", ("r8_",), (r"r8_[A-Za-z0-9]{37}",)),
    ("Databricks token", ("dapi",), (r"dapi[0-9a-f]{32}",)),
    ("npm token", ("npm_",), (r"npm_[A-Za-z0-9]{36}",)),
    ("PyPI token", ("pypi-AgE",), (r"pypi-AgE[\w-]{50,}",)),
    ("RubyGems key", ("rubygems_",), (r"rubygems_[a-f0-9]{48}",)),
    ("crates.io token", ("cio",), (r"cio[A-Za-z0-9]{32}",)),
    ("Docker token", ("dckr_pat_",), (r"dckr_pat_[\w-]{27}",)),
    ("SendGrid key", ("SG.",), (r"SG\.[\w-]{22}\.[\w-]{43}",)),
    ("Twilio key", ("SK",), (r"SK[0-9a-f]{32}",)),
    ("Mailgun key", ("key-",), (r"key-[0-9a-f]{32}",)),
    ("DigitalOcean token", ("_v1_",), (r"do[opr]_v1_[a-f0-9]{64}",)),
    ("Netlify token", ("nfp_",), (r"nfp_[A-Za-z0-9]{36}",)),
    ("Supabase token", ("sbp_",), (r"sbp_[a-f0-9]{40}",)),
    ("Tailscale key", ("tskey-",), (r"tskey-(?:auth|api|client)-\w{8,}-\w{20,}",)),
    ("Linear key", ("lin_api_",), (r"lin_api_[A-Za-z0-9]{40}",)),
    ("Notion token", ("ntn_",), (r"ntn_[A-Za-z0-9]{40,}",)),
    ("Airtable token", ("pat",), (r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}",)),
    ("Figma token", ("figd_",), (r"figd_[\w-]{40}",)),
    ("Postman key", ("PMAK-",), (r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}",)),
    ("Atlassian token", ("ATATT3",), (r"ATATT3[\w=-]{80,}",)),
    ("New Relic key", ("NRAK-",), (r"NRAK-[A-Z0-9]{27}",)),
    ("Grafana token", ("glsa_",), (r"glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}",)),
    ("Vault token", ("hvs.", "hvb."), (r"hv[bs]\.[\w-]{24,}",)),
    ("Terraform Cloud token", (".atlasv1.",), (r"\.atlasv1\.[\w-]{60,}",)),
    ("Doppler token", ("dp.",), (r"dp\.(?:pt|st|ct)\.[A-Za-z0-9]{40,}",)),
    ("Pulumi token", ("pul-",), (r"pul-[a-f0-9]{40}",)),
    ("Azure storage key", ("AccountKey=",), (r"AccountKey=[A-Za-z0-9+/]{86}==",)),
    ("JSON web token", ("eyJ",), (r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}",)),
    ("age key", ("AGE-SECRET-KEY-1",), (r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",)),
    ("skillctl token", ("skl_",), (r"skl_[\w-]{20,}",)),
)
"""What it is, letters that all of its forms have somewhere, and the forms.

A text is only searched for forms whose letters it has, since that question is quick."""

_HINTS = tuple((hint, kind) for kind, hints, _ in _TOKENS for hint in hints)

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----(?:\\[nr]|[\s\x22'+,>|#*]){0,40}"
    r"(?:[A-Z][A-Za-z-]{2,30}: [^\n]{0,80}\n\s{0,4}){0,6}[A-Za-z0-9+/=]{32}"
    r"|PuTTY-User-Key-File-[23]: "
)
_ADDRESS = re.compile(r"://(?P<user>[^\s/:@\"'<>`]{0,80}):(?P<secret>[^\s/@\"'<>`]{8,200})@(?P<host>[\w.-]{1,200})")
_ASSIGNED = re.compile(r"[:=][\"' \t]{0,4}(?P<secret>[A-Za-z0-9+/_.~!@#$%^&*=-]{16,200})")
_NAME = re.compile(
    r"(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|credentials?"
    r"|auth|password[_-]?hash|connection[_-]?string)[\"'\]]{0,2}[ \t]*\Z",
    re.IGNORECASE,
)
_NAMED = ("pass", "secret", "token", "key", "credential", "auth", "connection")
"""Letters of which every such name has some: a quick no."""
_NETRC = re.compile(r"\blogin[ \t]+\S{1,100}[ \t]+password[ \t]+(?P<secret>\S{8,200})")
_NAME_LENGTH = 60
_NUMBER_BEFORE = re.compile(r"[0-9]+\Z")

_STANDS_FOR_ONE = re.compile(
    r"example|sample|dummy|placeholder|change[_-]?me|your|redacted|insert|replace|fake|mock|not[_-]?a|my[_-]|todo|secret"
    r"|password|token|xxxx|\*\*\*|\.\.\.|1234567|abcdefg|deadbeef|foobar|hunter2|_test_",
    re.IGNORECASE,
)
_TOKEN_STANDS_FOR_ONE = re.compile(r"example|xxxxx|your[_-]|redacted|placeholder|12345678|abcdefgh", re.IGNORECASE)
_LOCAL_HOST = re.compile(r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|db|host|.*\bexample\b.*|.*\.(?:test|invalid|local))\Z")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_WORD = re.compile(r"(?:[A-Za-z]+[0-9]{0,2}|[0-9]{1,4}|v[0-9.]+)\Z")
_SPLIT = re.compile(r"[-_./:]")

_SAMPLE_JWT = ".eyJzdWIiOiIxMjM0NTY3ODkw"  # `{"sub":"1234567890`, which every introduction shows
_BITS = 3.3
_TOO_FEW = 6


@dataclass(frozen=True, slots=True)
class Secret:
    """A place in a text where a secret stands."""

    kind: str
    """What it is: `GitHub token`."""
    offset: int
    """Where it begins, in characters."""
    end: int
    shown: str
    """What may be printed of it."""


def may_hold_secrets(data: bytes) -> bool:
    """Whether the bytes could hold a secret: a quick no for nearly all prose."""
    return (
        _LONG_RUN in data.translate(_AS_RUNS)
        or b"PRIVATE KEY" in data
        or _may_hold_a_password(data)
        or next(_assigned_in(data.decode("latin-1")), None) is not None
    )


def secrets_in(text: str) -> list[Secret]:
    """The secrets that stand in the text, in their order."""
    found: dict[int, Secret] = {}
    near_runs = (each for start, end in _windows(text) for each in _in_window(text, start, end))
    for each in (*_private_keys_in(text), *_passwords_in(text), *near_runs, *_assigned_in(text)):
        if not any(other.offset < each.end and each.offset < other.end for other in found.values()):
            found[each.offset] = each
    return [found[offset] for offset in sorted(found)]


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """What lies around long runs, apart from each other: where each part begins and ends."""
    runs = text.encode("ascii", "replace").translate(_AS_RUNS)  # a byte for each character
    start = end = 0
    at = runs.find(_LONG_RUN)
    while at >= 0:
        if at - _AROUND > end:
            if end:
                yield start, end
            start = at - _AROUND
        stop = runs.find(b" ", at + _RUN)
        stop = len(text) if stop < 0 else stop
        end = min(stop + _AROUND, len(text))
        at = runs.find(_LONG_RUN, stop)
    if end:
        yield max(start, 0), end


def _in_window(text: str, start: int, end: int) -> Iterator[Secret]:
    for each in _tokens_in(text[start:end]):
        yield replace(each, offset=each.offset + start, end=each.end + start)


def masked(text: str) -> str:
    """The text with every secret in it left out but for what may be shown."""
    if len(text) < _RUN and "://" not in text:
        return text
    data = text.encode(errors="replace")
    if not may_hold_secrets(data):
        return text
    shown, at = [], 0
    for each in secrets_in(text):
        shown += [text[at : each.offset], each.shown]
        at = each.end
    return "".join([*shown, text[at:]])


def _may_hold_a_password(data: bytes) -> bool:
    return (b"://" in data and b"@" in data) or b"password " in data


@cache
def _form(kind: str) -> re.Pattern[str]:
    """Compiled when a text first looks as if it had such a token: most commands never need any."""
    return re.compile("|".join(next(forms for name, _, forms in _TOKENS if name == kind)))


def _tokens_in(text: str) -> Iterator[Secret]:
    for kind in dict.fromkeys([kind for hint, kind in _HINTS if hint in text]):
        for match in _form(kind).finditer(text):
            found = _token(kind, match, text)
            if found is not None:
                yield found


def _token(kind: str, match: re.Match[str], text: str) -> Secret | None:
    """The secret that a match is; None if it only looks like one."""
    token, start, end = match[0], match.start(), match.end()
    if kind == "Telegram bot token":
        start -= len(number[0]) if (number := _NUMBER_BEFORE.search(text, max(0, start - 11), start)) else 0
        if not 8 <= match.start() - start <= 10:  # so long are the numbers of bots
            return None
        return Secret(kind, start, end, f"… ({end - start} characters)")
    if not _stands_alone(text[start - 1 : start], text[end : end + 1], token) or _is_sample(kind, token):
        return None
    return Secret(kind, start, end, f"{token[:4]}… ({len(token)} characters)")


def _private_keys_in(text: str) -> Iterator[Secret]:
    for match in _PRIVATE_KEY.finditer(text) if "PRIVATE KEY" in text or "PuTTY-User" in text else ():
        yield Secret(
            "private key", match.start(), _end_of_key(text, match.end()), f"{match[0].partition(chr(10))[0][:36]}…"
        )


def _end_of_key(text: str, at: int) -> int:
    """Where the key is over: behind its last line, or where its letters end."""
    last = text.find("-----END", at)
    return text.find("-----", last + 8) + 5 if 0 <= last < at + 20_000 else at


def _stands_alone(before: str, after: str, token: str) -> bool:
    """Whether it is no part of a longer word: a digest in base64 may hold the letters of any token."""
    in_front = not (before.isalnum() or before in ("_", "-")) or not token[0].isalnum()
    return in_front and not (after.isalnum() or after in ("_", "/", "+"))


def _is_sample(kind: str, token: str) -> bool:
    if kind == "JSON web token":
        return _SAMPLE_JWT in token
    rest = token[4:]
    has_digit = any(each.isdigit() for each in rest)
    return (
        len(set(rest)) < _TOO_FEW
        or _TOKEN_STANDS_FOR_ONE.search(token) is not None
        or not (has_digit or (rest.lower() != rest != rest.upper()))
    )


def _passwords_in(text: str) -> Iterator[Secret]:
    for match in _ADDRESS.finditer(text) if "://" in text else ():
        secret = match["secret"]
        if _LOCAL_HOST.match(match["host"]) is None and _is_password(secret):
            yield _hidden("password in an address", match)
    for match in _NETRC.finditer(text) if "password " in text else ():
        if _is_password(match["secret"]):
            yield _hidden("password", match)


def _is_password(text: str) -> bool:
    is_template = text[0] in "$<{%[(" or "${" in text or "{{" in text
    is_mixed = any(map(str.isdigit, text)) and any(map(str.isalpha, text))
    return is_mixed and not is_template and len(set(text)) >= _TOO_FEW and _STANDS_FOR_ONE.search(text) is None


def _assigned_in(text: str) -> Iterator[Secret]:
    lower = text.lower()
    if not any(each in lower for each in _NAMED):
        return
    for match in _ASSIGNED.finditer(text):
        if _NAME.search(text, max(0, match.start() - _NAME_LENGTH), match.start()) and _is_random(match["secret"]):
            yield _hidden("secret", match)


def _hidden(kind: str, match: re.Match[str]) -> Secret:
    return Secret(kind, match.start("secret"), match.end("secret"), f"… ({len(match['secret'])} characters)")


def _is_random(text: str) -> bool:
    """Whether nobody thought of it: letters and digits without order, and no name, path, version or template."""
    text = text.rstrip(".,;")
    if not _is_password(text) or text[0] in "/.@#&" or _DOTTED.match(text) or _UUID.match(text):
        return False
    if all(_WORD.match(part) for part in _SPLIT.split(text) if part):
        return False
    return _bits(text) >= _BITS and sum(each.isdigit() for each in text) > 1


def _bits(text: str) -> float:
    """Shannon's entropy, in bits for each character."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)

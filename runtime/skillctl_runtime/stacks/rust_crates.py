"""Crates that a Rust file may use without saying so, with the version and features that their usual examples need.

Curated by hand: a name that is not here is never added, for a crate of that name may be anybody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from skillctl_runtime.stacks.compiled import code_of

CRATES: Mapping[str, str] = {
    "actix_web": 'actix-web = "4"',
    "actix_rt": 'actix-rt = "2"',
    "anyhow": 'anyhow = "1"',
    "async_trait": 'async-trait = "0.1"',
    "axum": 'axum = "0.8"',
    "base64": 'base64 = "0.22"',
    "bincode": 'bincode = "1"',
    "bytes": 'bytes = "1"',
    "chrono": 'chrono = { version = "0.4", features = ["serde"] }',
    "clap": 'clap = { version = "4", features = ["derive"] }',
    "colored": 'colored = "2"',
    "crossbeam": 'crossbeam = "0.8"',
    "crossterm": 'crossterm = "0.28"',
    "csv": 'csv = "1"',
    "ctrlc": 'ctrlc = "3"',
    "dashmap": 'dashmap = "6"',
    "dotenv": 'dotenv = "0.15"',
    "dotenvy": 'dotenvy = "0.15"',
    "env_logger": 'env_logger = "0.11"',
    "flate2": 'flate2 = "1"',
    "futures": 'futures = "0.3"',
    "hex": 'hex = "0.4"',
    "hyper": 'hyper = { version = "1", features = ["full"] }',
    "image": 'image = "0.25"',
    "indexmap": 'indexmap = "2"',
    "indicatif": 'indicatif = "0.17"',
    "itertools": 'itertools = "0.14"',
    "lazy_static": 'lazy_static = "1"',
    "log": 'log = "0.4"',
    "md5": 'md5 = "0.7"',
    "ndarray": 'ndarray = "0.16"',
    "num": 'num = "0.4"',
    "num_bigint": 'num-bigint = "0.4"',
    "num_cpus": 'num_cpus = "1"',
    "num_traits": 'num-traits = "0.2"',
    "once_cell": 'once_cell = "1"',
    "ordered_float": 'ordered-float = "4"',
    "parking_lot": 'parking_lot = "0.12"',
    "petgraph": 'petgraph = "0.6"',
    "rand": 'rand = "0.8"',
    "rand_chacha": 'rand_chacha = "0.3"',
    "ratatui": 'ratatui = "0.29"',
    "rayon": 'rayon = "1"',
    "regex": 'regex = "1"',
    "reqwest": 'reqwest = { version = "0.12", default-features = false, features = ["blocking", "json", "rustls-tls"] }',  # noqa: E501
    "rocket": 'rocket = { version = "0.5", features = ["json"] }',
    "rusqlite": 'rusqlite = { version = "0.32", features = ["bundled"] }',
    "semver": 'semver = "1"',
    "serde": 'serde = { version = "1", features = ["derive"] }',
    "serde_json": 'serde_json = "1"',
    "serde_yaml": 'serde_yaml = "0.9"',
    "sha2": 'sha2 = "0.10"',
    "smallvec": 'smallvec = "1"',
    "structopt": 'structopt = "0.3"',
    "strum": 'strum = { version = "0.26", features = ["derive"] }',
    "tempfile": 'tempfile = "3"',
    "thiserror": 'thiserror = "1"',
    "time": 'time = { version = "0.3", features = ["formatting", "parsing", "macros"] }',
    "tiny_http": 'tiny_http = "0.12"',
    "tokio": 'tokio = { version = "1", features = ["full"] }',
    "tokio_stream": 'tokio-stream = "0.1"',
    "toml": 'toml = "0.8"',
    "tower": 'tower = { version = "0.5", features = ["full"] }',
    "tower_http": 'tower-http = { version = "0.6", features = ["fs", "cors", "trace"] }',
    "tracing": 'tracing = "0.1"',
    "tracing_subscriber": 'tracing-subscriber = { version = "0.3", features = ["env-filter"] }',
    "unicode_segmentation": 'unicode-segmentation = "1"',
    "ureq": 'ureq = "2"',
    "url": 'url = "2"',
    "uuid": 'uuid = { version = "1", features = ["v4", "serde"] }',
    "walkdir": 'walkdir = "2"',
    "warp": 'warp = "0.3"',
}
"""The name in code -> the line of Cargo.toml."""

_WITH_THE_COMPILER = frozenset({"std", "core", "alloc", "proc_macro", "test", "crate", "self", "super", "Self"})
_USE = re.compile(r"^[ \t]*(?:pub(?:\([^)]*\))?[ \t]+)?use[ \t]+(?:::)?(\{[^;]*\}|[A-Za-z_]\w*)", re.MULTILINE)
_EXTERN = re.compile(r"^[ \t]*(?:#\[macro_use\]\s*)?extern[ \t]+crate[ \t]+(\w+)", re.MULTILINE)
_LOCAL = re.compile(
    r"^[ \t]*(?:pub(?:\([^)]*\))?[ \t]+)?(?:mod|struct|enum|trait|type|union|macro_rules!)[ \t]+(\w+)", re.MULTILINE
)
_INLINE = re.compile(r"(?<![\w:])([a-z][a-z0-9_]*)(?:::[A-Za-z_]\w*)+!?\s*[(!{<\[]|#\[([a-z][a-z0-9_]*)::\w+")


def crates_used(texts: Iterable[str]) -> frozenset[str]:
    """Names of crates that these sources use: by `use` and `extern crate`, and in full (`tokio::main`) where known."""
    used, local = set[str](), set(_WITH_THE_COMPILER)
    for text in texts:
        code = code_of(text)
        local |= set(_LOCAL.findall(code))
        used |= set(_EXTERN.findall(code))
        for found in _USE.findall(code):
            used |= set(_heads(found)) if found.startswith("{") else {found}
        used |= {one or two for one, two in _INLINE.findall(code) if (one or two) in CRATES}
    return frozenset(name for name in used - local if not name[:1].isupper())


def _heads(group: str) -> list[str]:
    """The first names of `{anyhow::Result, std::{fs, io}}`."""
    names, depth = list[str](), 0
    for token in re.findall(r"[{},]|[A-Za-z_]\w*(?:::[\w*]*)*", group):
        if token in "{}":
            depth += 1 if token == "{" else -1
        elif token != "," and depth == 1:
            names.append(token.partition("::")[0])
    return names

"""What an include means for the compiler's command line, and which package of a system brings a header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from skillctl_runtime.stacks.compiled import without_comments

# header, or its folder with a slash -> (flags, Debian's package)
LIBRARIES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "thread": (("-pthread",), ""),
    "mutex": (("-pthread",), ""),
    "shared_mutex": (("-pthread",), ""),
    "future": (("-pthread",), ""),
    "condition_variable": (("-pthread",), ""),
    "semaphore": (("-pthread",), ""),
    "barrier": (("-pthread",), ""),
    "latch": (("-pthread",), ""),
    "pthread.h": (("-pthread",), ""),
    "execution": (("-ltbb",), "libtbb-dev"),
    "dlfcn.h": (("-ldl",), ""),
    "curl/": (("-lcurl",), "libcurl4-openssl-dev"),
    "sqlite3.h": (("-lsqlite3", "-pthread", "-ldl"), "libsqlite3-dev"),
    "openssl/": (("-lssl", "-lcrypto"), "libssl-dev"),
    "zlib.h": (("-lz",), "zlib1g-dev"),
    "bzlib.h": (("-lbz2",), "libbz2-dev"),
    "lzma.h": (("-llzma",), "liblzma-dev"),
    "zstd.h": (("-lzstd",), "libzstd-dev"),
    "ncurses.h": (("-lncurses",), "libncurses-dev"),
    "curses.h": (("-lncurses",), "libncurses-dev"),
    "readline/": (("-lreadline",), "libreadline-dev"),
    "uuid/": (("-luuid",), "uuid-dev"),
    "fmt/": (("-lfmt",), "libfmt-dev"),
    "spdlog/": (("-lspdlog", "-lfmt", "-pthread"), "libspdlog-dev"),
    "nlohmann/": ((), "nlohmann-json3-dev"),
    "json/": (("-ljsoncpp",), "libjsoncpp-dev"),
    "jsoncpp/": (("-ljsoncpp",), "libjsoncpp-dev"),
    "yaml-cpp/": (("-lyaml-cpp",), "libyaml-cpp-dev"),
    "tinyxml2.h": (("-ltinyxml2",), "libtinyxml2-dev"),
    "libxml/": (("-lxml2",), "libxml2-dev"),
    "pqxx/": (("-lpqxx", "-lpq"), "libpqxx-dev"),
    "libpq-fe.h": (("-lpq",), "libpq-dev"),
    "mysql/": (("-lmysqlclient",), "default-libmysqlclient-dev"),
    "hiredis/": (("-lhiredis",), "libhiredis-dev"),
    "zmq.hpp": (("-lzmq",), "libzmq3-dev"),
    "zmq.h": (("-lzmq",), "libzmq3-dev"),
    "microhttpd.h": (("-lmicrohttpd",), "libmicrohttpd-dev"),
    "httplib.h": (("-pthread",), "libcpp-httplib-dev"),
    "crow.h": (("-pthread",), ""),
    "asio.hpp": (("-pthread",), "libasio-dev"),
    "boost/asio": (("-pthread",), "libboost-dev"),
    "boost/filesystem": (("-lboost_filesystem",), "libboost-filesystem-dev"),
    "boost/program_options": (("-lboost_program_options",), "libboost-program-options-dev"),
    "boost/thread": (("-lboost_thread", "-pthread"), "libboost-thread-dev"),
    "boost/regex": (("-lboost_regex",), "libboost-regex-dev"),
    "boost/": ((), "libboost-dev"),
    "Eigen/": ((), "libeigen3-dev"),
    "gmp.h": (("-lgmp",), "libgmp-dev"),
    "gmpxx.h": (("-lgmpxx", "-lgmp"), "libgmp-dev"),
    "omp.h": (("-fopenmp",), "libgomp1"),
    "GL/": (("-lGL",), "libgl-dev"),
    "GLFW/": (("-lglfw", "-lGL"), "libglfw3-dev"),
    "SDL2/": (("-lSDL2",), "libsdl2-dev"),
    "SFML/Graphics": (("-lsfml-graphics", "-lsfml-window", "-lsfml-system"), "libsfml-dev"),
    "SFML/Network": (("-lsfml-network", "-lsfml-system"), "libsfml-dev"),
    "SFML/": (("-lsfml-window", "-lsfml-system"), "libsfml-dev"),
    "X11/": (("-lX11",), "libx11-dev"),
    "gtest/": (("-lgtest", "-pthread"), "libgtest-dev"),
    "pcap.h": (("-lpcap",), "libpcap-dev"),
    "math.h": (("-lm",), ""),
}

_STANDARDS = (
    ("-std=c++23", {"expected", "print", "generator", "mdspan", "flat_map", "spanstream", "stacktrace"}),
    (
        "-std=c++20",
        {"concepts", "ranges", "span", "format", "coroutine", "numbers", "bit", "compare", "source_location"},
    ),
    ("-std=c++20", {"concepts", "ranges", "span", "format", "coroutine", "numbers", "bit", "compare", "barrier"}),
    ("-std=c++20", {"latch", "semaphore", "source_location", "stop_token", "syncstream"}),
)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
_TWENTY = re.compile(r"\b(?:co_await|co_return|co_yield|concept|requires|consteval|constinit|std::jthread)\b")
_MISSING = re.compile(r"fatal error: '?([\w./+-]+)'?(?::| file)")


def includes(text: str) -> tuple[tuple[bool, str], ...]:
    """What a source includes, in order; true where it is written with quotes."""
    return tuple((quote == '"', name) for quote, name in _INCLUDE.findall(without_comments(text)))


def library_flags(names: Iterable[str]) -> tuple[str, ...]:
    """Flags for these headers, each once."""
    found: dict[str, None] = {}
    for name in names:
        flags, _ = _library(name)
        found |= dict.fromkeys(flags)
    return tuple(found)


def standard_flag(texts: Iterable[str]) -> str:
    """The oldest standard of C++17, 20 and 23 that knows what these sources use."""
    wanted = "-std=c++17"
    for text in texts:
        names = {name for _, name in includes(text)}
        if names & _STANDARDS[0][1]:
            return _STANDARDS[0][0]
        if any(names & each for _, each in _STANDARDS[1:]) or _TWENTY.search(without_comments(text)):
            wanted = "-std=c++20"
    return wanted


def missing_package(output: str) -> str:
    """A sentence on the system package that brings a header that was not found; empty where none is known."""
    for name in _MISSING.findall(output):
        _, package = _library(name)
        if package:
            return f"`{name}` comes with the system package `{package}` (apt-get install {package})"
    return ""


def _library(name: str) -> tuple[tuple[str, ...], str]:
    """The longest entry that the header's name begins with."""
    fits = [key for key in LIBRARIES if name == key or (not key.endswith(".h") and "/" in key and name.startswith(key))]
    return LIBRARIES[max(fits, key=len)] if fits else ((), "")

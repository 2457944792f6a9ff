"""The environment of every command: what of the caller's is let in, and what is put beside it.

Install and build (`tool_environment`):

1. An allow-list of the caller's variables: the search path, the user's home (package managers' own files count: .npmrc,
   pip.conf, settings.xml, config.toml …), language and time zone, proxies, CA bundles, the settings of package managers
   and toolchains (`_TOOLS`). Those that would let a tool write elsewhere than into the project are left out (`_AIMS`).
2. skillctl's own caches, by each tool's own variable.
3. What keeps tools from asking questions.

Run (`run_environment`): search path, language, proxies and CA bundles, a home in the project, the homes of toolchains
by name, then the plan's own variables, PORT, and the secrets that the plan names, out of the caller's environment.

`shown` lists what must stay visible of hidden places: toolchains always, package managers' files in install and build.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence

from skillctl_runtime.plan import Plan

_GENERAL = re.compile(
    r"PATH|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|(?i:https?_proxy|ftp_proxy|all_proxy|no_proxy)|SSL_CERT_FILE|SSL_CERT_DIR"
    r"|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS|GIT_SSL_CAINFO|PIP_CERT|NIX_SSL_CERT_FILE|AWS_CA_BUNDLE"
    r"|SYSTEMROOT|SYSTEMDRIVE|PATHEXT|COMSPEC|WINDIR|PROCESSOR_ARCHITECTURE|NUMBER_OF_PROCESSORS"
)
# Of install and build alone: compiled when the first of them is asked for.
_TOOLS = (
    r"HOME|USER|LOGNAME|XDG_CONFIG_HOME|USERPROFILE|APPDATA|LOCALAPPDATA"
    r"|PIP_\w+|UV_\w+|POETRY_\w+|PDM_\w+|PIPENV_\w+|NETRC"
    r"|(?i:npm_config)_\w+|YARN_\w+|BUN_CONFIG_\w+|PNPM_CONFIG_\w+|COREPACK_\w+|NODE_OPTIONS|NVM_DIR|NVM_BIN|FNM_\w+|VOLTA_HOME"
    r"|GO(?:PROXY|SUMDB|NOSUMDB|NOSUMCHECK|NOPROXY|INSECURE|FLAGS|PRIVATE|TOOLCHAIN|ENV|ROOT|AUTH|VCS|AMD64|ARM|EXPERIMENT)"
    r"|CGO_\w+|CC|CXX|CFLAGS|CXXFLAGS|CPPFLAGS|LDFLAGS|PKG_CONFIG_PATH|CMAKE_\w+|MAKEFLAGS"
    r"|CARGO_(?:REGISTRIES|REGISTRY|SOURCE|HTTP|NET|BUILD|PROFILE)_\w+|RUSTUP_\w+|RUSTFLAGS"
    r"|JAVA_HOME|JDK_HOME|MAVEN_(?:OPTS|ARGS|HOME)|M2_HOME|GRADLE_(?:OPTS|HOME)|ORG_GRADLE_PROJECT_\w+|SDKMAN_DIR"
    r"|PYENV_ROOT|PYENV_VERSION|RBENV_ROOT|ASDF_\w+|MISE_\w+|CONDA_PREFIX"
)
_AIMS = (
    r"(?i:npm_config_(?:cache|prefix|global|local_prefix|location|user_agent|init_module|noop|omit|production|dry_run))"
    r"|PIP_(?:TARGET|USER|PREFIX|ROOT|REQUIRE_VIRTUALENV|CACHE_DIR|REQUIREMENT|EDITABLE|SRC|BUILD|LOG|REPORT|DRY_RUN)"
    r"|UV_(?:PROJECT|PROJECT_ENVIRONMENT|CACHE_DIR|PYTHON|TARGET|PREFIX|SYSTEM_PYTHON|BREAK_SYSTEM_PACKAGES|ENV_FILE"
    r"|WORKING_DIRECTORY|TOOL_DIR|TOOL_BIN_DIR|PYTHON_INSTALL_DIR|NO_PROJECT)"
    r"|POETRY_(?:CACHE_DIR|VIRTUALENVS_\w+|ACTIVE)|PDM_(?:CACHE_DIR|PROJECT|PYTHON|IN_VENV)|PIPENV_(?:CACHE_DIR|PIPFILE|ACTIVE)"
    r"|YARN_(?:CACHE_FOLDER|GLOBAL_FOLDER)|RUSTFLAGS_\w+"
)
_TOOLCHAINS = re.compile(
    r"JAVA_HOME|JDK_HOME|M2_HOME|MAVEN_HOME|GRADLE_HOME|GOROOT|GOTOOLCHAIN|NVM_DIR|NVM_BIN|FNM_DIR|VOLTA_HOME|PYENV_ROOT"
    r"|PYENV_VERSION|SDKMAN_DIR|ASDF_DIR|ASDF_DATA_DIR|MISE_DATA_DIR|RUSTUP_HOME|RUSTUP_TOOLCHAIN|CONDA_PREFIX|RBENV_ROOT"
)
_CREDENTIALS = re.compile(r"TOKEN|PASSW(?:OR)?D|SECRET|CREDENTIAL|_AUTH|API_?KEY", re.IGNORECASE)
_IN_URL = re.compile(r"://([^/@\s]+)@")
_CA_FILES = re.compile(r"\w*(?:CERT|CA_BUNDLE|CAINFO|CA_CERTS|CERT_DIR|CERT_FILE)\w*")

_QUIET: Mapping[str, str] = {
    "CI": "true",
    "NO_COLOR": "1",
    "CARGO_TERM_COLOR": "never",
    "DEBIAN_FRONTEND": "noninteractive",
    "GIT_TERMINAL_PROMPT": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "npm_config_yes": "true",
    "npm_config_fund": "false",
    "npm_config_update_notifier": "false",
}
_CACHES: Mapping[str, str] = {
    "XDG_CACHE_HOME": "other",
    "PIP_CACHE_DIR": "pip",
    "UV_CACHE_DIR": "uv",
    "POETRY_CACHE_DIR": "poetry",
    "PDM_CACHE_DIR": "pdm",
    "PIPENV_CACHE_DIR": "pipenv",
    "npm_config_cache": "npm",
    "YARN_CACHE_FOLDER": "yarn",
    "YARN_GLOBAL_FOLDER": "yarn-global",
    "PNPM_HOME": "pnpm",
    "BUN_INSTALL_CACHE_DIR": "bun",
    "COREPACK_HOME": "corepack",
    "GOPATH": "go",
    "GOMODCACHE": "go-mod",
    "GOCACHE": "go-build",
    "CARGO_HOME": "cargo",
    "GRADLE_USER_HOME": "gradle",
    "MAVEN_USER_HOME": "maven-home",
}
"""Variable -> the name of the cache that it is led to."""

CARRIED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "cargo": (".cargo", ("config.toml", "config", "credentials.toml", "credentials")),
    "gradle": (".gradle", ("gradle.properties", "init.gradle", "init.gradle.kts", "init.d")),
}
"""Cache -> the tool's own directory in the home, and the files of it that count in ours as well."""

_MANAGERS_FILES = (
    *(".npmrc", ".yarnrc", ".yarnrc.yml", ".bunfig.toml", ".netrc", ".pypirc", ".pydistutils.cfg", ".gitconfig"),
    *(".pip", ".config/pip", ".config/uv", ".config/pypoetry", ".config/pdm", ".config/pnpm", ".config/git"),
    *(
        ".config/npm",
        ".config/go",
        ".config/yarn",
        ".m2/settings.xml",
        ".m2/settings-security.xml",
        ".m2/toolchains.xml",
    ),
    *(f".cargo/{each}" for each in CARRIED["cargo"][1]),
    *(f".gradle/{each}" for each in CARRIED["gradle"][1]),
    *(".condarc", ".conan2/remotes.json", "Library/Application Support/pip", "Library/Preferences/pnpm"),
)
_TOOLCHAIN_PLACES = (
    *(".rustup", ".cargo/bin", ".nvm", ".fnm", ".volta", ".pyenv", ".rbenv", ".sdkman", ".asdf", ".jenv", ".jabba"),
    *(".jdks", ".bun/bin", ".deno/bin", "go/bin", ".go", ".local/bin", ".local/lib", ".local/share/uv"),
    *(".local/share/pipx", ".local/pipx", ".local/share/mise", ".local/share/fnm", ".local/share/pnpm", ".poetry"),
    *("miniconda3", "anaconda3", "mambaforge", "miniforge3", ".npm-global", ".local/share/pypoetry"),
)
_HOMES_BY_NAME = {
    "RUSTUP_HOME": ".rustup",
    "NVM_DIR": ".nvm",
    "PYENV_ROOT": ".pyenv",
    "SDKMAN_DIR": ".sdkman",
    "VOLTA_HOME": ".volta",
}

_BUILDERS = frozenset(
    {"cargo", "go", "npm", "npx", "yarn", "pnpm", "pnpx", "bun", "bunx", "uv", "uvx", "poetry", "pdm", "pipenv", "mvn"}
    | {"gradle", "mvnw", "gradlew", "make", "cmake"}
)


def tool_environment(caller: Mapping[str, str], cache: Callable[[str], str], *, temporary: str = "") -> dict[str, str]:
    """What install and build steps get before a step's own variables. `cache` gives the directory of that name."""
    found = {name: value for name, value in caller.items() if _may_pass(name)}
    found |= {variable: cache(name) for variable, name in _CACHES.items()}
    found |= _named_homes(caller)
    repository = f"-Dmaven.repo.local={cache('maven')}"
    room = f" -Djava.io.tmpdir={temporary}" if temporary else ""
    found["MAVEN_OPTS"] = f"{found.get('MAVEN_OPTS', '')} {repository}{room}".strip()
    if room:
        found["GRADLE_OPTS"] = f"{found.get('GRADLE_OPTS', '')}{room}".strip()
    return {**found, **_QUIET}


def run_environment(
    caller: Mapping[str, str],
    plan: Plan,
    *,
    home: str,
    own: Mapping[str, str],
    cache: Callable[[str], str] | None = None,
) -> dict[str, str]:
    """What the program gets; `own` is what its stack asks for, `cache` is given where it is run by a build tool."""
    found = {name: value for name, value in caller.items() if _GENERAL.fullmatch(name)}
    found |= {name: value for name, value in caller.items() if _TOOLCHAINS.fullmatch(name)}
    found |= _named_homes(caller)
    if cache is not None:
        found |= {name: value for name, value in tool_environment(caller, cache).items() if name not in _QUIET}
    found |= {"HOME": home, "PYTHONUNBUFFERED": "1", **own, **plan.env}
    found |= {name: caller[name] for name in plan.secrets if name in caller}
    return found


def is_run_by_a_build_tool(words: Sequence[str]) -> bool:
    """Does the start command call a package manager or build tool, which then needs its caches?"""
    return any(os.path.basename(word) in _BUILDERS for word in words)


def steering(caller: Mapping[str, str]) -> list[tuple[str, str]]:
    """The variables that tools are steered by: with other values a step may come out differently."""
    apart = {"HOME", "USER", "LOGNAME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"}
    return sorted(
        (name, value)
        for name, value in caller.items()
        if re.fullmatch(_TOOLS, name) and _may_pass(name) and name not in apart
    )


def added_names(environment: Mapping[str, str], caller: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the variables that the caller does not have, or has with another value."""
    return tuple(sorted(name for name, value in environment.items() if caller.get(name) != value))


def secret_values(caller: Mapping[str, str], plan: Plan) -> frozenset[str]:
    """What no journal may hold: the plan's secrets, and the credentials that package managers get by variables."""
    found = {caller.get(name, "") for name in plan.secrets}
    for name, value in caller.items():
        if _may_pass(name):
            found |= {value} if _CREDENTIALS.search(name) else set()
            found |= {word for each in _IN_URL.findall(value) for word in (each, each.partition(":")[2])}
    return frozenset(found - {""})


def shown(caller: Mapping[str, str], homes: Sequence[str], *, configuration: bool) -> tuple[str, ...]:
    """What stays visible of places that are hidden: toolchains, and package managers' files if asked for."""
    names = (*_TOOLCHAIN_PLACES, *(_MANAGERS_FILES if configuration else ()))
    found = [os.path.join(home, name) for home in homes for name in names]
    for name, value in caller.items():
        if ((_TOOLCHAINS.fullmatch(name) or _CA_FILES.fullmatch(name)) and os.path.isabs(value)) or (
            configuration and _is_configuration(name) and os.path.isabs(value)
        ):
            found.append(value)
    cargo = caller.get("CARGO_HOME", "")
    if cargo:
        found += [os.path.join(cargo, each) for each in ("bin", *(CARRIED["cargo"][1] if configuration else ()))]
    for place in caller.get("PATH", "").split(os.pathsep):
        if os.path.isabs(place):
            found += _around(place, homes)
    found += [sys.prefix, sys.base_prefix]
    real = (os.path.realpath(each) for each in found)
    return tuple(sorted({each for each in (*found, *real) if each not in ("/", *homes) and os.path.exists(each)}))


def carried_files(caller: Mapping[str, str], home: str) -> list[tuple[str, str, str]]:
    """Cache, file name, and the user's file that is to count in our cache of that tool too."""
    found = []
    own = {"cargo": caller.get("CARGO_HOME", ""), "gradle": caller.get("GRADLE_USER_HOME", "")}
    for name, (folder, files) in CARRIED.items():
        base = own[name] or os.path.join(home, folder)
        found += [(name, each, os.path.join(base, each)) for each in files if os.path.exists(os.path.join(base, each))]
    return found


def _may_pass(name: str) -> bool:
    if re.fullmatch(_AIMS, name):
        return False
    return bool(_GENERAL.fullmatch(name) or re.fullmatch(_TOOLS, name))


def _is_configuration(name: str) -> bool:
    return name in ("PIP_CONFIG_FILE", "UV_CONFIG_FILE", "NETRC", "GOENV", "XDG_CONFIG_HOME") or name.lower() in (
        "npm_config_userconfig",
        "npm_config_globalconfig",
    )


def _named_homes(caller: Mapping[str, str]) -> dict[str, str]:
    """The homes of toolchains by their variables, where they lie in the user's home and nobody named them."""
    home = caller.get("HOME", "")
    places = {name: os.path.join(home, folder) for name, folder in _HOMES_BY_NAME.items() if home}
    return {
        name: caller.get(name) or place for name, place in places.items() if caller.get(name) or os.path.isdir(place)
    }


def _around(place: str, homes: Sequence[str]) -> list[str]:
    """A directory of programs and, since programs look for their libraries beside it, the one above a `bin`."""
    above = os.path.dirname(place)
    plain = {"/", "/tmp", "/usr", *homes, *(os.path.join(home, ".local") for home in homes)}
    plain |= {os.path.dirname(home) for home in homes} | {os.path.join(home, ".cargo") for home in homes}
    return [place, above] if os.path.basename(place) == "bin" and above not in plain else [place]

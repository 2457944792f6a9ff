"""Which of the jars that a build left can be started: each is opened, none is guessed by its name."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable

from skillctl.core.errors import ExecutionError, SkillctlError
from skillctl.core.limits import MIB
from skillctl.core.value import dataclass
from skillctl_runtime.stack import Files
from skillctl_runtime.stacks.compiled import name_of

_ASIDE = re.compile(r"(?:-(?:sources|javadoc|tests|test|plain)|\A)\.jar\Z|\Aoriginal-|\A\.")
_WHOLE = re.compile(r"-(?:jar-with-dependencies|all|fat|uber|shaded|exec|runner|standalone)\.jar\Z")
_MANIFEST = "META-INF/MANIFEST.MF"


@dataclass(frozen=True, slots=True)
class Jar:
    """A jar with a Main-Class."""

    path: str
    main_class: str
    is_whole: bool
    """It holds what it depends on."""


def startable_jars(files: Files, patterns: Iterable[str]) -> tuple[Jar, ...]:
    """The jars at these globs that `java -jar` starts; of a pair with and without dependencies only the whole one."""
    paths = dict.fromkeys(path for pattern in patterns for path in files.found(pattern))
    found = [jar for path in paths if not _ASIDE.search(name_of(path)) and (jar := read_jar(files, path)) is not None]
    whole = [each for each in found if each.is_whole]
    thin = {each.main_class for each in found if not each.is_whole}
    return tuple(whole) if whole and thin <= {each.main_class for each in whole} | {""} else tuple(found)


def only_jar(jars: tuple[Jar, ...], words: Iterable[str]) -> Jar | None:
    """The one jar to start, or the one that the run line names; E540 where there are several."""
    if len(jars) <= 1:
        return jars[0] if jars else None
    named = [each for each in jars if any(name_of(word) == name_of(each.path) for word in words)]
    if len(named) == 1:
        return named[0]
    raise ExecutionError.of("E540", jars=", ".join(f"`{each.path}`" for each in jars))


def read_jar(files: Files, path: str) -> Jar | None:
    """What its manifest says; None where it names no class to start or is no jar."""
    try:
        data = files.data(path)
    except SkillctlError:  # larger than what is read: nothing but a jar with all its dependencies is
        return Jar(path, "", is_whole=True)
    try:
        with zipfile.ZipFile(io.BytesIO(data or b"")) as archive:
            info = archive.getinfo(_MANIFEST)
            if info.file_size > MIB:
                return None
            text = archive.read(info).decode("utf-8", "replace")
            names = archive.namelist()
    except (zipfile.BadZipFile, KeyError, RuntimeError, NotImplementedError, OSError):
        return None
    # a line of a manifest holds 72 bytes, what goes on begins with a blank
    unfolded = re.sub(r"\r?\n ", "", text)
    main = re.search(r"^Main-Class:\s*(\S+)", unfolded, re.MULTILINE)
    if main is None:
        return None
    is_boot = any(name.startswith("BOOT-INF/") for name in names[:2000])
    return Jar(path, main[1], is_whole=is_boot or bool(_WHOLE.search(name_of(path))))

"""Gradle: which one can build this project, and what its script says where none can.

1. The wrapper, where its jar and its properties are both there: without them `gradlew` is an empty promise.
2. An installed Gradle: from 7 on for any script, an older one for scripts in the words of its time.
3. Else the script is read, as far as it says dependencies, versions, main class and folders, and Maven builds: see
   docs/decisions/maven-stands-in-for-gradle.md. A script that says more is never half understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from skillctl.core.value import dataclass
from skillctl_runtime.slug import slug
from skillctl_runtime.stack import Files, Machine, Site
from skillctl_runtime.stacks.compiled import version_of, without_comments
from skillctl_runtime.stacks.java_pom import Library, Pom, read_coordinates

SCRIPTS = ("build.gradle", "build.gradle.kts")
SETTINGS = ("settings.gradle", "settings.gradle.kts")
MODERN = (7,)

_NEWER_WORDS = re.compile(
    r"\bapplication\s*\{|\btoolchain\b|\bjava\s*\{|\btasks\.(?:register|named|withType)\b|\buseJUnitPlatform\b|"
    r"\bplatform\s*\(|\bmainClass\b|\barchiveBaseName\b|\blibs\.|\bid\s*\(?['\"][^'\"]+['\"]\)?\s+version\b|\bwithSourcesJar"
)
_BEYOND = re.compile(
    r"\bkotlin\s*\(|org\.jetbrains\.kotlin|['\"]kotlin|['\"](?:groovy|scala|war|ear|antlr|cpp|swift)['\"]|com\.android|"
    r"\bproject\s*\(\s*(?:path\s*:\s*)?['\"]:|\blibs\.\w|\b(?:files|fileTree)\s*\(|\bapply\s+from\b|\ballprojects\b|"
    r"\bsubprojects\b|com\.google\.protobuf|nu\.studer|org\.openapi|io\.quarkus|io\.micronaut|org\.openjfx|buildSrc|"
    r"\bJavaExec\b|\bgeneratedSourceSets?\b"
)
_PLUGIN = re.compile(
    r"\bid\s*\(?\s*['\"]([\w.-]+)['\"]\s*\)?(?:\s*version\s*\(?['\"]([^'\"]+)['\"])?|apply\s+plugin\s*:\s*['\"]([\w.-]+)"
)
_CONFIGURATIONS = {
    **dict.fromkeys(("implementation", "api", "compile"), "compile"),
    **dict.fromkeys(("compileOnly", "annotationProcessor", "providedCompile"), "provided"),
    **dict.fromkeys(("runtimeOnly", "runtime"), "runtime"),
}
_LEFT_OUT = re.compile(r"test|developmentOnly|constraints|exclude|because|transitive|version")
_DECLARED = re.compile(r"^\s*(\w+)\s*[( ]\s*(.+?)\s*$", re.MULTILINE)
_MAP = re.compile(r"\b(group|name|version)\s*[:=]\s*['\"]([^'\"]+)['\"]")
_VARIABLE = re.compile(
    r"\b(?:def|val|String|ext\.|set\(|extra\[)?\s*['\"]?(\w+)['\"]?\]?\s*[=,]\s*['\"]([\w.+-]+)['\"]"
)
_MAIN = re.compile(
    r"\bmainClass(?:Name)?\s*(?:=|\.set\s*\()\s*['\"]([\w.$]+)['\"]|['\"]Main-Class['\"]\s*(?::|to|,)\s*['\"]([\w.$]+)['\"]"
)
_RELEASE = re.compile(
    r"\b(?:sourceCompatibility|targetCompatibility|languageVersion|release)\b[^\n\d]{0,60}?(?:VERSION_)?(?:1[._])?(\d+)"
)
_SPRING = "org.springframework.boot"
_TRANSLATED = frozenset(
    {"java", "java-library", "application", "idea", "eclipse", "maven-publish", "jacoco", "checkstyle", "base"}
    | {_SPRING, "io.spring.dependency-management", "com.github.johnrengelman.shadow", "com.gradleup.shadow"}
)


@dataclass(frozen=True, slots=True)
class Gradle:
    """How Gradle is called here."""

    command: str
    why: str = ""


def script_of(files: Files) -> tuple[str, str]:
    """Name and text of the build script; empty where there is none."""
    for name in SCRIPTS:
        text = files.text(name)
        if text is not None:
            return name, without_comments(text)
    return "", ""


def is_gradle(files: Files) -> bool:
    """Is there a build or settings script?"""
    return any(files.data(name) is not None for name in (*SCRIPTS, *SETTINGS))


def usable_gradle(site: Site) -> Gradle | None:
    """The Gradle that can build this project."""
    files = site.files
    wrapper = ("gradlew", "gradle/wrapper/gradle-wrapper.properties", "gradle/wrapper/gradle-wrapper.jar")
    if all(files.data(path) is not None for path in wrapper):
        return Gradle("gradlew.bat" if site.machine.system == "windows" else "./gradlew", "the wrapper of the project")
    installed = installed_gradle(site.machine)
    if not installed:
        return None
    name, script = script_of(files)
    is_old_words = name == "build.gradle" and not _NEWER_WORDS.search(script) and not _BEYOND.search(script)
    return Gradle("gradle", "the installed Gradle") if installed >= MODERN or is_old_words else None


def installed_gradle(machine: Machine) -> tuple[int, ...]:
    """Its version; empty where there is none."""
    tool = machine.tool("gradle")
    found = re.search(r"^Gradle (\S+)", machine.version(tool), re.MULTILINE) if tool else None
    return version_of(found[1]) if found else ()


def has_application(files: Files) -> bool:
    """Does the application plugin make a start script?"""
    return any(plugin == "application" for plugin, _ in _plugins(script_of(files)[1]))


def translated(site: Site, *, java: int) -> Pom | str:
    """The script as a pom; or why it can't be one."""
    files = site.files
    name, script = script_of(files)
    if not name:
        return "it has several projects"
    settings = "\n".join(without_comments(files.text(each) or "") for each in SETTINGS)
    if re.search(r"^\s*include\b", settings, re.MULTILINE):
        return "it has several projects"
    beyond = _BEYOND.search(script)
    plugins = dict(_plugins(script))
    strange = [plugin for plugin in plugins if plugin not in _TRANSLATED]
    if beyond or strange:
        return f"it uses `{strange[0] if strange else beyond[0].strip() if beyond else ''}`"
    names = dict(_VARIABLE.findall(script))
    block = _blocks(script, "dependencies")
    libraries, platforms = list[Library](), list[Library]()
    for configuration, written in _entries(block):
        if configuration not in _CONFIGURATIONS:
            return f"it depends on something by `{configuration}`"
        library = _library(written, names, _CONFIGURATIONS[configuration])
        if library is None:
            return f"it depends on `{written}`"
        (platforms if re.match(r"(?:enforcedP|p)latform\b", written) else libraries).append(library)
    if plugins.get(_SPRING):
        platforms.append(Library(_SPRING, "spring-boot-dependencies", plugins[_SPRING]))
    return Pom(
        group=names.get("group") or "local",
        artifact=slug(_root_name(settings) or site.plan.name),
        version=names.get("version") or "1.0",
        release=_release(script, java),
        libraries=_once(libraries),
        platforms=tuple(platforms),
        repositories=_repositories(script),
        source_folder=_source_folder(script) or "src/main/java",
        main_class=next((one or two for one, two in _MAIN.findall(script)), ""),
    )


def _plugins(script: str) -> list[tuple[str, str]]:
    """Name and version of each plugin, core plugins by their words too."""
    found = [(one or two, version) for one, version, two in _PLUGIN.findall(script)]
    block = _blocks(script, "plugins")
    found += [(word.strip("`"), "") for word in re.findall(r"^\s*(`[\w-]+`|java|application)\s*$", block, re.MULTILINE)]
    return found


def _blocks(script: str, name: str) -> str:
    """What stands in the braces after that word at the top of the script, joined."""
    found, depth = list[str](), 0
    for match in re.finditer(rf"\b{name}\s*\{{|[{{}}]", script):
        if match[0] == "}":
            depth -= 1
        elif match[0] == "{":
            depth += 1
        else:
            if depth == 0:
                found.append(_inside(script, match.end()))
            depth += 1
    return "\n".join(found)


def _inside(script: str, start: int) -> str:
    """The text up to the brace that closes the one before `start`."""
    depth = 1
    for at in range(start, len(script)):
        depth += {"{": 1, "}": -1}.get(script[at], 0)
        if depth == 0:
            return script[start:at]
    return script[start:]


def _entries(block: str) -> list[tuple[str, str]]:
    """Configuration and what it names, of a block of dependencies; those of tests left out."""
    found = []
    # a closure after a dependency says only what to leave out of it
    for configuration, written in _DECLARED.findall(re.sub(r"(?<!\$)\{[^{}]*\}", "", block)):
        if not _LEFT_OUT.match(configuration):
            # `compile("a:b:1")` has lost its opening bracket to the pattern
            plain = written.removesuffix(")") if written.count(")") > written.count("(") else written
            found.append((configuration, plain.strip()))
    return found


def _library(written: str, names: Mapping[str, str], scope: str) -> Library | None:
    plain = re.sub(r"^(?:enforcedP|p)latform\s*\(\s*|\)\s*$", "", written).strip()
    mapped = dict(_MAP.findall(plain))
    if "name" in mapped:
        return Library(mapped.get("group", ""), mapped["name"], mapped.get("version", ""), scope)
    quoted = re.fullmatch(r"\(?\s*['\"]([^'\"]+)['\"]\s*\)?,?", plain)
    if quoted is None:
        return None
    filled = re.sub(r"\$\{?(\w+(?:\.\w+)?)\}?", lambda found: names.get(found[1].rpartition(".")[2], "?"), quoted[1])
    return read_coordinates(filled, scope)


def _once(libraries: list[Library]) -> tuple[Library, ...]:
    """Each library once: `compileOnly` and `annotationProcessor` name one twice."""
    found: dict[tuple[str, str], Library] = {}
    for each in libraries:
        key = (each.group, each.artifact)
        if key not in found or found[key].scope == "provided":
            found[key] = each
    return tuple(found.values())


def _release(script: str, java: int) -> int:
    asked = [int(each) for each in _RELEASE.findall(script)]
    return min(asked[0], java) if asked and asked[0] >= 8 else java


def _root_name(settings: str) -> str:
    found = re.search(r"rootProject\.name\s*=\s*['\"]([^'\"]+)", settings)
    return found[1] if found else ""


def _repositories(script: str) -> tuple[str, ...]:
    block = _blocks(script, "repositories")
    return tuple(re.findall(r"\bmaven\s*[({][^}]*?['\"](https?://[^'\"]+)['\"]", block))


def _source_folder(script: str) -> str:
    found = re.search(r"\bsrcDirs?\s*(?:=|\()?\s*\(?\[?\s*(?:listOf\()?['\"]([^'\"]+)['\"]", script)
    return found[1] if found else ""

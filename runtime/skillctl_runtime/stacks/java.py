"""Java: by Gradle, by Maven, or by the compiler alone.

1. build.gradle before pom.xml, unless the plan or its run line names Maven. Which Gradle, and what stands in for one
   that is not here: `java_gradle`.
2. Started is the start script of the application plugin, else the one jar that names a Main-Class (each is opened;
   several are an error), else the class with a main, on what was compiled and the libraries of the build.
3. Without a build file: javac and jar. Where libraries are asked for or imported, Maven resolves them.
4. Mended in plans: a file is called as its public type and lies in the folders of its package; with a build file, below
   src/main/java; a newer Java than the installed one is not asked for.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Literal

from skillctl.core.errors import ExecutionError
from skillctl.core.value import replace
from skillctl_runtime.plan import StackName
from skillctl_runtime.slug import slug
from skillctl_runtime.stack import Evidence, Files, Need, Output, Repaired, Site, Start, Step, Tool, Work, strongest
from skillctl_runtime.stacks.compiled import (
    Mending,
    dotted,
    folder_of,
    literal_port,
    name_of,
    picked,
    run_folder,
    run_words,
    with_ending,
    without_comments,
)
from skillctl_runtime.stacks.java_gradle import (
    has_application,
    installed_gradle,
    is_gradle,
    script_of,
    translated,
    usable_gradle,
)
from skillctl_runtime.stacks.java_jars import Jar, only_jar, startable_jars
from skillctl_runtime.stacks.java_maven import (
    LIBRARY_FOLDER,
    bridge_step,
    copies_libraries,
    java_release,
    lower_release,
    maven_command,
    package_step,
    pom_files,
    uses_wrapper,
)
from skillctl_runtime.stacks.java_pom import BRIDGE, LIBRARIES, Library, Pom, pom_text, read_coordinates
from skillctl_runtime.stacks.java_sources import (
    JavaSource,
    chosen_main,
    java_sources,
    name_files,
    place_files,
)

Way = Literal["gradle", "maven", "bridge", "compiler"]

HOW = "install a JDK (`apt-get install default-jdk`, `brew install openjdk`, or https://adoptium.net)"
HOW_MAVEN = "install Maven (`apt-get install maven`, `brew install maven`, or https://maven.apache.org)"
HOW_GRADLE = "install Gradle (`brew install gradle`, `sdk install gradle`, or https://gradle.org/install)"

_OUT = "build"
_SERVES = re.compile(
    r"HttpServer\.create|SpringApplication\.run|\bServerSocket\s*\(|Javalin\.create|Undertow\.builder|"
    r"\bSpark\.|\bport\s*\(\s*\d+|Vertx\.vertx|HttpServer\.listen|NettyServer|new\s+Server\s*\("
)
_ERROR = re.compile(r"(?:\.(?:java|kt|kts|gradle|xml):\[?\d+|^\s*error:|^\[ERROR\]|^\* What went wrong|^FAILURE:|^> )")
_NOISE = re.compile(
    r"^\[(?:INFO|WARNING)\]|^\[ERROR\] (?:-> )?(?:\[Help|To see the full|Re-run Maven|For more inf|After correct)|"
    r"^\[ERROR\]\s*$|^(?:\d+ errors?|COMPILATION ERROR)|^\[ERROR\] COMPILATION ERROR|^\* (?:Try|Get more)|^> Run with"
)
_BELONGS = re.compile(r"^(?!\[|\d+ (?:errors?|warnings?)$|FAILURE|BUILD|\* |>)")
_MAVEN_LINE = re.compile(
    r"(?:\./)?mvnw?(?: (?:-q|-B|-U|-ntp|clean|compile|package|install|verify|dependency:resolve"
    r"|-Dmaven\.test\.skip(?:=true)?|-DskipTests(?:=true)?))+"
)
_GRADLE_LINE = re.compile(
    r"(?:\./)?gradlew?(?: (?:-q|--no-daemon|--quiet|clean|build|assemble|jar|classes|installDist|shadowJar|bootJar"
    r"|-x (?:test|check)))+"
)
_USUAL_BUILDS: Mapping[Way, re.Pattern[str]] = {
    "maven": _MAVEN_LINE,
    "gradle": _GRADLE_LINE,
    "bridge": re.compile(f"{_GRADLE_LINE.pattern}|{_MAVEN_LINE.pattern}"),
    "compiler": re.compile(r"javac(?: -d \S+| -encoding \S+| (?:-cp|-classpath) [\w./:*-]+| [\w./*-]+\.java)+"),
}
_CONSTRUCTED = re.compile(
    r"(?:InetSocketAddress\s*\((?:\s*\"[^\"]*\"\s*,)?|ServerSocket\s*\(|\.start\s*\(|\bport\s*\()\s*(\d{2,5})\b"
)
_STANDING_FOR = (
    re.compile(r"(?:\./)?gradlew?$"),
    re.compile(r"(?:\./)?mvnw?$"),
)


class JavaStack:
    """The Java stack."""

    name: StackName = "java"
    verbs: tuple[str, ...] = ("java", "javac", "mvn", "mvnw", "gradle", "gradlew", "jar", "jshell")

    def evidence(self, files: Files) -> Evidence | None:
        """pom.xml and Gradle's scripts are manifests; a Main.java or App.java is an entry."""
        sources = with_ending(files, ".java")
        names = ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts", "pom.xml")
        manifests = tuple(name for name in names if files.data(name) is not None)
        entries = tuple(path for path in sources if re.fullmatch(r"(?:src/(?:.+/)?)?(?:Main|App)\.java", path))
        count = len(sources)
        return strongest(self.name, files, manifests=manifests, entries=entries, count=count, are="end in .java")

    def repaired(self, site: Site) -> Repaired:
        """Files under the names and in the folders that a compiler expects; a pom where Maven has to stand in."""
        mending = Mending(site)
        way = _way(site)
        mending.take_builds(_USUAL_BUILDS[way])
        built = way in ("gradle", "maven") or (way == "bridge" and is_gradle(site.files))
        before = len(mending.repairs)
        name_files(mending)
        if len(mending.repairs) > before:
            return mending.repaired  # what lies where is looked at once more, under the new names
        place_files(mending, standard=built and not _says_where_sources_lie(site.files))
        if way == "maven":
            lower_release(mending)
        if way == "bridge" and site.files.data(BRIDGE) is None and len(mending.repairs) == before:
            _add_bridge(mending)
        return mending.repaired

    def needs(self, site: Site) -> Sequence[Need]:
        """A JDK, and the build tool of the way taken."""
        needs = [
            Need(any_of=("javac",), why="Java sources are compiled by it", how=HOW),
            Need(any_of=("java",), why="the program runs on it", how=HOW),
        ]
        match _way(site):
            case "gradle" if usable_gradle(site) is None:
                _refuse_old_gradle(site)
                needs.append(Need(any_of=("gradle",), why=f"{script_of(site.files)[0]} asks for it", how=HOW_GRADLE))
            case "maven" if not uses_wrapper(site.files):
                needs.append(Need(any_of=("mvn",), why="pom.xml asks for it", how=HOW_MAVEN))
            case "bridge":
                needs.append(Need(any_of=("mvn",), why="libraries are resolved by it", how=HOW_MAVEN))
            case _:
                pass
        return needs

    def work(self, site: Site) -> Work:
        """Build, and find what can be started."""
        match _way(site):
            case "gradle":
                return (yield from _by_gradle(site))
            case "maven" | "bridge" as way:
                return (yield from _by_maven(site, is_bridge=way == "bridge"))
            case "compiler":
                return (yield from _by_compiler(site))

    def complaint(self, output: str) -> str:
        """`File.java:line: error: …` of javac, the same out of Maven and Gradle without what they say around it."""
        lines = [re.sub(r"^\[ERROR\] (?=/|\S+\.java)", "", line) for line in output.splitlines()]
        kept = [line for line in lines if not _NOISE.match(line)]
        own = [line for line in kept if re.search(r"\.java:\[?\d+", line)]
        return picked("\n".join(kept), re.compile(r"\.java:\[?\d+") if own else _ERROR, belongs=_BELONGS)

    def missing_module(self, output: str) -> str:
        """Nothing: what is missing is seen when building."""
        del output
        return ""


def _way(site: Site) -> Way:
    files, wanted = site.files, site.plan.dependencies.manager
    has_pom = files.data("pom.xml") is not None
    if is_gradle(files):
        verb = name_of((run_words(site.plan) or ("",))[0])
        if has_pom and (wanted == "maven" or verb in ("mvn", "mvnw")):
            return "maven"
        if usable_gradle(site) is not None:
            return "gradle"
        if has_pom:
            return "maven"
        return "bridge" if isinstance(_translated(site), Pom) and site.machine.tool("mvn") else "gradle"
    if has_pom:
        return "maven"
    return "bridge" if _libraries(site) else "compiler"


def _translated(site: Site) -> Pom | str:
    return translated(site, java=java_release(site.machine) or 17)


def _refuse_old_gradle(site: Site) -> None:
    """E541 where a Gradle is installed that can't build this, and Maven can't either."""
    installed = installed_gradle(site.machine)
    why = _translated(site)
    if installed and isinstance(why, str):
        raise ExecutionError.of("E541", script=script_of(site.files)[0] or "settings", found=dotted(installed), why=why)


def _libraries(site: Site) -> tuple[Library, ...]:
    """What the plan asks for, and what the sources import out of the curated list."""
    found: dict[str, Library] = {}
    if site.part.primary or not site.several:
        for each in site.plan.dependencies.packages:
            library = read_coordinates(each)
            if library is not None and library.version:
                found[f"{library.group}:{library.artifact}"] = library
    sources = java_sources(site.files)
    own = {each.package for each in sources}
    imports = {name for each in sources if not each.is_test for name in each.imports}
    if not with_ending(site.files, ".jar"):
        for package, coordinates in LIBRARIES.items():
            key = coordinates.rpartition(":")[0]
            if package not in own and any(name.startswith(f"{package}.") for name in imports):
                library = read_coordinates(coordinates)
                if library is not None:
                    found.setdefault(key, library)
    return tuple(found.values())


def _says_where_sources_lie(files: Files) -> bool:
    texts = [files.text(path) or "" for path in pom_files(files)] + [script_of(files)[1]]
    return any(re.search(r"<sourceDirectory>|<modules>|\bsourceSets\b|\bsrcDirs?\b", text) for text in texts)


def _add_bridge(mending: Mending) -> None:
    site = mending.site
    main = chosen_main(java_sources(site.files), run_words(site.plan))
    if is_gradle(site.files):
        pom = _translated(site)
        if isinstance(pom, str):
            return
        installed = installed_gradle(site.machine)
        here = f"Gradle {dotted(installed)} is too old for it" if installed else "no Gradle is installed"
        what = f"`{script_of(site.files)[0]}` is built by Maven, for {here}"
    else:
        libraries = _libraries(site)
        pom = Pom(artifact=slug(site.plan.name), release=java_release(site.machine) or 17, libraries=libraries)
        sources = [each for each in java_sources(site.files) if not each.is_test]
        standard = all(each.path.startswith("src/main/java/") for each in sources)
        folder = (
            "src/main/java" if standard else "src" if all(each.path.startswith("src/") for each in sources) else "."
        )
        pom = replace(pom, source_folder=folder, resource_folders=("src/main/resources", "resources"))
        names = ", ".join(f"`{each.group}:{each.artifact}`" for each in libraries)
        what = f"Maven resolves {names}, for there is no build file"
    if not pom.main_class and main is not None:
        pom = replace(pom, main_class=main.main_class)
    mending.add(BRIDGE, pom_text(pom), rule="maven-bridge", what=what)


def _tools(site: Site, *names: str) -> tuple[Tool, ...]:
    return tuple(each for each in (site.machine.tool(name) for name in names) if each)


def _by_gradle(site: Site) -> Work:
    gradle = usable_gradle(site)
    command = gradle.command if gradle else "gradle"
    application = has_application(site.files)
    yield Step(
        id="gradle-assemble",
        kind="build",
        argv=(command, "--no-daemon", "--console=plain", "assemble", *(("installDist",) if application else ())),
        tools=_tools(site, "gradle", "java"),
        inputs=("**",),
        outputs=(Output(path="build/libs"), *((Output(path="build/install", depth=3),) if application else ())),
        network=True,
        about="Building with Gradle",
    )
    scripts = [path for path in site.files.found("build/install/*/bin/*") if not path.endswith(".bat")]
    scripts += [path for path in site.files.found("*/build/install/*/bin/*") if not path.endswith(".bat")]
    jars = startable_jars(site.files, ("build/libs/*.jar", "*/build/libs/*.jar"))
    if scripts:
        whole = site.files.found(f"{folder_of(folder_of(scripts[0]))}/lib/{name_of(scripts[0])}*.jar")
        artifact = whole[0] if whole else ""
        return _started(site, (f"./{scripts[0]}",), artifact, "the application plugin's start script")
    jar = only_jar(jars, run_words(site.plan))
    if jar is not None:
        return _started(site, ("java", "-jar", jar.path), jar.path, f"{jar.path} names {jar.main_class}")
    main = chosen_main(java_sources(site.files), run_words(site.plan))
    if main is None:
        return None
    path = _class_path(site, "build/classes/java/main", "build/resources/main")
    return _started(site, ("java", "-cp", path, main.main_class), "", f"main in {main.path}")


def _by_maven(site: Site, *, is_bridge: bool) -> Work:
    command = "mvn" if is_bridge else maven_command(site)
    tools = _tools(site, command, "java")
    yield bridge_step(site, tools) if is_bridge else package_step(site, tools)
    found = startable_jars(site.files, ("target/*.jar", "*/target/*.jar", "*/*/target/*.jar"))
    jar = only_jar(found, run_words(site.plan))
    copied = copies_libraries(site.files)
    main = chosen_main(java_sources(site.files), run_words(site.plan))
    if jar is not None:
        argv = _jar_words(site, jar, copied=copied, main=main)
        return _started(site, argv, jar.path, f"{jar.path} names {jar.main_class or 'its main class'}")
    if main is None:
        return None
    module = main.path.partition("src/")[0]
    libraries = (f"{module}{LIBRARY_FOLDER}/*",) if copied else ()
    classes = [path for path in (folder_of(each) for each in pom_files(site.files)) if path != module.strip("/")]
    others = (f"{each}/target/classes" for each in classes if each)
    path = _class_path(site, f"{module}target/classes", *others, *libraries)
    artifact = next(iter(site.files.found(f"{module}target/*.jar")), "")
    return _started(site, ("java", "-cp", path, main.main_class), artifact, f"main in {main.path}")


def _class_path(site: Site, *places: str) -> str:
    """The places as one word, in the way of the system that java runs on."""
    return (";" if site.machine.system == "windows" else ":").join(places)


def _jar_words(site: Site, jar: Jar, *, copied: bool, main: JavaSource | None) -> tuple[str, ...]:
    """`java -jar`, or the jar beside its libraries where it can't hold them."""
    folder = folder_of(jar.path)
    if not copied or jar.is_whole or not (jar.main_class or main):
        return ("java", "-jar", jar.path)
    return ("java", "-cp", _class_path(site, jar.path, f"{folder}/dependency/*"), jar.main_class)


def _by_compiler(site: Site) -> Work:
    sources = [each for each in java_sources(site.files) if not each.is_test] or list(java_sources(site.files))
    jars = [path for path in with_ending(site.files, ".jar") if not path.startswith(f"{_OUT}/")]
    classes, jar = f"{_OUT}/classes", f"{_OUT}/{slug(site.plan.name)}.jar"
    described = [path for path in with_ending(site.files, "package-info.java") if not path.startswith("src/test/")]
    path = ("-cp", _class_path(site, *jars)) if jars else ()
    yield Step(
        id="javac",
        kind="build",
        argv=("javac", "-encoding", "UTF-8", "-d", classes, *path, *(each.path for each in sources), *described),
        tools=_tools(site, "javac"),
        inputs=("**/*.java", *jars),
        outputs=(Output(path=classes, depth=4),),
        about=f"Compiling {len(sources)} Java files",
    )
    main = chosen_main(sources, run_words(site.plan))
    resources = [each for each in ("src/main/resources", "resources") if site.files.found(f"{each}/**")]
    entry = ("--main-class", main.main_class) if main else ()
    more = tuple(word for each in resources for word in ("-C", each, "."))
    yield Step(
        id="jar",
        kind="build",
        argv=("jar", "--create", "--file", jar, *entry, "-C", classes, ".", *more),
        tools=_tools(site, "jar"),
        inputs=tuple(f"{each}/**" for each in resources),
        outputs=(Output(path=jar, depth=0),),
        about=f"Packing {name_of(jar)}",
    )
    if main is None:
        return None
    words = ("java", "-cp", _class_path(site, jar, *jars), main.main_class) if jars else ("java", "-jar", jar)
    return _started(site, words, jar, f"main in {main.path}")


def _started(site: Site, argv: tuple[str, ...], artifact: str, because: str) -> Start:
    sources = java_sources(site.files)
    texts = [without_comments(site.files.text(each.path) or "") for each in sources if not each.is_test]
    is_spring = any(each.is_spring for each in sources)
    serves = is_spring or any(_SERVES.search(text) for text in texts)
    properties = [site.files.text(path) or "" for path in site.files.found("**/application.properties")]
    told = next((int(found[1]) for text in properties if (found := re.search(r"server\.port\s*=\s*(\d+)", text))), 0)
    port = (told or 8080) if is_spring else literal_port(texts) or _constructed_port(texts) if serves else 0
    line, arguments = _instead_of(site, sources, artifact)
    return Start(
        argv=(*argv, *arguments),
        instead_of=line,
        artifact=artifact,
        server=serves,
        port=port,
        env={"SERVER_PORT": str(port)} if is_spring else {},
        because=(because,),
    )


def _constructed_port(texts: Sequence[str]) -> int:
    """`new InetSocketAddress(8080)`, `new ServerSocket(8080)`, `.start(8080)`."""
    return next((int(found[1]) for text in texts if (found := _CONSTRUCTED.search(text))), 0)


def _instead_of(site: Site, sources: Sequence[JavaSource], artifact: str) -> tuple[str, tuple[str, ...]]:
    """The run line that what was built stands for, and its arguments: one that builds again, or starts nothing."""
    words = run_words(site.plan)
    if not words or site.plan.build or run_folder(site) != "":
        return "", ()
    line, tool, rest = site.plan.run[-1], words[0], words[1:]
    if any(each.search(tool) for each in _STANDING_FOR):
        if not any(re.search(r"(?:^|:)(?:run|bootRun|java|exec)$", word) for word in rest):
            return "", ()
        told = next((word.partition("=")[2] for word in rest if re.match(r"--args=|-Dexec\.args=", word)), "")
        return line, tuple(shlex.split(told))
    if tool != "java" or not rest:
        return "", ()
    if rest[0] == "-jar" and len(rest) > 1:
        path = rest[1].removeprefix("./")
        return (line, rest[2:]) if path == artifact or not site.files.found(path) else ("", ())
    mains = {name for each in sources if each.main_type for name in (each.main_class, each.main_type)}
    if name_of(rest[0]).removesuffix(".java") in mains:
        return line, rest[1:]
    if rest[0] == "-cp" and len(rest) > 2 and rest[2] in mains and not _is_there(site.files, rest[1]):
        return line, rest[3:]
    return "", ()


def _is_there(files: Files, path: str) -> bool:
    """Does the first folder of a classpath hold a class after building?"""
    first = path.split(":")[0].strip("/")
    return bool(files.found(f"{first}/**" if first not in ("", ".") else "*.class"))


STACK = JavaStack()

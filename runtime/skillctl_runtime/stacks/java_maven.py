"""Maven: one call that packages and, where the jar won't hold them, copies the libraries that the program runs with.

The libraries are copied into the project instead of named by their places in the local repository
(`dependency:build-classpath`): the program then starts without Maven's repository, which lies in a cache.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from skillctl_runtime.stack import Files, Machine, Output, Site, Step, Tool
from skillctl_runtime.stacks.compiled import Mending, folder_of
from skillctl_runtime.stacks.java_pom import BRIDGE, COPY_GOAL, GOALS

_WRAPPER = ".mvn/wrapper/maven-wrapper.properties"
_WHOLE = re.compile(
    r"maven-shade-plugin|maven-assembly-plugin|spring-boot-maven-plugin|spring-boot-starter-parent|onejar|quarkus"
)
_RELEASE = re.compile(
    r"(<(?:maven\.compiler\.(?:release|source|target)|java\.version|release|source|target|jdk\.version)>\s*)"
    r"(?:1\.)?(\d+)(\s*</)"
)
_TOLD = re.compile(r"<(?:maven\.compiler\.source|source)>|spring-boot-starter-parent")
_ONLY_RELEASE = re.compile(r"<(?:maven\.compiler\.release|release)>\s*(\d+)\s*</")
_DEPENDENCY = re.compile(r"<dependency>(.*?)</dependency>", re.DOTALL)
_MANAGED = re.compile(r"<dependencyManagement>.*?</dependencyManagement>|<plugin>.*?</plugin>|<!--.*?-->", re.DOTALL)

_COPIED = ("-DincludeScope=runtime", "-DoutputDirectory=target/dependency")
LIBRARY_FOLDER = "target/dependency"


def pom_files(files: Files) -> tuple[str, ...]:
    """pom.xml at the top and of modules."""
    return tuple(path for path in files.paths() if path == "pom.xml" or path.endswith("/pom.xml"))


def uses_wrapper(files: Files) -> bool:
    """Is there a wrapper that knows what to fetch?"""
    return files.data("mvnw") is not None and files.data(_WRAPPER) is not None


def maven_command(site: Site) -> str:
    """The wrapper with its properties, else the installed Maven."""
    if uses_wrapper(site.files):
        return "mvnw.cmd" if site.machine.system == "windows" else "./mvnw"
    return "mvn"


def java_release(machine: Machine) -> int:
    """The Java version of the installed compiler; 0 where there is none."""
    tool = machine.tool("javac")
    found = re.search(r"javac (?:1\.)?(\d+)", machine.version(tool, "-version")) if tool else None
    return int(found[1]) if found else 0


def lower_release(mending: Mending) -> None:
    """A newer Java than the installed one is asked for: the installed one compiles, and that is said."""
    installed = java_release(mending.site.machine)
    for path in pom_files(mending.site.files):
        text = mending.text(path) or ""
        asked = max((int(each[1]) for each in _RELEASE.findall(text)), default=0)
        if not installed or asked <= installed:
            continue
        mended = _RELEASE.sub(
            lambda found: f"{found[1]}{installed}{found[3]}" if int(found[2]) > installed else found[0], text
        )
        what = f"Java {asked} is asked for and {installed} is installed: it is compiled for {installed}"
        mending.rewrite(path, mended, rule="java-release", what=what)


def copies_libraries(files: Files) -> bool:
    """Does the program need libraries that no jar of this build will hold?"""
    texts = [files.text(path) or "" for path in (*pom_files(files), BRIDGE)]
    if any(_WHOLE.search(text) for text in texts):
        return False
    found = [each for text in texts for each in _DEPENDENCY.findall(_MANAGED.sub("", text))]
    return any(not re.search(r"<scope>\s*(?:test|provided|import|system)\s*<", each) for each in found)


def package_step(site: Site, tools: Sequence[Tool]) -> Step:
    """Compile and package the project's own pom.xml."""
    files = site.files
    defaults = _java_defaults(site)
    copied = (COPY_GOAL, *_COPIED) if copies_libraries(files) else ()
    modules = [folder_of(path) for path in pom_files(files)]
    return Step(
        id="maven-package",
        kind="build",
        argv=(maven_command(site), "-B", "-ntp", "-DskipTests", *defaults, "package", *copied),
        tools=tuple(tools),
        inputs=("**",),
        outputs=tuple(Output(path=f"{each}/target/classes" if each else "target/classes", depth=3) for each in modules),
        network=True,
        about="Building with Maven",
    )


def _java_defaults(site: Site) -> tuple[str, ...]:
    """What Maven's own compiler plugin has to be told: its default is Java 5, and old ones don't know `release`."""
    texts = [site.files.text(path) or "" for path in pom_files(site.files)]
    if any(_TOLD.search(text) for text in texts):
        return ()
    asked = next((int(found[1]) for text in texts if (found := _ONLY_RELEASE.search(text))), 0)
    release = asked or java_release(site.machine)
    return (f"-Dmaven.compiler.source={release}", f"-Dmaven.compiler.target={release}") if release else ()


def bridge_step(site: Site, tools: Sequence[Tool]) -> Step:
    """The same by the pom.xml that skillctl wrote."""
    copied = (COPY_GOAL, *_COPIED) if copies_libraries(site.files) else ()
    return Step(
        id="maven-bridge",
        kind="build",
        argv=("mvn", "-B", "-ntp", "-f", BRIDGE, *GOALS, *copied),
        tools=tuple(tools),
        inputs=("**",),
        outputs=(Output(path="target/classes", depth=3),),
        network=True,
        about="Building with Maven",
    )

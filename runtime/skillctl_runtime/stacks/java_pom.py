"""A pom.xml that skillctl writes: for sources with libraries and no build file, and for a build.gradle where no Gradle
that understands it is installed (docs/decisions/maven-stands-in-for-gradle.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape

from skillctl.core.value import dataclass

BRIDGE = "bridge.pom.xml"
PLUGIN = "org.apache.maven.plugins"
COMPILER, RESOURCES, JAR, DEPENDENCY = "3.13.0", "3.3.1", "3.4.2", "3.8.1"

COPY_GOAL = f"{PLUGIN}:maven-dependency-plugin:{DEPENDENCY}:copy-dependencies"
GOALS = (
    f"{PLUGIN}:maven-resources-plugin:{RESOURCES}:resources",
    f"{PLUGIN}:maven-compiler-plugin:{COMPILER}:compile",
    f"{PLUGIN}:maven-jar-plugin:{JAR}:jar",
)
"""What makes a jar, without the phases of tests and their plugins."""

LIBRARIES: Mapping[str, str] = {
    "com.google.gson": "com.google.code.gson:gson:2.11.0",
    "com.google.common": "com.google.guava:guava:33.2.1-jre",
    "com.fasterxml.jackson": "com.fasterxml.jackson.core:jackson-databind:2.17.2",
    "io.javalin": "io.javalin:javalin:6.1.6",
    "lombok": "org.projectlombok:lombok:1.18.34",
    "okhttp3": "com.squareup.okhttp3:okhttp:4.12.0",
    "org.apache.commons.csv": "org.apache.commons:commons-csv:1.11.0",
    "org.apache.commons.io": "commons-io:commons-io:2.16.1",
    "org.apache.commons.lang3": "org.apache.commons:commons-lang3:3.14.0",
    "org.apache.commons.math3": "org.apache.commons:commons-math3:3.6.1",
    "org.json": "org.json:json:20240303",
    "org.jsoup": "org.jsoup:jsoup:1.17.2",
    "org.slf4j": "org.slf4j:slf4j-simple:2.0.13",
    "org.yaml.snakeyaml": "org.yaml:snakeyaml:2.2",
    "picocli": "info.picocli:picocli:4.7.6",
    "spark": "com.sparkjava:spark-core:2.9.4",
}
"""Package of an import -> the library that brings it: curated, and never an unmapped guess."""


@dataclass(frozen=True, slots=True)
class Library:
    """One dependency."""

    group: str
    artifact: str
    version: str = ""
    """Empty: by a platform."""
    scope: str = "compile"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pom:
    """What such a pom says."""

    group: str = "local"
    artifact: str
    version: str = "1.0"
    release: int
    """The Java version that is compiled for."""
    libraries: Sequence[Library] = ()
    platforms: Sequence[Library] = ()
    repositories: Sequence[str] = ()
    source_folder: str = "src/main/java"
    resource_folders: Sequence[str] = ("src/main/resources",)
    main_class: str = ""


def read_coordinates(text: str, scope: str = "compile") -> Library | None:
    """`group:artifact[:version]`."""
    found = re.fullmatch(r"\s*([\w.-]+):([\w.-]+)(?::([\w.+-]+))?(?::[\w-]+)?(?:@\w+)?\s*", text)
    return Library(found[1], found[2], found[3] or "", scope) if found else None


def pom_text(pom: Pom) -> str:
    """The file."""
    resources = "".join(f"<resource><directory>{escape(each)}</directory></resource>" for each in pom.resource_folders)
    manifest = f"<manifest><mainClass>{escape(pom.main_class)}</mainClass></manifest>" if pom.main_class else ""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<!-- Written by skillctl, so that Maven can resolve and build. The project's own files stay as they are. -->",
        '<project xmlns="http://maven.apache.org/POM/4.0.0">',
        "  <modelVersion>4.0.0</modelVersion>",
        f"  <groupId>{escape(pom.group)}</groupId>",
        f"  <artifactId>{escape(pom.artifact)}</artifactId>",
        f"  <version>{escape(pom.version)}</version>",
        "  <properties>",
        "    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>",
        f"    <maven.compiler.release>{pom.release}</maven.compiler.release>",
        "    <maven.compiler.parameters>true</maven.compiler.parameters>",
        "  </properties>",
        *_repositories(pom.repositories),
        *_platforms(pom.platforms),
        "  <dependencies>",
        *(f"    {_dependency(each)}" for each in pom.libraries),
        "  </dependencies>",
        "  <build>",
        f"    <finalName>{escape(pom.artifact)}</finalName>",
        f"    <sourceDirectory>{escape(pom.source_folder)}</sourceDirectory>",
        f"    <resources>{resources}</resources>",
        "    <plugins><plugin>",
        f"      <artifactId>maven-jar-plugin</artifactId><version>{JAR}</version>",
        f"      <configuration><archive>{manifest}</archive></configuration>",
        "    </plugin></plugins>",
        "  </build>",
        "</project>",
    ]
    return "\n".join(parts) + "\n"


def _dependency(library: Library, *, kind: str = "") -> str:
    version = f"<version>{escape(library.version)}</version>" if library.version else ""
    return (
        f"<dependency><groupId>{escape(library.group)}</groupId><artifactId>{escape(library.artifact)}</artifactId>"
        f"{version}{kind}<scope>{'import' if kind else library.scope}</scope></dependency>"
    )


def _platforms(platforms: Sequence[Library]) -> list[str]:
    if not platforms:
        return []
    imports = "".join(_dependency(each, kind="<type>pom</type>") for each in platforms)
    return [f"  <dependencyManagement><dependencies>{imports}</dependencies></dependencyManagement>"]


def _repositories(urls: Sequence[str]) -> list[str]:
    found = "".join(
        f"<repository><id>r{number}</id><url>{escape(url)}</url></repository>" for number, url in enumerate(urls)
    )
    return [f"  <repositories>{found}</repositories>"] if found else []

"""The Java stack: ways, jars, names and folders, and scripts read for Maven, without any JDK."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree as ET

import pytest

from skillctl.core.errors import ExecutionError
from skillctl_runtime.stacks.java import STACK
from skillctl_runtime.stacks.java_gradle import translated
from skillctl_runtime.stacks.java_jars import read_jar, startable_jars
from skillctl_runtime.stacks.java_pom import LIBRARIES, Library, Pom, read_coordinates
from skillctl_runtime.stacks.java_sources import read_source
from tests.runtime.stacks.compiled_world import GRADLE_NEW, GRADLE_OLD, MemoryFiles, Project, with_tools, without

MAIN = 'public class Main {\n    public static void main(String[] args) { System.out.println("}"); }\n}\n'
POM = "<project><modelVersion>4.0.0</modelVersion><artifactId>shop</artifactId>{}</project>"
RELEASE = "<properties><maven.compiler.source>17</maven.compiler.source></properties>"
GSON = (
    "<dependencies><dependency><groupId>com.google.code.gson</groupId><artifactId>gson</artifactId></dependency>"
    "</dependencies>"
)
CLASSIC = "apply plugin: 'java'\n"
MODERN = "plugins {\n    id 'java'\n    id 'application'\n}\napplication {\n    mainClass = 'com.acme.App'\n}\n"


def java(files: dict[str, str], **more: object) -> Project:
    return Project(stack=STACK, files=files, **more)  # type: ignore[arg-type]


def app(package: str = "com.acme", name: str = "App", body: str = "") -> str:
    head = f"package {package};\n" if package else ""
    return f"{head}{body}public class {name} {{ public static void main(String[] args) {{}} }}\n"


def jar(main: str = "", *names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        lines = "Manifest-Version: 1.0\r\n" + (f"Main-Class: {main}\r\n" if main else "")
        archive.writestr("META-INF/MANIFEST.MF", lines)
        for name in names:
            archive.writestr(name, "")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("files", "strength"),
    [
        ({"pom.xml": POM}, "manifest"),
        ({"build.gradle.kts": ""}, "manifest"),
        ({"settings.gradle": ""}, "manifest"),
        ({"src/main/java/com/acme/App.java": MAIN}, "entry"),
        ({"Hello.java": MAIN}, "extension"),
    ],
)
def test_a_manifest_an_entry_or_endings_speak_for_java(files: dict[str, str], strength: str) -> None:
    found = STACK.evidence(java(files).site().files)
    assert found is not None
    assert found.strength == strength


# what a source says of itself


@pytest.mark.parametrize(
    ("text", "package", "public", "main"),
    [
        (MAIN, "", "Main", "Main"),
        (app(), "com.acme", "App", "com.acme.App"),
        ("class A {} class B { static public void main(final String... a) {} }", "", "", "B"),
        ("public class A { static class B { public static void main(String[] a) {} } }", "", "A", "A"),
        ("public final class A {}\n", "", "A", ""),
        ("public record A(int x) {}\nenum B { X }\n", "", "A", ""),
        ("public @interface A {}\n", "", "A", ""),
        ('// public class X {}\n/* package no; */ class A { String s = "public class Y {"; }', "", "", ""),
        ('class A { String s = """\n public class Z {\n"""; }\npublic class C {}', "", "C", ""),
    ],
)
def test_a_source_says_its_package_its_public_type_and_its_main(
    text: str, package: str, public: str, main: str
) -> None:
    found = read_source("x.java", text)
    assert (found.package, found.public_type) == (package, public)
    assert (found.main_class if found.main_type else "") == main


def test_a_file_is_called_as_its_public_type() -> None:
    project = java({"hello.java": MAIN})
    assert project.rules() == ["class-file-name"]
    assert project.text("Main.java") == MAIN


def test_a_name_that_is_taken_is_left_alone() -> None:
    assert java({"hello.java": MAIN, "Main.java": MAIN}).rules() == []


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("App.java", "com/acme/App.java"),
        ("src/App.java", "src/com/acme/App.java"),
        ("src/main/java/App.java", "src/main/java/com/acme/App.java"),
        ("com/acme/App.java", "com/acme/App.java"),
        ("code/com/acme/App.java", "code/com/acme/App.java"),
    ],
)
def test_a_file_lies_in_the_folders_of_its_package(path: str, wanted: str) -> None:
    assert java({path: app()}).text(wanted) == app()


def test_with_a_build_file_sources_lie_where_it_looks() -> None:
    test = "package com.acme;\nimport org.junit.jupiter.api.Test;\nclass AppTest {}\n"
    project = java({"pom.xml": POM.format(RELEASE), "App.java": app(), "src/AppTest.java": test})
    assert project.text("src/main/java/com/acme/App.java") == app()
    assert project.text("src/test/java/com/acme/AppTest.java") == test


@pytest.mark.parametrize("more", ["<build><sourceDirectory>src</sourceDirectory></build>", "<modules></modules>"])
def test_a_build_file_that_says_where_sources_lie_is_believed(more: str) -> None:
    assert java({"pom.xml": POM.format(RELEASE + more), "src/Main.java": MAIN}).rules() == []


@pytest.mark.parametrize(
    "text",
    [
        "<properties><maven.compiler.release>21</maven.compiler.release></properties>",
        "<properties><java.version> 21 </java.version></properties>",
        "<configuration><source>21</source><target>21</target></configuration>",
    ],
)
def test_a_newer_java_is_not_asked_for(text: str) -> None:
    project = java({"pom.xml": POM.format(text), "src/main/java/Main.java": MAIN})
    assert project.rules() == ["java-release"]
    assert "21" not in project.text("pom.xml")
    assert "17" in project.text("pom.xml")


def test_an_older_java_may_be_asked_for() -> None:
    text = POM.format("<properties><maven.compiler.release>11</maven.compiler.release></properties>")
    assert java({"pom.xml": text, "src/main/java/Main.java": MAIN}).rules() == []


# jars


def test_a_jar_is_opened_to_see_what_it_starts() -> None:
    long = "com.acme." + "a" * 80
    folded = f"Main-Class: {long}"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", f"{folded[:70]}\r\n {folded[70:]}\r\n")
    found = read_jar(MemoryFiles({"x.jar": buffer.getvalue()}), "x.jar")
    assert found is not None
    assert found.main_class == long


@pytest.mark.parametrize("data", [b"", b"no zip", jar()])
def test_what_starts_nothing_is_no_program(data: bytes) -> None:
    assert read_jar(MemoryFiles({"x.jar": data}), "x.jar") is None


def test_sources_originals_and_plain_jars_are_passed_over() -> None:
    names = ("a-sources.jar", "a-javadoc.jar", "original-a.jar", "a-plain.jar", "a-tests.jar", "a.jar")
    found = startable_jars(MemoryFiles({f"target/{name}": jar("A") for name in names}), ("target/*.jar",))
    assert [each.path for each in found] == ["target/a.jar"]


def test_of_a_jar_with_and_without_its_libraries_the_whole_one_is_taken() -> None:
    names = ("target/a.jar", "target/a-jar-with-dependencies.jar")
    found = startable_jars(MemoryFiles({name: jar("A") for name in names}), ("target/*.jar",))
    assert [each.path for each in found] == ["target/a-jar-with-dependencies.jar"]


def test_two_jars_that_start_something_else_are_an_error_unless_the_run_line_names_one() -> None:
    files = {"pom.xml": POM.format(RELEASE), "src/main/java/Main.java": MAIN}
    made = {"target/a.jar": jar("A"), "target/b.jar": jar("B")}
    with pytest.raises(ExecutionError) as caught:
        java(files, made=made).worked()
    assert caught.value.code == "E540"
    assert java(files, made=made, run="java -jar target/b.jar").start().artifact == "target/b.jar"


# Maven


def test_the_wrapper_is_called_only_with_its_properties() -> None:
    files = {"pom.xml": POM.format(RELEASE), "mvnw": "#!/bin/sh\n"}
    assert java(files).step("maven-package").argv[0] == "mvn"
    whole = {**files, ".mvn/wrapper/maven-wrapper.properties": "distributionUrl=x\n"}
    assert java(whole).step("maven-package").argv[0] == "./mvnw"
    assert java(whole).needed() == [("javac",), ("java",)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "17"),
        ("<properties><maven.compiler.release>11</maven.compiler.release></properties>", "11"),
        (RELEASE, ""),
        ("<parent><artifactId>spring-boot-starter-parent</artifactId></parent>", ""),
    ],
)
def test_mavens_own_ancient_default_is_told_a_java(text: str, wanted: str) -> None:
    argv = java({"pom.xml": POM.format(text)}).step("maven-package").argv
    assert [each for each in argv if each.startswith("-Dmaven.compiler.source")] == (
        [f"-Dmaven.compiler.source={wanted}"] if wanted else []
    )


@pytest.mark.parametrize(
    ("text", "copied"),
    [
        (GSON, True),
        ("", False),
        (GSON.replace("</dependency>", "<scope>test</scope></dependency>"), False),
        (f"<dependencyManagement>{GSON}</dependencyManagement>", False),
        (GSON + "<plugin><artifactId>maven-shade-plugin</artifactId></plugin>", False),
    ],
)
def test_libraries_are_copied_only_where_no_jar_holds_them(text: str, copied: bool) -> None:
    argv = java({"pom.xml": POM.format(RELEASE + text)}).step("maven-package").argv
    assert any("copy-dependencies" in each for each in argv) == copied


def test_a_jar_without_a_main_class_runs_its_class_with_the_libraries() -> None:
    files = {"pom.xml": POM.format(RELEASE + GSON), "src/main/java/com/acme/App.java": app()}
    start = java(files, made={"target/shop-1.jar": jar()}).start()
    assert start.argv == ("java", "-cp", "target/classes:target/dependency/*", "com.acme.App")
    assert start.artifact == "target/shop-1.jar"


def test_a_class_path_is_one_of_the_system() -> None:
    files = {"pom.xml": POM.format(RELEASE + GSON), "src/main/java/com/acme/App.java": app()}
    windows = with_tools()
    windows.system = "windows"
    assert java(files, machine=windows).start().argv[2] == "target/classes;target/dependency/*"


def test_classes_are_no_artifact() -> None:
    start = java({"pom.xml": POM.format(RELEASE), "src/main/java/com/acme/App.java": app()}).start()
    assert (start.argv, start.artifact) == (("java", "-cp", "target/classes", "com.acme.App"), "")


def test_a_jar_that_can_not_hold_its_libraries_is_started_beside_them() -> None:
    files = {"pom.xml": POM.format(RELEASE + GSON), "src/main/java/Main.java": MAIN}
    start = java(files, made={"target/shop.jar": jar("Main")}).start()
    assert start.argv == ("java", "-cp", "target/shop.jar:target/dependency/*", "Main")


def test_a_jar_that_names_its_class_is_started_as_it_is() -> None:
    files = {"pom.xml": POM.format(RELEASE), "src/main/java/Main.java": MAIN}
    assert java(files, made={"target/shop.jar": jar("Main")}).start().argv == ("java", "-jar", "target/shop.jar")


def test_a_spring_application_is_a_server_whose_port_is_a_variable() -> None:
    source = app(body="@SpringBootApplication\n")
    files = {"pom.xml": POM.format(RELEASE), "src/main/java/com/acme/App.java": source}
    files["src/main/resources/application.properties"] = "server.port=9000\n"
    start = java(files, made={"target/a.jar": jar("org.springframework.boot.loader.JarLauncher", "BOOT-INF/x")}).start()
    assert (start.server, start.port, start.env) == (True, 9000, {"SERVER_PORT": "9000"})


MAINS = [
    ({"Main": MAIN, "Other": app("", "Other")}, "", "Main"),
    ({"Other": app("", "Other"), "App": app("", "App")}, "", "App"),
    ({"Zeta": app("", "Zeta"), "Alpha": app("", "Alpha")}, "", "Alpha"),
    ({"Main": MAIN, "Other": app("", "Other")}, "java Other", "Other"),
    ({"Main": MAIN, "Other": app("", "Other")}, "java Other.java x", "Other"),
]


@pytest.mark.parametrize(("sources", "run", "wanted"), MAINS)
def test_of_several_mains_one_is_started_by_the_rules(sources: dict[str, str], run: str, wanted: str) -> None:
    step = java({f"{name}.java": text for name, text in sources.items()}, run=run).step("jar")
    assert step.argv[step.argv.index("--main-class") + 1] == wanted


# Gradle

WRAPPER = {
    "gradlew": "#!/bin/sh\n",
    "gradle/wrapper/gradle-wrapper.properties": "x",
    "gradle/wrapper/gradle-wrapper.jar": "j",
}
GRADLES = [
    ({"build.gradle": MODERN, **WRAPPER}, "", "./gradlew"),
    ({"build.gradle": MODERN}, GRADLE_NEW, "gradle"),
    ({"build.gradle": CLASSIC}, GRADLE_OLD, "gradle"),
    ({"build.gradle": MODERN}, GRADLE_OLD, "mvn"),
    ({"build.gradle.kts": "plugins { java }\n"}, GRADLE_OLD, "mvn"),
    ({"build.gradle": CLASSIC}, "", "mvn"),
    ({"build.gradle": MODERN, "gradlew": "#!/bin/sh\n"}, "", "mvn"),
]


@pytest.mark.parametrize(("files", "installed", "wanted"), GRADLES)
def test_the_gradle_that_can_build_it_is_called_or_maven(files: dict[str, str], installed: str, wanted: str) -> None:
    machine = with_tools(gradle=installed) if installed else without("gradle")
    project = java({**files, "src/main/java/com/acme/App.java": app()}, machine=machine)
    assert project.worked()[0][0].argv[0] == wanted


def test_what_no_gradle_here_understands_and_maven_neither_is_refused_before_anything_is_written() -> None:
    project = java({"build.gradle.kts": 'plugins { kotlin("jvm") }\n'}, machine=with_tools(gradle=GRADLE_OLD))
    with pytest.raises(ExecutionError) as caught:
        project.needed()
    assert caught.value.code == "E541"


def test_without_any_gradle_it_is_named_as_missing() -> None:
    project = java({"build.gradle.kts": 'plugins { kotlin("jvm") }\n'}, machine=without("gradle"))
    assert ("gradle",) in project.needed()


def test_the_application_plugin_is_started_by_its_script() -> None:
    made = {
        "build/install/shop/bin/shop": b"#!/bin/sh\n",
        "build/install/shop/bin/shop.bat": b"",
        "build/libs/shop.jar": jar(),
    }
    project = java({"build.gradle": MODERN, "App.java": app()}, machine=with_tools(gradle=GRADLE_NEW), made=made)
    assert project.step("gradle-assemble").argv[-1] == "installDist"
    start = project.start()
    assert (start.argv, start.artifact) == (("./build/install/shop/bin/shop",), "")


SCRIPT = """
plugins {
    id 'java'
    id 'application'
    id 'org.springframework.boot' version '3.2.0'
    id 'com.gradleup.shadow' version '8.3.0'
}
group = 'com.acme'
version = '0.1'
def gsonVersion = '2.11.0'
ext.ktVersion = "1.0"
sourceCompatibility = JavaVersion.VERSION_1_8
repositories { mavenCentral() ; maven { url 'https://repo.acme.org/maven' } }
dependencies {
    // implementation 'no:no:1'
    implementation "com.google.code.gson:gson:${gsonVersion}"
    implementation group: 'commons-io', name: 'commons-io', version: '2.16.1'
    implementation platform('com.acme:bom:1')
    implementation('com.acme:closed:1') {
        exclude group: 'x', module: 'y'
    }
    compileOnly 'org.projectlombok:lombok:1.18.34'
    annotationProcessor 'org.projectlombok:lombok:1.18.34'
    runtimeOnly 'com.acme:driver'
    testImplementation 'junit:junit:4.13'
}
application { mainClass = 'com.acme.App' }
"""


def read(script: str, **more: str) -> Pom | str:
    return translated(java({"build.gradle": script, **more}).site(), java=17)


def test_a_script_is_read_as_far_as_maven_can_follow() -> None:
    pom = read(SCRIPT, **{"settings.gradle": "rootProject.name = 'Shop'\n"})
    assert isinstance(pom, Pom)
    assert (pom.group, pom.artifact, pom.version, pom.main_class) == ("com.acme", "shop", "0.1", "com.acme.App")
    assert pom.release == 8
    assert pom.repositories == ("https://repo.acme.org/maven",)
    assert list(pom.platforms) == [
        Library("com.acme", "bom", "1"),
        Library("org.springframework.boot", "spring-boot-dependencies", "3.2.0"),
    ]
    assert list(pom.libraries) == [
        Library("com.google.code.gson", "gson", "2.11.0"),
        Library("commons-io", "commons-io", "2.16.1"),
        Library("com.acme", "closed", "1"),
        Library("org.projectlombok", "lombok", "1.18.34", "provided"),
        Library("com.acme", "driver", "", "runtime"),
    ]


def test_a_kotlin_script_is_read_the_same_way() -> None:
    script = (
        'plugins {\n    java\n    application\n    `java-library`\n}\nval v by extra("x")\nval lib = "1.2"\n'
        'dependencies {\n    implementation("a.b:c:$lib")\n    api("d:e:1")\n}\n'
        'application {\n    mainClass.set("a.Main")\n}\n'
        "java { toolchain { languageVersion.set(JavaLanguageVersion.of(21)) } }\n"
    )
    pom = translated(java({"build.gradle.kts": script}).site(), java=17)
    assert isinstance(pom, Pom)
    assert [(each.artifact, each.version) for each in pom.libraries] == [("c", "1.2"), ("e", "1")]
    assert (pom.main_class, pom.release) == ("a.Main", 17)


BEYOND = [
    'plugins { id "org.jetbrains.kotlin.jvm" version "2.0" }',
    'plugins { id "com.acme.own" version "1" }',
    "dependencies { implementation project(':lib') }",
    "dependencies { implementation libs.gson }",
    "dependencies { implementation files('libs/a.jar') }",
    "dependencies { kapt 'a:b:1' }",
    "dependencies { implementation someVariable }",
    "subprojects { }",
    "apply from: 'other.gradle'",
]


@pytest.mark.parametrize("script", BEYOND)
def test_a_script_that_says_more_is_never_half_understood(script: str) -> None:
    assert isinstance(read(f"{CLASSIC}{script}\n"), str)


def test_several_projects_are_beyond_maven_too() -> None:
    assert read(CLASSIC, **{"settings.gradle": "include 'a', 'b'\n"}) == "it has several projects"


def test_the_pom_that_is_written_is_told_and_says_what_the_script_says() -> None:
    project = java({"build.gradle": SCRIPT, "src/main/java/com/acme/App.java": app()}, machine=without("gradle"))
    assert project.rules() == ["maven-bridge"]
    root = ET.fromstring(project.text("bridge.pom.xml"))
    assert "com.acme.App" in "".join(root.itertext())
    assert len(root.findall(".//{*}dependencies/{*}dependency")) == 7


# the compiler alone


def test_sources_without_a_build_file_are_compiled_and_packed() -> None:
    steps, start = java({"Main.java": MAIN, "src/test/java/MainTest.java": "class MainTest {}"}).worked()
    assert [each.id for each in steps] == ["javac", "jar"]
    assert steps[0].argv[-1] == "Main.java"
    assert start is not None
    assert start.argv == ("java", "-jar", "build/shop.jar")


def test_jars_of_the_project_are_on_the_classpath() -> None:
    project = java({"Main.java": MAIN, "lib/own.jar": "jar"})
    assert project.step("javac").argv[5:7] == ("-cp", "lib/own.jar")
    assert project.start().argv == ("java", "-cp", "build/shop.jar:lib/own.jar", "Main")


def test_resources_are_packed() -> None:
    argv = java({"src/main/java/Main.java": MAIN, "src/main/resources/words.txt": "x"}).step("jar").argv
    assert argv[-3:] == ("-C", "src/main/resources", ".")


def test_a_library_is_packed_and_nothing_started() -> None:
    steps, start = java({"Words.java": "public class Words {}\n"}).worked()
    assert "--main-class" not in steps[-1].argv
    assert start is None


def test_libraries_of_the_plan_and_of_the_curated_list_come_by_maven() -> None:
    source = app(body="import com.google.gson.Gson;\nimport com.unknown.Thing;\n")
    project = java({"src/main/java/com/acme/App.java": source}, packages=("com.acme:tools:1.0", "nonsense"))
    text = project.text("bridge.pom.xml")
    assert "<artifactId>tools</artifactId>" in text
    assert "<artifactId>gson</artifactId>" in text
    assert "unknown" not in text
    assert project.needed()[-1] == ("mvn",)


def test_a_package_of_the_project_itself_asks_for_no_library() -> None:
    files = {"spark/Words.java": "package spark;\npublic class Words {}\n", "Main.java": "import spark.Words;\n" + MAIN}
    assert java(files).rules() == []


def test_every_library_of_the_curated_list_has_coordinates_with_a_version() -> None:
    for text in LIBRARIES.values():
        found = read_coordinates(text)
        assert found is not None
        assert found.version


INSTEAD = [
    ("java Main a b", ("a", "b")),
    ("java Main.java a", ("a",)),
    ("java -cp out Main x", ("x",)),
    ("java -jar target/shop.jar x", ("x",)),
    ("./gradlew run --args='a b'", ("a", "b")),
    ("mvn -q compile exec:java -Dexec.mainClass=Main -Dexec.args='1 2'", ("1", "2")),
]


@pytest.mark.parametrize(("run", "arguments"), INSTEAD)
def test_a_line_that_builds_again_or_starts_nothing_starts_what_was_built(run: str, arguments: tuple[str, ...]) -> None:
    start = java({"Main.java": MAIN}, run=run).start()
    assert start.instead_of == run
    assert start.argv == ("java", "-jar", "build/shop.jar", *arguments)


@pytest.mark.parametrize(
    "run", ["java -version", "mvn test", "./gradlew test", "java Main | sort", "java -cp build/classes Main"]
)
def test_any_other_line_is_left_as_it_is(run: str) -> None:
    project = java({"Main.java": MAIN}, run=run, made={"build/classes/Main.class": b""})
    assert project.start().instead_of == ""


def test_the_constructed_port_of_a_server_is_known() -> None:
    source = MAIN.replace("System.out", "HttpServer.create(new InetSocketAddress(8123), 0); System.out")
    start = java({"Main.java": source}).start()
    assert (start.server, start.port) == (True, 8123)


# complaints

JAVAC = (
    'Main.java:3: error: incompatible types: String cannot be converted to int\n        int x = "s";\n                ^'
)


def test_javacs_errors_are_told_with_their_code_and_not_their_number() -> None:
    assert STACK.complaint(f"Note: something\n{JAVAC}\n1 error\n") == JAVAC


def test_mavens_talk_around_an_error_is_left_out_and_nothing_is_told_twice() -> None:
    line = "[ERROR] /p/src/main/java/Main.java:[3,21] incompatible types: String cannot be converted to int"
    output = (
        f"[INFO] Scanning\n[INFO] ----\n[ERROR] COMPILATION ERROR : \n[INFO] ----\n{line}\n"
        f"[INFO] 1 error\n[INFO] BUILD FAILURE\n"
        f"[ERROR] Failed to execute goal compile on project shop: Compilation failure\n{line}\n[ERROR] -> [Help 1]\n"
    )
    assert STACK.complaint(output) == line.removeprefix("[ERROR] ")


def test_an_artifact_that_is_nowhere_is_told() -> None:
    output = (
        "[INFO] BUILD FAILURE\n[ERROR] Failed to execute goal on project shop: Could not find artifact a:b:jar:9\n"
        "[ERROR] \n[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.\n"
    )
    assert (
        STACK.complaint(output) == "[ERROR] Failed to execute goal on project shop: Could not find artifact a:b:jar:9"
    )


def test_gradles_own_reason_is_told() -> None:
    output = (
        "FAILURE: Build failed with an exception.\n\n* What went wrong:\nCould not resolve a:b:1.\n\n"
        "* Try:\n> Run with --stacktrace\n"
    )
    told = STACK.complaint(output)
    assert "Could not resolve a:b:1." in told
    assert "stacktrace" not in told


LINES = [
    ({"pom.xml": POM.format(RELEASE)}, "mvn -q clean package -DskipTests", True),
    ({"pom.xml": POM.format(RELEASE)}, "mvn package -Pnative", False),
    ({"build.gradle": MODERN}, "./gradlew clean build -x test", True),
    ({"build.gradle": MODERN}, "gradle customTask", False),
    ({}, "javac -d out src/*.java", True),
    ({}, "javac --release 11 Main.java", False),
]


@pytest.mark.parametrize(("files", "line", "taken"), LINES)
def test_a_build_line_that_says_nothing_more_is_left_to_the_stack(
    files: dict[str, str], line: str, taken: bool
) -> None:
    project = java({**files, "src/main/java/Main.java": MAIN}, build=(line,), machine=with_tools(gradle=GRADLE_OLD))
    assert project.repaired().plan.build == (() if taken else (line,))


def test_the_jar_of_the_run_line_is_started_with_the_libraries_it_does_not_hold() -> None:
    files = {"pom.xml": POM.format(RELEASE + GSON), "src/main/java/Main.java": MAIN}
    start = java(files, made={"target/shop.jar": jar("Main")}, run="java -jar target/shop.jar x").start()
    assert start.instead_of
    assert start.argv == ("java", "-cp", "target/shop.jar:target/dependency/*", "Main", "x")

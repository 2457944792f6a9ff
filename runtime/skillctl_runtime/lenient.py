"""What language models get wrong in the form of a plan, mended once and told. Functions from value to value.

Around the JSON: one Markdown fence, a byte order mark, commas before a closing bracket. In it: `path` and `content` for
`filename` and `code`, files as an object, dependencies as a list, numbers where texts belong, a run command as a list
of words. In the files: a Markdown fence around the whole of one, a byte order mark, line ends that a shell or make
can't take, `./` before a path.

Nothing is mended that would change where something is written: a path that leads out is refused by `confine`, never
made to fit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from skillctl.core.json_value import JsonObject, JsonValue
from skillctl.core.value import replace
from skillctl_runtime.plan import Plan, PlanFile, Repair

_BOM = "\ufeff"
_FENCED_JSON = re.compile(r"\A\s*```[A-Za-z0-9]*[ \t]*\r?\n(?P<inside>.*?)\r?\n[ \t]*```\s*\Z", re.DOTALL)
_FENCED_FILE = re.compile(
    r"\A\s*(?P<fence>```+|~~~+)[^\n`]*\r?\n(?P<inside>.*?)(?:\r?\n)?[ \t]*(?P=fence)\s*\Z", re.DOTALL
)
_STRING_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*+"|,(?=\s*[\]}])', re.DOTALL)
_OTHER_WORDS = {"path": "filename", "file": "filename", "name": "filename", "content": "code", "contents": "code"}
_WITH_LINE_FEEDS = frozenset({"makefile", "gnumakefile", "gradlew", "mvnw", ".env", "dockerfile", "procfile"})
_PROSE = (".md", ".markdown", ".mdx", ".rst")


def mended_text(text: str) -> tuple[str, tuple[Repair, ...]]:
    """The JSON text without what stands around it, and without commas that end nothing."""
    repairs = []
    if text.startswith(_BOM):
        text = text.removeprefix(_BOM)
        repairs.append(Repair(rule="byte-order-mark", what="The plan began with a byte order mark"))
    if (fenced := _FENCED_JSON.match(text)) is not None:
        text = fenced["inside"]
        repairs.append(Repair(rule="code-fence", what="The plan stood in a Markdown code fence"))
    if not _is_json(text):
        without = _STRING_OR_COMMA.sub(lambda found: "" if found[0] == "," else found[0], text)
        if without != text and _is_json(without):
            text = without
            repairs.append(Repair(rule="trailing-comma", what="The plan had commas before closing brackets"))
    return text, tuple(repairs)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def mended_value(value: JsonValue) -> tuple[JsonValue, tuple[Repair, ...]]:
    """The plan in the words of the schema."""
    if not isinstance(value, Mapping):
        return value, ()
    members, repairs = dict(value), list[Repair]()
    for mend in (
        _files_as_list,
        _files_in_our_words,
        _dependencies_as_object,
        _run_as_line,
        _texts_as_texts,
        _one_port,
    ):
        repairs += mend(members)
    return members, tuple(repairs)


def _files_as_list(members: dict[str, JsonValue]) -> Iterator[Repair]:
    files = members.get("files")
    if isinstance(files, Mapping):
        members["files"] = [
            {"filename": name, **content} if isinstance(content, Mapping) else {"filename": name, "code": content}
            for name, content in files.items()
        ]
        yield Repair(rule="files-as-object", what="`files` was an object, and is read as a list")


def _files_in_our_words(members: dict[str, JsonValue]) -> Iterator[Repair]:
    files = members.get("files")
    if not isinstance(files, list):
        return
    renamed = [_in_our_words(each) if isinstance(each, Mapping) else each for each in files]
    if renamed != files:
        members["files"] = renamed
        yield Repair(rule="other-words", what="`path` and `content` are read as `filename` and `code`")


def _in_our_words(entry: JsonObject) -> JsonObject:
    made = dict(entry)
    for other, ours in _OTHER_WORDS.items():
        if other in made and ours not in made:
            made[ours] = made.pop(other)
    return made


def _dependencies_as_object(members: dict[str, JsonValue]) -> Iterator[Repair]:
    found = members.get("dependencies")
    if isinstance(found, list):
        members["dependencies"] = {"packages": found}
        yield Repair(rule="dependencies-as-list", what="`dependencies` was a list, and is read as its packages")


def _run_as_line(members: dict[str, JsonValue]) -> Iterator[Repair]:
    """A list of single words is one command: several commands would have blanks in some of them."""
    for key in ("run", "build", "install"):
        words = members.get(key)
        if isinstance(words, list) and len(words) > 1 and all(_is_word(each) for each in words):
            import shlex

            members[key] = shlex.join(str(each) for each in words)
            yield Repair(rule="words-as-command", what=f"`{key}` was a list of words, and is read as one command")


def _is_word(value: JsonValue) -> bool:
    return isinstance(value, str) and value != "" and not any(letter.isspace() for letter in value)


def _texts_as_texts(members: dict[str, JsonValue]) -> Iterator[Repair]:
    env = members.get("env")
    if isinstance(env, Mapping) and any(isinstance(each, (int, float)) for each in env.values()):
        members["env"] = {name: _text(each) for name, each in env.items()}
        yield Repair(rule="numbers-as-texts", what="Values of `env` that were no texts are read as texts")


def _text(value: JsonValue) -> JsonValue:
    return json.dumps(value) if isinstance(value, (bool, int, float)) else value


def _one_port(members: dict[str, JsonValue]) -> Iterator[Repair]:
    ports = members.get("ports", members.get("port"))
    if isinstance(ports, int) and not isinstance(ports, bool):
        members.pop("port", None)
        members["ports"] = [ports]
        yield Repair(rule="one-port", what="One port is read as a list of ports")


def mended_files(plan: Plan) -> tuple[Plan, tuple[Repair, ...]]:
    """The plan with its texts as tools can read them."""
    repairs: list[Repair] = []
    files = []
    for each in plan.files:
        mended = each if each.binary else _mended(each, repairs)
        files.append(mended)
    return (replace(plan, files=tuple(files)), tuple(repairs)) if repairs else (plan, ())


def _mended(file: PlanFile, repairs: list[Repair]) -> PlanFile:
    path = _tidy(file.path)
    if path != file.path:
        repairs.append(Repair(rule="dot-slash", what=f"`{file.path}` is written as `{path}`", file=path))
    text = file.text()
    if text is None:
        return replace(file, path=path)
    for rule, mend, what in _TEXT_REPAIRS:
        mended = mend(path, text)
        if mended != text:
            repairs.append(Repair(rule=rule, what=what, file=path))
            text = mended
    return replace(file, path=path, data=text.encode())


def _tidy(path: str) -> str:
    while path.startswith("./"):
        path = path[2:].lstrip("/") or path[2:]
    return path


def _without_mark(path: str, text: str) -> str:
    # a CSV is opened by programs that take the mark for the sign of UTF-8
    return text if path.lower().endswith((".csv", ".tsv")) else text.removeprefix(_BOM)


def _without_fence(path: str, text: str) -> str:
    if path.lower().endswith(_PROSE):
        return text
    fenced = _FENCED_FILE.match(text)
    if fenced is None or re.search(rf"(?m)^[ \t]*{re.escape(fenced['fence'])}", fenced["inside"]):
        return text
    return fenced["inside"] + "\n"


def _with_line_feeds(path: str, text: str) -> str:
    name = path.rpartition("/")[2].lower()
    wants = name.endswith((".sh", ".bash", ".mk")) or name in _WITH_LINE_FEEDS or text.startswith("#!")
    return text.replace("\r\n", "\n") if wants else text


_TEXT_REPAIRS = (
    ("byte-order-mark", _without_mark, "The file began with a byte order mark"),
    ("code-fence", _without_fence, "The whole file stood in one Markdown code fence"),
    ("line-ends", _with_line_feeds, "Line ends are those that the file's reader takes"),
)

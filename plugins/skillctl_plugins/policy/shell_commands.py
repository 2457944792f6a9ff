"""The commands that a line for a shell, or a list of words, would start.

Each is seen as the system would see it: without quotes, with the variables that the line itself sets filled in, with
the directory that `cd` led to, and behind whatever stands before it (`FOO=1`, `sudo`, `env`, `timeout 5`, `/usr/bin/`).
Scripts for other shells (`sh -c '…'`, `eval`, a here-document, `echo … | sh`) and those inside words are followed too.
What only a run can tell (an unknown variable, the output of a program) stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from skillctl.core.value import dataclass
from skillctl_plugins.policy.patterns import normal_path
from skillctl_plugins.policy.shell_syntax import (
    DEPTH,
    Group,
    Part,
    Pipeline,
    Redirection,
    Simple,
    UnreadableError,
    Word,
    read_script,
)

COMMANDS = 2_000
"""How many commands a line may come to."""

SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "rbash"})

_HIDDEN = "\ue000\ue001\ue002"  # braces and commas that were quoted
_MASK = str.maketrans("{},", _HIDDEN)
_UNMASK = str.maketrans(_HIDDEN, "{},")
_ALTERNATIVES = re.compile(r"\{([^{}\s]*,[^{}\s]*)\}")
_BRACES = 256
_VALUE = 8_192
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>\\]+")
_SECURE_COPY = re.compile(r"(?:[\w.-]+@)([A-Za-z0-9.-]+\.[A-Za-z]{2,}):(?!//)(\S*)\Z")
_HOST = re.compile(r"(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+(?::\d+)?(?:/.*)?\Z")
_FETCHING = frozenset({"curl", "wget", "http", "https", "xh", "aria2c"})
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")


class _Wrapper(NamedTuple):
    """A program that starts another one."""

    valued: frozenset[str] = frozenset()
    """Its options that take a word of their own."""
    operands: int = 0
    """How many words stand before the other program."""


def _wrapper(valued: str = "", operands: int = 0) -> _Wrapper:
    return _Wrapper(frozenset(valued.split()), operands)


_WRAPPERS: Mapping[str, _Wrapper] = {
    "sudo": _wrapper("-u -g -h -p -C -T -r -t -D -R -U --user --group --host --prompt --chdir --chroot --role --type"),
    "doas": _wrapper("-u -C"),
    "pkexec": _wrapper("--user"),
    "runuser": _wrapper("-u -g -G --user --group"),
    "env": _wrapper("-u -C --unset --chdir"),
    "nice": _wrapper("-n --adjustment"),
    "ionice": _wrapper("-c -n --class --classdata"),
    "chrt": _wrapper("-T -P -D", 1),
    "taskset": _wrapper("", 1),
    "timeout": _wrapper("-k -s --kill-after --signal", 1),
    "gtimeout": _wrapper("-k -s --kill-after --signal", 1),
    "stdbuf": _wrapper("-i -o -e --input --output --error"),
    "time": _wrapper("-f -o --format --output"),
    "exec": _wrapper("-a"),
    "xargs": _wrapper("-I -n -P -L -d -E -s -a --max-args --max-procs --replace --delimiter --arg-file --max-lines"),
    "parallel": _wrapper("-j -n -I --jobs"),
    "strace": _wrapper("-e -o -p -s -u -E -P"),
    "ltrace": _wrapper("-e -o -p -s -u"),
    "flock": _wrapper("-w -E --timeout", 1),
    "chroot": _wrapper("", 1),
    "unshare": _wrapper("-S -G -R -w --root --wd --setuid --setgid"),
    "nsenter": _wrapper("-t -S -G --target --setuid --setgid"),
    "setpriv": _wrapper(),
    "watch": _wrapper("-n --interval"),
    "systemd-run": _wrapper("-p -u --unit --property --uid --gid"),
    "prlimit": _wrapper("-p"),
    "xvfb-run": _wrapper("-n -s --server-num --server-args"),
    **dict.fromkeys(
        ("nohup", "setsid", "command", "builtin", "busybox", "toybox", "fakeroot", "unbuffer", "chronic", "caffeinate"),
        _Wrapper(),
    ),
    **dict.fromkeys(("dbus-run-session", "catchsegv", "proot", "noglob", "nocorrect", "-"), _Wrapper()),
}
_BARE = frozenset({"command", "exec", "builtin", "nohup"})  # they do nothing themselves when nothing follows
_VALUED_OF_SHELLS = frozenset({"-O", "+O", "--rcfile", "--init-file"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One program that would be started."""

    words: tuple[str, ...]
    """The program first. An unknown variable stands in them as `$NAME`, an unknown output as `$()`."""
    cwd: str
    """Where it runs, as far as the line tells."""
    feeders: frozenset[str] = frozenset()
    """Names of the programs whose output it gets."""
    assigned: tuple[str, ...] = ()
    """Names of the variables that are set for it."""
    bare: str = ""
    """The program's word with what is not known left out: `r$()m` is `rm`."""

    program: str = ""
    """The program's name without the directories before it."""

    @property
    def text(self) -> str:
        """The words with single spaces between them."""
        return " ".join(self.words)


@dataclass(frozen=True, kw_only=True, slots=True)
class Understood:
    """All that a line would do, as far as it can be seen."""

    commands: tuple[Command, ...] = ()
    writes: tuple[str, ...] = ()
    """Paths that redirections write, absolute; `~` stands for the home."""
    reads: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    """Addresses in the words."""
    hosts: tuple[str, ...] = ()
    """Words that may well be addresses, though they don't say so: `curl example.com/x`."""
    unreadable: str = ""
    """Why it can't be followed; empty where it can."""


def understood_line(line: str, *, cwd: str) -> Understood:
    """What a line for a shell would start."""
    reading = _Reading()
    try:
        reading.run(read_script(line, 0), _State(cwd=cwd), 0)
    except UnreadableError as error:
        return reading.done(str(error))
    except RecursionError:
        return reading.done("scripts are nested too deep")
    return reading.done("")


def understood_words(argv: Sequence[str], *, cwd: str) -> Understood:
    """What a program called with these words would start."""
    reading = _Reading()
    try:
        fields = [_Field(each, each) for each in argv]
        reading.start(fields, _State(cwd=cwd), frozenset(), (), "", 0)
    except UnreadableError as error:
        return reading.done(str(error))
    return reading.done("")


def base_name(program: str) -> str:
    """`/usr/bin/sudo` and `sudo.exe` are `sudo`."""
    name = program.replace("\\", "/").rpartition("/")[2] if "\\" in program or "/" in program else program
    return name[:-4] if name[-4:].lower() == ".exe" else name


class _Field(NamedTuple):
    """A word after its expansion."""

    text: str
    bare: str
    """Without what is not known."""


class _State:
    """What a shell remembers from one command to the next."""

    __slots__ = ("cwd", "exported", "origins", "values")

    def __init__(
        self,
        *,
        cwd: str,
        values: Mapping[str, str] | None = None,
        origins: Mapping[str, frozenset[str]] | None = None,
        exported: Sequence[str] = (),
    ) -> None:
        self.cwd = cwd
        self.values = dict(values or {})
        """Variable -> value, where the line sets it."""
        self.origins = dict(origins or {})
        """Variable -> programs whose output it holds."""
        self.exported = tuple(exported)
        """Variables that every program gets from then on."""

    def apart(self) -> _State:
        """The same for a shell inside, which can't change this one."""
        return self.moved(self.cwd)

    def moved(self, cwd: str) -> _State:
        """The same in another directory."""
        return _State(cwd=cwd, values=self.values, origins=self.origins, exported=self.exported)


class _Reading:
    """Follows scripts and gathers what they do."""

    def __init__(self) -> None:
        self._commands: list[Command] = []
        self._writes: list[str] = []
        self._reads: list[str] = []
        self._urls: list[str] = []
        self._hosts: list[str] = []

    def done(self, unreadable: str) -> Understood:
        """What was gathered."""
        return Understood(
            commands=tuple(self._commands),
            writes=tuple(dict.fromkeys(self._writes)),
            reads=tuple(dict.fromkeys(self._reads)),
            urls=tuple(dict.fromkeys(self._urls)),
            hosts=tuple(dict.fromkeys(self._hosts)),
            unreadable=unreadable,
        )

    # Scripts

    def run(self, script: Iterable[Pipeline], state: _State, depth: int, fed: frozenset[str] = frozenset()) -> None:
        """Follow a script; `fed` are the programs that write into its standard input."""
        if depth > DEPTH:
            raise UnreadableError("scripts are nested too deep")
        for pipeline in script:
            self._pipeline(pipeline, state, depth, fed)

    def _pipeline(self, pipeline: Pipeline, state: _State, depth: int, fed: frozenset[str]) -> None:
        several = len(pipeline.stages) > 1
        said = ""
        for stage in pipeline.stages:
            inner = state.apart() if several else state
            begun = len(self._commands)
            if isinstance(stage, Group):
                self.run(stage.script, inner.apart() if stage.apart else inner, depth + 1, fed)
                self._redirected(stage.redirections, inner, depth)
                said = ""
            else:
                said = self._simple(stage, inner, depth, fed, said)
            fed |= {each.program for each in self._commands[begun:]}

    def _simple(self, simple: Simple, state: _State, depth: int, fed: frozenset[str], said: str) -> str:
        """Follow one command; what it would print, where that can be told."""
        origins: set[str] = set()
        fields = [field for word in simple.words for field in self._fields(word, state, depth, origins)]
        given, from_files = self._redirected(simple.redirections, state, depth)
        assigned = []
        for name, word in simple.assignments:
            own: set[str] = set()
            values = self._fields(word, state, depth, own, splits=False)
            assigned.append(name)
            value = values[0].text if values else ""
            if not simple.words:
                state.origins[name] = frozenset(own)
                if values and (values[0].text != values[0].bare or len(value) > _VALUE):
                    state.values.pop(name, None)
                else:
                    state.values[name] = value
        if not fields:
            return ""
        feeders = fed | origins | from_files
        self.start(fields, state, feeders, tuple(assigned), given if given is not None else said, depth)
        return _printed(fields)

    def _redirected(
        self, redirections: Iterable[Redirection], state: _State, depth: int
    ) -> tuple[str | None, frozenset[str]]:
        """The text that standard input gets, where that is told; and the programs that it comes from."""
        given: str | None = None
        origins: set[str] = set()
        for each in redirections:
            own: set[str] = set()
            fields = self._fields(each.target, state, depth, own, splits=False)
            target = fields[0].text if fields else ""
            if each.operator == "<<<":
                given = target
                origins |= own
            elif each.operator.startswith("<") and each.operator != "<>":
                origins |= own
                if each.operator == "<" and not own:
                    self._reads.append(_path(target, state.cwd))
            elif not re.fullmatch(r"[0-9]*-?", target) and not own:
                self._writes.append(_path(target, state.cwd))
        return given, frozenset(origins)

    # Words

    def _fields(self, word: Word, state: _State, depth: int, origins: set[str], *, splits: bool = True) -> list[_Field]:
        """The words that one word becomes; programs whose output is in it are added to `origins`."""
        if len(word) == 1 and word[0].kind == "text" and "{" not in word[0].text:
            return [_Field(word[0].text, word[0].text)]
        texts, bares, quoted = [""], [""], False
        for part in word:
            quoted = quoted or part.quoted
            text, bare, separates = self._part(part, state, depth, origins)
            if not separates or not splits:
                texts[-1] += text
                bares[-1] += bare
                continue
            for number, piece in enumerate(re.split(r"\s+", text)):
                if number:
                    texts.append("")
                    bares.append("")
                texts[-1] += piece
                bares[-1] += piece if text == bare else ""
        fields = [
            _Field(text.translate(_UNMASK), bare.translate(_UNMASK))
            for one, other in zip(texts, bares, strict=True)
            for text, bare in zip(*_alternatives(one, other), strict=False)
        ]
        return fields if quoted else [each for each in fields if each.text]

    def _part(self, part: Part, state: _State, depth: int, origins: set[str]) -> tuple[str, str, bool]:
        """The text of a part, the same without what is not known, and whether white space in it separates words."""
        match part.kind:
            case "text":
                text = part.text.translate(_MASK) if part.quoted else part.text
                return text, text, False
            case "variable":
                return self._variable(part, state, depth, origins)
            case "unknown":
                for each in part.default:
                    self._part(each, state, depth, origins)
                return part.text or "$", part.text, False
            case _:
                begun = len(self._commands)
                self.run(part.script, state.apart(), depth + 1)
                programs = {each.program for each in self._commands[begun:]}
                printed = self._output(part, state)
                if printed is not None and part.kind == "script":
                    return printed.translate(_MASK), printed.translate(_MASK), not part.quoted
                origins |= programs
                return ("$()", "", False) if part.kind == "script" else ("/dev/fd/63", "/dev/fd/63", False)

    def _variable(self, part: Part, state: _State, depth: int, origins: set[str]) -> tuple[str, str, bool]:
        name = part.text
        origins |= state.origins.get(name, frozenset())
        if name == "IFS" and name not in state.values:
            return " ", " ", not part.quoted
        if name == "HOME" and name not in state.values:
            return "~", "~", False
        if name == "PWD":
            return state.cwd, state.cwd, False
        if name in state.values:
            value = state.values[name].translate(_MASK)
            return value, value, not part.quoted
        if part.default:
            found = "".join(self._part(each, state, depth, origins)[0] for each in part.default)
            return found, found, not part.quoted
        return (f"${name}" if name else "$"), "", False

    def _output(self, part: Part, state: _State) -> str | None:
        """What a script inside prints, if it only says something."""
        if len(part.script) != 1 or len(part.script[0].stages) != 1:
            return None
        stage = part.script[0].stages[0]
        if not isinstance(stage, Simple) or stage.redirections:
            return None
        fields = [each for word in stage.words for each in _Reading()._fields(word, state, DEPTH - 1, set())]
        if not fields or any(each.text != each.bare for each in fields):
            return None
        return _printed(fields) if fields[0].text in ("echo", "printf") else None

    # Programs

    def start(
        self,
        fields: Sequence[_Field],
        state: _State,
        feeders: frozenset[str],
        assigned: tuple[str, ...],
        said: str,
        depth: int,
    ) -> None:
        """A program is started with these words, and with it whatever it starts by itself."""
        if depth > DEPTH or len(self._commands) >= COMMANDS:
            raise UnreadableError("it starts more than can be followed")
        words = tuple(each.text for each in fields)
        given = (*state.exported, *assigned)
        name, bare = base_name(fields[0].bare), fields[0].bare
        command = Command(words=words, cwd=state.cwd, feeders=feeders, assigned=given, bare=bare, program=name)
        if name != "-" and not (name in _BARE and len(words) == 1):
            self._commands.append(command)
            self._addresses(command)
        if name in ("cd", "pushd"):
            _change_directory(words, state)
        elif name in ("export", "declare", "typeset"):
            state.exported = (*state.exported, *(each.partition("=")[0] for each in words[1:]))
        scripts = [*_inside(name, words), *([said] if name in SHELLS and _reads_input(words) else [])]
        for script in scripts:
            self.run(read_script(script, depth + 1), state.apart(), depth + 1, feeders)
        if name in _WRAPPERS:
            rest, more, place = _behind(name, fields, state.cwd)
            if rest:
                self.start(rest, state.moved(place), feeders, (*assigned, *more), said, depth + 1)
        for started in _of_find(fields) if name == "find" else ():
            self.start(started, state, feeders, (), "", depth + 1)

    def _addresses(self, command: Command) -> None:
        for word in command.words:
            if "://" in word:
                self._urls += _URL.findall(word)
            elif "@" in word and (match := _SECURE_COPY.match(word)):
                self._urls.append(f"ssh://{match[1]}/{match[2]}")
            elif command.program in _FETCHING and _HOST.match(word):
                self._hosts.append(f"https://{word}")


def _alternatives(text: str, bare: str) -> tuple[list[str], list[str]]:
    """A word with braces as the words that it stands for, both ways of reading it."""
    if "{" not in text:
        return [text], [bare]
    return _unbraced(text), _unbraced(bare)


def _unbraced(text: str) -> list[str]:
    waiting, found = [text], []
    while waiting:
        each = waiting.pop(0)
        match = _ALTERNATIVES.search(each)
        if match is None:
            found.append(each)
        else:
            waiting[:0] = [each[: match.start()] + part + each[match.end() :] for part in match[1].split(",")]
        if len(waiting) + len(found) > _BRACES:
            raise UnreadableError("its braces stand for too many words")
    return found


def _printed(fields: Sequence[_Field]) -> str:
    """What `echo` or `printf` would print."""
    if fields[0].text not in ("echo", "printf"):
        return ""
    words = [each.text for each in fields[1:]]
    while words and re.fullmatch(r"-[neE]+|--|-v", words[0]):
        words = words[1:]
    text = " ".join(words)
    return text.replace("\\n", "\n").replace("\\t", "\t") if "\\" in text else text


def _path(text: str, cwd: str) -> str:
    return text if text == "~" or text.startswith("~/") else normal_path(text, base=cwd)


def _change_directory(words: Sequence[str], state: _State) -> None:
    target = next((each for each in words[1:] if not each.startswith("-")), "~")
    if "$" not in target:
        state.cwd = _path(target, state.cwd)


def _inside(name: str, words: Sequence[str]) -> Iterator[str]:
    """The scripts that stand in the words of a command."""
    if name in SHELLS or name in ("su", "runuser", "script"):
        text = _script_option(words, exactly=name not in SHELLS)
        if text is not None:
            yield text
    elif name == "eval" or (name in ("watch", "parallel") and len(words) > 1 and " " in words[-1]):
        yield " ".join(words[1:] if name == "eval" else words[-1:])
    elif name == "trap" and len(words) > 2:
        yield next((each for each in words[1:] if not each.startswith("-")), "")
    elif name == "alias":
        yield from (each.partition("=")[2] for each in words[1:] if "=" in each)
    elif name == "env":
        for number, word in enumerate(words):
            if word in ("-S", "--split-string"):
                yield " ".join(words[number + 1 :])
            elif word.startswith(("-S", "--split-string=")):
                given = word.removeprefix("-S") if word.startswith("-S") else word.partition("=")[2]
                yield " ".join([given, *words[number + 1 :]])


def _script_option(words: Sequence[str], *, exactly: bool) -> str | None:
    """What stands behind `-c`, also where that is one of several letters."""
    waiting = iter(words[1:])
    wanted = False
    for word in waiting:
        if not exactly and (word in _VALUED_OF_SHELLS or re.fullmatch(r"[-+][A-Za-z]*o[A-Za-z]*", word)):
            wanted = wanted or "c" in word[1:]
            next(waiting, None)
        elif word in ("--command", "-c") or (
            not exactly and word.startswith("-") and not word.startswith("--") and "c" in word
        ):
            wanted = True
        elif word.startswith("--command="):
            return word.partition("=")[2]
        elif wanted and not word.startswith("-"):
            return word
        elif not word.startswith(("-", "+")) and not exactly:
            return None
    return None


def _reads_input(words: Sequence[str]) -> bool:
    """Does a shell called so read its script from standard input?"""
    if "-s" in words[1:]:
        return True
    return all(each.startswith(("-", "+")) and "c" not in each for each in words[1:] if each != "/dev/stdin")


def _behind(name: str, fields: Sequence[_Field], cwd: str) -> tuple[Sequence[_Field], list[str], str]:
    """The words of the program that a wrapper starts, the variables that it sets, and where."""
    wrapper = _WRAPPERS[name]
    rest, assigned, operands = list(fields[1:]), [], wrapper.operands
    if name == "command" and rest and rest[0].text in ("-v", "-V"):
        return [], [], cwd
    while rest:
        word = rest[0].text
        if name == "env" and word.startswith(("-S", "--split-string")):
            return [], [], cwd  # a script of its own
        if word.startswith("-") and len(word) > 1:
            cwd = _moved(name, [each.text for each in rest[:2]], cwd)
            del rest[: 2 if word in wrapper.valued else 1]
        elif (match := _ASSIGNMENT.match(word)) is not None:
            assigned.append(match[1])
            rest.pop(0)
        elif operands:
            operands -= 1
            rest.pop(0)
        else:
            break
    return rest, assigned, cwd


def _moved(name: str, words: Sequence[str], cwd: str) -> str:
    """Where a program is started by `env` or `sudo`."""
    if name not in ("env", "sudo"):
        return cwd
    if words[0].startswith("--chdir="):
        return _path(words[0].partition("=")[2], cwd)
    is_directory = words[0] in ("--chdir", "-C" if name == "env" else "-D")
    return _path(words[1], cwd) if is_directory and len(words) > 1 else cwd


def _of_find(fields: Sequence[_Field]) -> Iterator[Sequence[_Field]]:
    """The commands behind `-exec` and its like."""
    begun = -1
    for number, each in enumerate(fields):
        if each.text in ("-exec", "-execdir", "-ok", "-okdir"):
            begun = number + 1
        elif begun >= 0 and each.text in (";", "+"):
            if number > begun:
                yield fields[begun:number]
            begun = -1
    if 0 <= begun < len(fields):
        yield fields[begun:]

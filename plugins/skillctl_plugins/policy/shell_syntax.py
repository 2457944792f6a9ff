"""A line for a POSIX-like shell as a tree: which words stand where, and which scripts stand inside them.

It reads what sh, bash and zsh have in common and what of bash is used to hide a command in. A line that can't be read
so (a quote that nobody closes, nesting without end) is refused, since a shell would refuse it or do what nobody saw.
The tree says nothing of what a command means: `shell_commands` does.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LENGTH = 65_536
"""Characters of a line."""
DEPTH = 24
"""Scripts inside scripts."""


class UnreadableError(ValueError):
    """The line is no script that can be followed, with the reason in words."""


class Part(NamedTuple):
    """A piece of a word."""

    kind: str
    """`text`, `variable`, `script` (its output is put in), `process` (a file that it writes or reads), `unknown`."""
    text: str = ""
    """The text itself, or the variable's name."""
    quoted: bool = False
    script: tuple[Pipeline, ...] = ()
    default: tuple[Part, ...] = ()
    """What stands there if the variable has no value; of what is unknown, the parts that go into it."""


Word = tuple[Part, ...]


class Redirection(NamedTuple):
    """`> file`, `<< END`."""

    operator: str
    target: Word


class Simple(NamedTuple):
    """A program with its arguments, or assignments alone."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...]


class Group(NamedTuple):
    """A script in brackets, of a loop or of a function; what is redirected counts for all of it."""

    script: tuple[Pipeline, ...]
    redirections: tuple[Redirection, ...]
    apart: bool
    """Is it a shell of its own, whose directory and variables are forgotten?"""


class Pipeline(NamedTuple):
    """Commands of which each feeds the next."""

    stages: tuple[Simple | Group, ...]


_SPACE = re.compile(r"(?:[ \t\r]|\\\r?\n)*")
_PLAIN = re.compile(r"[^\s'\"\\$`|&;()<>\x00]+")
_IN_DOUBLE = re.compile(r"[^\"\\$`]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]|[@*#?$!-]")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[[^\]]*\])?\+?=")
_REDIRECTION = re.compile(r"(?:[0-9]+|\{[A-Za-z_]\w*\})?(<<<|<<-|<<|<>|<&|>>|>\||>&|&>>|&>|<(?!\()|>(?!\())")
_OPERATOR = re.compile(r"&&|\|\||;;&|;;|;&|\|&|[|&;\n]")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|(.))", re.DOTALL)
_ANSI = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}
_PASSED_OVER = frozenset({"if", "then", "elif", "else", "while", "until", "do", "!", "time", "coproc"})
_CLOSING = frozenset({"fi", "done", "esac", "}"})


def script_of(line: str) -> tuple[Pipeline, ...]:
    """The line as a tree. UnreadableError if it can't be followed."""
    return read_script(line, 0)


def read_script(line: str, depth: int) -> tuple[Pipeline, ...]:
    """The same, of a script that was found inside others."""
    if len(line) > LENGTH:
        raise UnreadableError(f"it has more than {LENGTH:,} characters")
    if "\0" in line:
        raise UnreadableError("it holds a NUL")
    reader = _Reader(line, depth)
    script = reader.script("")
    if reader.at < len(reader.text):
        raise UnreadableError(f"`{reader.text[reader.at]}` has no partner")
    return script


class _Reader:
    def __init__(self, text: str, depth: int) -> None:
        if depth > DEPTH:
            raise UnreadableError("scripts are nested too deep")
        self.text = text
        self.at = 0
        self._depth = depth

    # Commands

    def script(self, end: str) -> tuple[Pipeline, ...]:
        """Commands up to the closing sign, which is taken; or to the end of the text."""
        found: list[Pipeline] = []
        stages: list[Simple | Group] = []
        while True:
            self._skip()
            if self.at >= len(self.text):
                if end:
                    raise UnreadableError(f"`{end}` is missing")
                break
            if end and self.text.startswith(end, self.at):
                self.at += len(end)
                break
            operator = _OPERATOR.match(self.text, self.at)
            if operator is not None and not self.text.startswith("&>", self.at):
                self.at = operator.end()
                if operator[0] not in ("|", "|&"):
                    self._ended(found, stages)
                continue
            if self.text[self.at] == ")":
                break
            if (stage := self._stage()) is not None:
                stages.append(stage)
        self._ended(found, stages)
        return tuple(found)

    def _ended(self, found: list[Pipeline], stages: list[Simple | Group]) -> None:
        if stages:
            found.append(Pipeline(tuple(stages)))
            stages.clear()

    def _stage(self) -> Simple | Group | None:
        text = self.text
        if text.startswith("((", self.at):
            return Simple((("_", (self._arithmetic(2, quoted=False),)),), (), ())
        if text[self.at] == "(":
            self.at += 1
            return Group(self._inner(")"), self._redirections(), True)
        keyword = self._bare_word()
        if keyword in _PASSED_OVER:
            self.at += len(keyword)
            return None
        if keyword in _CLOSING:
            self.at += len(keyword)
            return Group((), found, False) if (found := self._redirections()) else None
        match keyword:
            case "{":
                self.at += 1
                return None
            case "[[":
                return self._condition()
            case "case":
                self.at += 4
                return self._case()
            case "function":
                self.at += 8
                self._skip()
                self._word()
                self._skip_brackets()
                return None
        return self._simple()

    def _inner(self, end: str) -> tuple[Pipeline, ...]:
        """A script inside, read by the same reader, so that here-documents stay in order."""
        self._depth += 1
        if self._depth > DEPTH:
            raise UnreadableError("scripts are nested too deep")
        found = self.script(end)
        self._depth -= 1
        return found

    def _simple(self) -> Simple | None:
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirections: list[Redirection] = []
        begun = self.at
        while self._goes_on():
            if (redirection := self._redirection()) is not None:
                redirections.append(redirection)
                continue
            match = None if words else _ASSIGNMENT.match(self.text, self.at)
            if match is not None:
                self.at = match.end()
                assignments.append((match[1], self._assigned()))
                continue
            words.append(self._word())
            if len(words) == 1 and not assignments and self._skip_brackets():
                return None  # a function; its body is read like any script
        if self.at == begun:
            raise UnreadableError(f"`{self.text[self.at]}` stands where a command begins")
        return Simple(tuple(assignments), tuple(words), tuple(redirections))

    def _assigned(self) -> Word:
        if self.text.startswith("(", self.at):
            self.at += 1
            words: list[Part] = []
            while not self.text.startswith(")", self.at):
                self._skip()
                if self.at >= len(self.text):
                    raise UnreadableError("`)` is missing")
                if self.text[self.at] == "\n":
                    self.at += 1
                elif self.text[self.at] != ")":
                    words += [*self._word(), Part("text", " ")]
            self.at += 1
            return tuple(words)
        return self._word() if self.at < len(self.text) and not self._ends_word() else ()

    def _case(self) -> Group:
        self._skip()
        self._word()
        self._skip_lines()
        if self._bare_word() != "in":
            raise UnreadableError("`in` is missing behind `case`")
        self.at += 2
        script: list[Pipeline] = []
        while True:
            self._skip_lines()
            if self._bare_word() == "esac":
                self.at += 4
                return Group(tuple(script), self._redirections(), False)
            while self.at < len(self.text) and self.text[self.at] != ")":  # the patterns
                self.at += 1
            if self.at >= len(self.text):
                raise UnreadableError("`esac` is missing")
            self.at += 1
            script += self._branch()

    def _branch(self) -> list[Pipeline]:
        """What one pattern of a `case` leads to."""
        found: list[Pipeline] = []
        stages: list[Simple | Group] = []
        while True:
            self._skip()
            if self.at >= len(self.text):
                raise UnreadableError("`esac` is missing")
            if self._bare_word() == "esac":
                break
            operator = _OPERATOR.match(self.text, self.at)
            if operator is None:
                if self.text[self.at] == ")":
                    raise UnreadableError("`)` has no partner")
                if (stage := self._stage()) is not None:
                    stages.append(stage)
                continue
            self.at = operator.end()
            if operator[0] not in ("|", "|&"):
                self._ended(found, stages)
            if operator[0] in (";;", ";&", ";;&"):
                break
        self._ended(found, stages)
        return found

    def _condition(self) -> Simple:
        """`[[ … ]]`: words, whatever stands between them."""
        words: list[Word] = []
        while True:
            self._skip()
            if self.at >= len(self.text):
                raise UnreadableError("`]]` is missing")
            if self._ends_word() and not self.text.startswith(("<(", ">("), self.at):
                self.at += 1
                continue
            words.append(self._word())
            if words[-1] == (Part("text", "]]"),):
                return Simple((), tuple(words), ())

    def _goes_on(self) -> bool:
        self._skip()
        if self.at >= len(self.text):
            return False
        if self.text[self.at] in "()":
            return False
        if self.text.startswith(("&>", "<", ">"), self.at):
            return True
        return _OPERATOR.match(self.text, self.at) is None

    def _redirections(self) -> tuple[Redirection, ...]:
        found: list[Redirection] = []
        while True:
            self._skip()
            redirection = self._redirection()
            if redirection is None:
                return tuple(found)
            found.append(redirection)

    def _redirection(self) -> Redirection | None:
        match = _REDIRECTION.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        self._skip()
        if self.at >= len(self.text) or (self._ends_word() and not self.text.startswith(("<(", ">("), self.at)):
            raise UnreadableError(f"nothing stands behind `{match[1]}`")
        if match[1] not in ("<<", "<<-"):
            return Redirection(match[1], self._word())
        word = self._word()
        quoted = any(part.quoted for part in word)
        body = _Body(self, "".join(part.text for part in word), quoted, match[1] == "<<-")
        return Redirection("<<<", (body.part(),))

    # Space

    def _skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        if self.text.startswith("#", self.at) and (self.at == 0 or self.text[self.at - 1] in " \t\r\n;&|("):
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end

    def _skip_lines(self) -> None:
        self._skip()
        while self.text.startswith("\n", self.at):
            self.at += 1
            self._skip()

    def _skip_brackets(self) -> bool:
        """`()` behind a name; whether it was there."""
        match = re.compile(r"[ \t]*\([ \t]*\)").match(self.text, self.at)
        if match is None:
            return False
        self.at = match.end()
        return True

    def _arithmetic(self, opening: int, *, quoted: bool) -> Part:
        """A sum, whose value nobody here works out; scripts may stand in it."""
        begun = self.at + opening
        depth, self.at = opening, begun
        while depth:
            if self.at >= len(self.text):
                raise UnreadableError("`))` is missing")
            depth += {"(": 1, ")": -1}.get(self.text[self.at], 0)
            self.at += 1
        return self.unknown(self.text[begun : self.at - opening], quoted=quoted)

    def unknown(self, text: str, *, quoted: bool) -> Part:
        """A text that becomes something else, with the scripts that stand in it."""
        if "$" not in text and "`" not in text:
            return Part("unknown", "", quoted)
        inner = _Reader(text.replace('"', '\\"') + '"', self._depth + 1)
        return Part("unknown", "", quoted, default=tuple(inner._double()))

    def _bare_word(self) -> str:
        match = _PLAIN.match(self.text, self.at)
        if match is None:
            return ""
        rest = self.text[match.end() : match.end() + 1]
        return "" if rest in ("'", '"', "\\", "$", "`") and rest else match[0]

    def _ends_word(self) -> bool:
        return self.text[self.at] in " \t\r\n|&;()<>"

    # Words

    def _word(self) -> Word:
        parts: list[Part] = []
        while self.at < len(self.text):  # a here-document inside takes its lines out of the text
            sign = self.text[self.at]
            if sign in "<>" and self.text.startswith("(", self.at + 1):
                self.at += 2
                parts.append(Part("process", script=self._inner(")")))
            elif self._ends_word():
                break
            elif sign == "\\" and self.text[self.at + 1 : self.at + 2] == "\n":
                self.at += 2
            else:
                parts += self._piece(sign)
        return tuple(parts)

    def _piece(self, sign: str) -> list[Part]:
        text = self.text
        match sign:
            case "'":
                end = text.find("'", self.at + 1)
                if end < 0:
                    raise UnreadableError("a quote is never closed")
                inside, self.at = text[self.at + 1 : end], end + 1
                return [Part("text", inside, True)]
            case '"':
                self.at += 1
                return self._double()
            case "\\":
                self.at += 2
                return [Part("text", text[self.at - 1 : self.at], True)]
            case "`":
                return [self._backquoted(quoted=False)]
            case "$":
                return self._dollar(quoted=False)
            case _:
                match = _PLAIN.match(text, self.at)
                if match is None:
                    raise UnreadableError(f"`{sign}` can't be read")
                self.at = match.end()
                return [Part("text", match[0])]

    def _double(self) -> list[Part]:
        parts = [Part("text", "", True)]
        while True:
            text = self.text
            if self.at >= len(text):
                raise UnreadableError("a quote is never closed")
            sign = text[self.at]
            if sign == '"':
                self.at += 1
                return parts
            if sign == "\\":
                following = text[self.at + 1 : self.at + 2]
                self.at += 2
                if following != "\n":
                    parts.append(Part("text", following if following in '"\\$`' else f"\\{following}", True))
            elif sign == "`":
                parts.append(self._backquoted(quoted=True))
            elif sign == "$":
                parts += self._dollar(quoted=True)
            else:
                match = _IN_DOUBLE.match(text, self.at)
                if match is None:
                    raise UnreadableError("a quote is never closed")
                parts.append(Part("text", match[0], True))
                self.at = match.end()

    def _backquoted(self, *, quoted: bool) -> Part:
        inside, at, text = [], self.at + 1, self.text
        while at < len(text) and text[at] != "`":
            if text[at] == "\\" and text[at + 1 : at + 2] in ("`", "\\", "$"):
                at += 1
            inside.append(text[at : at + 1])
            at += 1
        if at >= len(text):
            raise UnreadableError("a back quote is never closed")
        self.at = at + 1
        return Part("script", "", quoted, read_script("".join(inside), self._depth + 1))

    def _dollar(self, *, quoted: bool) -> list[Part]:
        text, at = self.text, self.at
        following = text[at + 1 : at + 2]
        if following == "(":
            if following == "(" and text.startswith("((", at + 1):
                begun = self.at
                self.at += 1
                found = self._arithmetic(2, quoted=quoted)
                if text[self.at - 2 : self.at] == "))":
                    return [found]
                self.at = begun  # `$((cd x; ls) | wc)`: a script that begins with a bracket
            self.at = at + 2
            return [Part("script", "", quoted, self._inner(")"))]
        if following == "{":
            return [self._braced(quoted=quoted)]
        if following == "'" and not quoted:
            return [self._ansi()]
        if following == '"' and not quoted:
            self.at += 2
            return self._double()
        match = _NAME.match(text, at + 1)
        if match is None:
            self.at += 1
            return [Part("text", "$", quoted)]
        self.at = match.end()
        return [Part("variable", match[0], quoted)]

    def _braced(self, *, quoted: bool) -> Part:
        """`${name}`, `${name:-word}` and what else bash has of this; the word may hold scripts."""
        inside, at, depth, text = self.at + 2, self.at + 2, 1, self.text
        while at < len(text):
            if text[at] == "\\":
                at += 1
            elif text[at] == "{":
                depth += 1
            elif text[at] == "}":
                depth -= 1
                if not depth:
                    break
            at += 1
        if depth:
            raise UnreadableError("`}` is missing")
        self.at = at + 1
        content = text[inside:at]
        match = re.match(r"[!#]?([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])?(:?[-=+?])?", content)
        name, operator = (match[1] or "", match[2] or "") if match else ("", "")
        rest = content[match.end() if match else 0 :]
        if rest and not operator:
            return self.unknown(rest, quoted=quoted)
        inner = _Reader(rest, self._depth + 1)
        default: list[Part] = []
        while inner.at < len(rest):
            default += inner._word()
            if inner.at < len(rest):
                default.append(Part("text", rest[inner.at]))
                inner.at += 1
        return Part("variable", name, quoted, default=tuple(default))

    def _ansi(self) -> Part:
        """`$'…'`, in which any character can be written in ASCII."""
        at, text = self.at + 2, self.text
        while at < len(text) and text[at] != "'":
            at += 2 if text[at] == "\\" else 1
        if at >= len(text):
            raise UnreadableError("a quote is never closed")
        inside, self.at = text[self.at + 2 : at], at + 1
        return Part("text", _ESCAPE.sub(_unescaped, inside), True)


class _Body:
    """A here-document: the lines below the one that names it."""

    def __init__(self, reader: _Reader, end: str, quoted: bool, indented: bool) -> None:
        self._reader = reader
        self._end = end
        self._quoted = quoted
        self._indented = indented

    def part(self) -> Part:
        """Its text as a quoted word, taken out of the script."""
        reader = self._reader
        begun = reader.text.find("\n", reader.at)
        if begun < 0:
            return Part("text", "", True)
        lines = reader.text[begun + 1 :].split("\n")
        taken: list[str] = []
        for number, line in enumerate(lines):
            kept = line.lstrip("\t") if self._indented else line
            if kept.rstrip("\r") == self._end:
                rest = "\n".join(lines[number + 1 :])
                reader.text = reader.text[: begun + 1] + rest
                break
            taken.append(kept)
        else:
            reader.text = reader.text[: begun + 1]
        text = "\n".join(taken)
        if not self._quoted and ("$(" in text or "`" in text):
            return Part("unknown", text, True, default=reader.unknown(text, quoted=True).default)
        return Part("text", text, True)


def _unescaped(match: re.Match[str]) -> str:
    wide = match[1] or match[2] or match[3]
    if wide:
        number = int(wide, 16)
        return chr(number) if number < 0x110000 else ""
    if match[4]:
        return chr(int(match[4], 8) & 0xFF)
    return _ANSI.get(match[5], match[5])

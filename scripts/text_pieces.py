"""Extracts names and human-readable text from files: definitions, docstrings, comments, log messages."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

KINDS = ("name", "docstring", "comment", "log", "text", "value", "document")
CODE_PROSE = ("docstring", "comment", "log", "text")
PROSE = (*CODE_PROSE, "document")
_LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical", "note"}
_PRINTING = {"print", "echo", "status", "add_row", "Option", "Argument", "Table", "add_argument"}
_TEXT_KEYWORDS = {"help", "description", "title", "epilog"}
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_LINT_COMMENT = re.compile(r"\b(noqa|type: ignore|pragma|fmt:)[^-]*(- )?")
_PROTO_NAME = re.compile(
    r"^\s*(?:(?:message|enum|rpc|oneof)\s+(\w+)|(?:(?:repeated|optional)\s+)?[\w.<>, ]*?(\w+)\s*=\s*\d+)"
)
_YAML_KEY = re.compile(r"^\s*(?:- )?([A-Za-z_]\w*):(?:\s|$)")
_INLINE_CODE = re.compile(r"`[^`]*`")


@dataclass(frozen=True)
class Piece:
    """A name or a line of text within a file."""

    line: int
    kind: str
    text: str
    starts: bool = True
    """Whether a docstring or a block of comments starts here."""


def split_words(name: str) -> str:
    """The words of a snake_case or CamelCase name in lower case, separated by spaces."""
    return " ".join(word.lower() for word in _WORD.findall(name))


def python_pieces(source: str) -> Iterator[Piece]:
    """Definitions, docstrings, comments and strings of a Python module."""
    previous = -1
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            text = _LINT_COMMENT.sub("", token.string.lstrip("#!: "))
            yield Piece(token.start[0], "comment", text, starts=token.start[0] != previous + 1)
            previous = token.start[0]
    for node in ast.walk(ast.parse(source)):
        yield from _names(node)
        yield from _docstrings(node)
        yield from _strings(node)


def _names(node: ast.AST) -> Iterator[Piece]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield Piece(node.lineno, "name", name)
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            yield Piece(node.lineno, "name", name)
        case ast.arg(arg=name):
            yield Piece(node.lineno, "name", name)
        case ast.alias(asname=str(name)):
            yield Piece(node.lineno, "name", name)
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield Piece(node.lineno, "name", name)
        case _:
            pass


def _docstrings(node: ast.AST) -> Iterator[Piece]:
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return
    for statement in node.body:
        match statement:
            # A string after a field documents the field.
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield from _lines(statement.lineno, "docstring", text)
            case _:
                pass


def _strings(node: ast.AST) -> Iterator[Piece]:
    match node:
        case ast.Constant(value=str(text)):
            yield Piece(node.lineno, "value", text)
        case ast.Raise(exc=ast.Call(args=args)):
            yield from _texts(args, "text")
        case ast.Call(func=ast.Attribute(attr=method, value=target), args=args, keywords=keywords):
            if method in _LOG_METHODS and _is_log(target):
                yield from _texts(args[:1], "log")
            elif method in _PRINTING:
                yield from _texts(args, "text")
            yield from _texts([word.value for word in keywords if word.arg in _TEXT_KEYWORDS], "text")
        case ast.Call(func=ast.Name(id=function), args=args, keywords=keywords):
            if function in _PRINTING:
                yield from _texts(args, "text")
            yield from _texts([word.value for word in keywords if word.arg in _TEXT_KEYWORDS], "text")
        case _:
            pass


def _is_log(target: ast.expr) -> bool:
    """Whether a call's target is a logger: `log`, `self._log`, `structlog.get_logger()` or a journal."""
    name = ast.unparse(target).rsplit(".", 1)[-1]
    return any(word in split_words(name).split() for word in ("log", "logger", "journal"))


def _texts(nodes: Iterable[ast.expr], kind: str) -> Iterator[Piece]:
    for node in nodes:
        match node:
            case ast.Constant(value=str(text)):
                yield Piece(node.lineno, kind, text)
            case ast.JoinedStr(values=values):
                parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in values]
                yield Piece(node.lineno, kind, "".join(map(str, parts)))
            case _:
                pass


def _lines(first: int, kind: str, text: str) -> Iterator[Piece]:
    for offset, line in enumerate(text.splitlines()):
        yield Piece(first + offset, kind, line, starts=offset == 0)


def markdown_pieces(source: str) -> Iterator[Piece]:
    """The lines of a document outside its code blocks."""
    in_code = False
    for number, line in enumerate(source.splitlines(), 1):
        if line.lstrip().startswith(("```", "~~~")):
            in_code = not in_code
        elif not in_code:
            yield Piece(number, "document", _INLINE_CODE.sub("``", line), starts=False)


def proto_pieces(source: str) -> Iterator[Piece]:
    """Message and field names and the comments of a protobuf file."""
    previous = -1
    for number, line in enumerate(source.splitlines(), 1):
        code, slashes, comment = line.partition("//")
        found = _PROTO_NAME.match(code)
        if found:
            yield Piece(number, "name", found[1] or found[2])
        if slashes:
            yield Piece(number, "comment", comment.strip(), starts=number != previous + 1)
            previous = number


def config_pieces(source: str) -> Iterator[Piece]:
    """Keys and comments of a YAML or TOML file or a Makefile."""
    previous = -1
    for number, line in enumerate(source.splitlines(), 1):
        if key := _YAML_KEY.match(line):
            yield Piece(number, "name", key[1])
        if found := re.search(r"(?:^|\s)#+ ?(.*)", line):
            yield Piece(number, "comment", found[1], starts=number != previous + 1)
            previous = number


def pieces_of(path: str, source: str) -> Iterator[Piece]:
    """Return all names and texts of a file, according to its type, starting with the words of its path."""
    yield Piece(0, "name", Path(path).stem)
    match Path(path).suffix:
        case ".py":
            yield from python_pieces(source)
        case ".md":
            yield from markdown_pieces(source)
        case ".proto":
            yield from proto_pieces(source)
        case _:
            yield from config_pieces(source)

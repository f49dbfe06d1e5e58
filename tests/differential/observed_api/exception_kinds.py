"""Exceptions of every kind."""

import errno

from .case import Broken


class FrozenError(ValueError):
    """Cannot be marked."""

    def __setattr__(self, name, value):
        raise TypeError("frozen")


class SlottedError(ValueError):
    __slots__ = ()


class MuteError(ValueError):
    """Has no text."""

    def __str__(self):
        raise TypeError("mute")


class SilentError(ValueError):
    """Has no representation either."""

    __str__ = __repr__ = Broken.__str__


class MessageError(ValueError):
    message = "of the attribute"


class EmptyMessageError(ValueError):
    message = ""


class DetailError(ValueError):
    detail = ("code", 7)


class BrokenMessageError(ValueError):
    @property
    def message(self):
        raise RuntimeError("no message")


class FalseError(ValueError):
    """Counts as false."""

    def __bool__(self):
        return False


class EqualError(ValueError):
    """Cannot be compared, nor be in a set."""

    __hash__ = None

    def __eq__(self, other):
        raise RuntimeError("not comparable")


class LyingError(ValueError):
    """Says that it is of another class."""

    @property
    def __class__(self):
        return KeyError


class Outer:
    class InnerError(ValueError):
        pass


def of_a_function():
    class LocalError(ValueError):
        pass

    return LocalError("local")


def raised(error):
    """Return the exception after it was raised and caught."""
    try:
        raise error
    except BaseException as caught:
        return caught


def noted():
    error = ValueError("noted")
    if hasattr(error, "add_note"):
        error.add_note("first note")
        error.add_note("second note")
    return error


KINDS = {
    "plain": lambda: ValueError("plain"),
    "without arguments": ValueError,
    "of two arguments": lambda: ValueError("one", 2),
    "of an empty text": lambda: ValueError(""),
    "of several lines": lambda: ValueError("one\ntwo"),
    "of a surrogate": lambda: ValueError("a\ud800b"),
    "of NUL": lambda: ValueError("a\x00b"),
    "of bytes": lambda: ValueError(b"bytes"),
    "key": lambda: KeyError("key"),
    "of the system": lambda: OSError(errno.ENOENT, "no such file", "/nowhere"),
    "of a connection": lambda: ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
    "unicode": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    "syntax": lambda: SyntaxError("invalid syntax", ("file.py", 3, 7, "a b c\n")),
    "stop": lambda: StopIteration(5),
    "interrupt": KeyboardInterrupt,
    "exit": lambda: SystemExit(3),
    "generator exit": GeneratorExit,
    "of an inner class": lambda: Outer.InnerError("inner"),
    "of a local class": of_a_function,
    "noted": noted,
    "with a message": lambda: MessageError("of the arguments"),
    "with an empty message": lambda: EmptyMessageError("of the arguments"),
    "with a detail": lambda: DetailError("of the arguments"),
    "with a broken message": lambda: BrokenMessageError("of the arguments"),
    "frozen": lambda: FrozenError("frozen"),
    "slotted": lambda: SlottedError("slotted"),
    "mute": lambda: MuteError("mute"),
    "silent": lambda: SilentError("silent"),
    "false": lambda: FalseError("false"),
    "not comparable": lambda: EqualError("equal"),
    "lying": lambda: LyingError("lying"),
    "recursion": lambda: RecursionError("maximum recursion depth exceeded"),
    "memory": MemoryError,
    "assertion": AssertionError,
    "warning": lambda: UserWarning("warning"),
    "import": lambda: ModuleNotFoundError("No module named 'nowhere'", name="nowhere"),
    "exception itself": lambda: Exception("exception"),
    "base exception": lambda: BaseException("base"),
}

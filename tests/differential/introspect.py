"""Prints, as JSON, what the modules of the `posthog` of this interpreter offer.

Gets, on standard input, a dict with the names to look at by their modules; ``None`` in place of them means all that a
module makes itself. A module that cannot be imported has the reason in place of its names.
"""

import enum
import importlib
import inspect
import json
import sys
import types
import typing
import warnings


def described(value):
    """Return what a program can see of a value: its kind, and what belongs to that."""
    if inspect.isclass(value):
        return described_class(value)
    if callable(value) and not is_type(value):
        return {"kind": "function", **signature(value), "async": inspect.iscoroutinefunction(value)}
    if isinstance(value, property) or inspect.isgetsetdescriptor(value) or inspect.ismemberdescriptor(value):
        return {"kind": "attribute"}
    if is_type(value):
        return {"kind": "type"}
    plain = as_json(value)
    return {"kind": "constant", "type": type(value).__name__} | ({} if plain is None else {"value": plain[0]})


def described_class(kind):
    names = [name for name in sorted(dir(kind)) if not name.startswith("_") and is_own(kind, name)]
    said = {"kind": "class", **signature(kind), "members": {name: described_member(kind, name) for name in names}}
    if issubclass(kind, enum.Enum):
        said["values"] = {each.name: as_json(each.value)[0] for each in kind}
        said["is text"] = issubclass(kind, str)
        said |= {"parameters": None}
    if is_typed_dict(kind):
        said["fields"] = sorted(kind.__annotations__)
        said |= {"parameters": None, "members": {}}
    said["is exception"] = issubclass(kind, BaseException)
    return said


def described_member(kind, name):
    static = inspect.getattr_static(kind, name)
    if isinstance(static, staticmethod | classmethod):
        return {**described(getattr(kind, name)), "kind": type(static).__name__}
    return described(static)


def is_own(kind, name):
    """Return whether a class of the package, not one of Python's, brings this member."""
    home = next(each for each in inspect.getmro(kind) if name in vars(each))
    return home.__module__.partition(".")[0] == "posthog"


def is_typed_dict(kind):
    return issubclass(kind, dict) and hasattr(kind, "__total__")


def is_type(value):
    return typing.get_origin(value) is not None or isinstance(value, typing.TypeVar)


def signature(value):
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return {"parameters": None}
    return {
        "parameters": [
            [each.name, each.kind.name, default(each.default)]
            for each in found.parameters.values()
            if each.name != "self"
        ]
    }


def default(value):
    if value is inspect.Parameter.empty:
        return "<required>"
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    plain = as_json(value)
    return f"<{type(value).__name__}>" if plain is None else repr(plain[0])


def as_json(value):
    """Return the value of a plain constant in a list, and ``None`` for others."""
    if value is None or isinstance(value, bool | int | float | str):
        return [value]
    if isinstance(value, list | tuple | set | frozenset):
        inner = [as_json(each) for each in value]
        if None in inner:
            return None
        items = [each[0] for each in inner]
        return [sorted(items, key=repr) if isinstance(value, set | frozenset) else items]
    if isinstance(value, dict):
        inner = {str(key): as_json(each) for key, each in value.items()}
        return None if None in inner.values() else [{key: each[0] for key, each in inner.items()}]
    return None


def made_by(module):
    """Yield the names of what a module makes, not of what it imports from elsewhere."""
    for name, value in sorted(vars(module).items()):
        if name.startswith("__") or isinstance(value, types.ModuleType) or name in ("annotations", "TYPE_CHECKING"):
            continue
        if is_type(value):
            foreign = getattr(typing, name, None) is value
        else:
            home = getattr(value, "__module__", module.__name__) or module.__name__
            is_whole = module.__name__ == "posthog"  # what that imports from its parts is for programs
            foreign = home.partition(".")[0] != "posthog" if is_whole else home != module.__name__
        if not foreign:
            yield name


def of_module(name, wanted):
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        return {"error": str(error)}
    names = made_by(module) if wanted is None else [each for each in wanted if hasattr(module, each)]
    return {"names": {each: described(getattr(module, each)) for each in names}}


def of_a_client():
    """Return the attributes of a client as it comes from its constructor."""
    client = importlib.import_module("posthog").Posthog("key", host="http://127.0.0.1:1", send=False)
    seen = {}
    for name in sorted({*vars(client), *dir(client)}):
        if not name.startswith("_") and (name in vars(client) or not callable(getattr(client, name))):
            seen[name] = described(getattr(client, name))
    client.shutdown()
    return seen


def main():
    warnings.simplefilter("ignore")
    wanted = json.load(sys.stdin)
    json.dump(
        {"modules": {name: of_module(name, wanted[name]) for name in wanted}, "client": of_a_client()}, sys.stdout
    )


if __name__ == "__main__":
    main()

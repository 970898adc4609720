"""Requests as JSON text: dicts with what Python programs have in them (Decimal, dates, paths, enums, UUIDs).

A value of a type without a form in JSON is a TypeError, as usual in Python. A value that JSON or flete doesn't allow
(NaN, a time without zone) is an InvalidRequestError. Both name the field.
"""

import codecs
import datetime
import enum
import json
import math
import numbers
import os
import re
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Type

from ._errors import Error, InvalidRequestError

TEXT = (str, bytes, bytearray, memoryview)
# Python writes no whole number with more digits. Carriers' numbers have fewer than twenty.
_LONGEST = 4300
# The core reads 128 levels. No request has ten.
_DEEPEST = 128


def is_path(text: Any) -> bool:
    """Whether a text is the path of a configuration file. Errors may show a path, but not a configuration."""
    if not isinstance(text, str):
        return False
    plain = text.strip()
    like = plain.lower().endswith((".json", ".txt", ".conf")) or plain.startswith(("/", "~", "./", "../", "@"))
    return like and len(plain) <= 4096 and not plain.startswith(("{", "[", '"')) and "\n" not in plain


def is_no_json(text: Any) -> bool:
    """Whether a request's text isn't meant as JSON: an id, a name."""
    plain = text.strip() if isinstance(text, str) else bytes(text).strip()
    if isinstance(plain, bytes):
        plain = plain.decode("utf-8", "replace")
    return bool(plain) and plain[0].isalnum() and plain not in ("null", "true", "false")


def meant(method: str, given: Sequence[Any]) -> str:
    """The call that was probably meant by positional arguments."""
    first = given[0]
    if isinstance(first, (list, tuple)) and method == "track":
        return "track(shipments=[{'account': …, 'id': …}, …])"
    if isinstance(first, (str, int)) and method in ("track", "cancel", "document"):
        kind = ", kind='label'" if method == "document" else ""
        return f"{method}(account=…, id={str(given[-1])[:60]!r}{kind})"
    fields = {"quote": "origin=…, destination=…, parcels=[…]", "create": "account=…, idempotency_key=…, origin=…, …"}
    return f"{method}({fields.get(method, 'account=…, …')})"


def encode(text: Any, error: Type[Error] = InvalidRequestError) -> bytes:
    """JSON text as UTF-8 for the core. Windows writes files with a byte-order mark, and some of them in UTF-16."""
    if isinstance(text, str):
        try:
            return text.encode()
        except UnicodeEncodeError as problem:
            raise error(f"the JSON text is not Unicode: {problem}") from None
    plain = bytes(text)
    if plain.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return plain.decode("utf-16").encode()
        except UnicodeDecodeError as problem:
            raise error(f"the JSON text is not UTF-16, as its first bytes say: {problem.reason}") from None
    return plain


def readable_push(request: Any) -> Any:
    """A `webhook` request with its `body` as text, whatever its bytes are."""
    body = request.get("body")
    return {**request, "body": readable(body, request.get("headers"))} if isinstance(body, TEXT) else request


def readable(text: Any, headers: Any = None) -> str:
    """A push as text. A byte that can't be read costs only its own character."""
    if isinstance(text, str):
        # Replaces half a surrogate pair, and what "surrogateescape" makes of a byte. Two halves become one letter.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _decoded(bytes(text), headers)


def _decoded(body: bytes, headers: Any) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    # UTF-8 is tried first: a push that says Latin-1 is often UTF-8.
    try:
        return body.decode()
    except UnicodeDecodeError:
        pass
    names = headers.items() if isinstance(headers, Mapping) else ()
    said = next((str(value) for name, value in names if str(name).lower() == "content-type"), "")
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", said, re.IGNORECASE)
    try:
        name = codecs.lookup(charset.group(1)).name if charset else "utf-8"
        # Every browser reads Windows-1252 for Latin-1.
        name = "cp1252" if name in ("iso8859-1", "ascii") else name
        return body.decode(name, "replace")
    except (LookupError, UnicodeError):
        return body.decode("utf-8", "replace")


def dumps(value: Any, error: Type[Error] = InvalidRequestError) -> bytes:
    """A dict as JSON text."""
    try:
        text = json.dumps(value, default=_plain, allow_nan=False).encode()
        # `json` writes half a surrogate pair without an error.
        if b"\\ud" in text:
            _find(value, "", 0, error)
        return text
    except (TypeError, ValueError, RecursionError):
        # The field is looked for only now, so that good requests cost nothing extra.
        _find(value, "", 0, error)
        raise


def _plain(value: Any) -> Any:
    """A value that `json` can't write, as one that it can."""
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is not a number")
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        if value.utcoffset() is None:
            raise ValueError("has no time zone; set its tzinfo, or pass its .date() if a date is meant")
        return value.isoformat()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        try:
            return str(value, "utf-8")
        except UnicodeDecodeError as problem:
            raise ValueError(f"is not UTF-8 text: {problem.reason} at byte {problem.start}") from None
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"{type(value).__name__} can't be written as JSON; convert it to a str, number, list or dict")


def _find(value: Any, path: str, depth: int, error: Type[Error]) -> None:
    """Raise an error that names the first value that can't be written."""
    if depth > _DEEPEST:
        short = path if len(path) <= 80 else path[:80] + "…"
        raise _wrong(error, short, "is nested too deep, or contains itself")
    if isinstance(value, Mapping):
        for name, entry in value.items():
            if not isinstance(name, (str, int, float, type(None))):
                raise TypeError(f"{path or 'the request'}: a name must be a str, not {type(name).__name__}")
            _find(entry, f"{path}.{name}" if path else str(name), depth + 1, error)
    elif isinstance(value, (list, tuple)):
        for index, entry in enumerate(value):
            _find(entry, f"{path}[{index}]", depth + 1, error)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _wrong(error, path, f"{value} is not a number")
    elif isinstance(value, int):
        if value.bit_length() > 3 * _LONGEST:
            raise _wrong(error, path, "is too large a number")
    elif isinstance(value, str):
        try:
            value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise _wrong(error, path, "has half a surrogate pair, perhaps from a text that was cut; remove it") from None
    elif value is not None:
        try:
            plain = _plain(value)
        except ValueError as problem:
            raise _wrong(error, path, str(problem)) from None
        except TypeError as problem:
            raise TypeError(f"{path}: {problem}") from None
        _find(plain, path, depth + 1, error)


def _wrong(error: Type[Error], path: str, message: str) -> Error:
    fields = [{"field": path, "carrier_field": None, "message": message}]
    return error(f"{path}: {message}" if path else message, fields=fields)

"""The client's Python interface: dicts, keywords or JSON text in, the reply's data out.

What a method does is in the core. Types and the methods' descriptions are in `_client.pyi`.
"""

import functools
import os
from collections.abc import Mapping
from threading import get_ident, main_thread

from . import _flete
from ._errors import InvalidConfigError, InvalidRequestError
from ._numbers import loads
from ._sigpipe import held_back, wanted
from ._text import TEXT, dumps, encode, is_no_json, is_path, meant, readable, readable_push


def _one_request(method):
    """Suggest the right call when a method gets its fields by position, as in track("cr", "FR1")."""

    @functools.wraps(method)
    def checked(self, *given, **fields):
        if len(given) > 1:
            name = method.__name__
            raise TypeError(f"{name} takes one dict, keywords or JSON text: {meant(name, given)}")
        return method(self, *given, **fields)

    return checked


class Client:
    """Quotes, creates and tracks shipments for the accounts of one configuration (a dict, or JSON text).

    Opening it sends nothing and starts no thread. Any thread may use it, on both sides of a fork.
    """

    __slots__ = ("__weakref__", "_core")

    def __init__(self, config, /):
        if isinstance(config, TEXT):
            if is_path(config):
                raise InvalidConfigError(
                    f"a configuration is a dict or JSON text; did you mean Client.from_file({config!r})?"
                )
            text = encode(config, InvalidConfigError)
        elif isinstance(config, Mapping):
            text = dumps(config, InvalidConfigError)
        else:
            if isinstance(config, os.PathLike):
                hint = f"; did you mean Client.from_file({os.fspath(config)!r})?"
            elif isinstance(config, (list, tuple)):
                hint = '; write {"accounts": […]} around the accounts'
            else:
                hint = ""
            raise TypeError(f"a configuration is a dict or JSON text, not {type(config).__name__}{hint}")
        self._core = _flete.Client(text)

    @classmethod
    def from_env(cls):
        """Open a client with the configuration in the environment: FLETE_CONFIG is the JSON text,
        FLETE_CONFIG_FILE the path of a file with it. FLETE_CONFIG wins where both are set."""
        text = os.environ.get("FLETE_CONFIG")
        if text:
            if is_path(text):
                raise InvalidConfigError("FLETE_CONFIG is the configuration as JSON text; for a path set FLETE_CONFIG_FILE")
            return cls(text)
        path = os.environ.get("FLETE_CONFIG_FILE")
        if path:
            if path.lstrip().startswith("{"):
                raise InvalidConfigError("FLETE_CONFIG_FILE is the path of a file; for JSON text set FLETE_CONFIG")
            return cls.from_file(path)
        raise InvalidConfigError(
            "neither FLETE_CONFIG (the configuration as JSON text) nor FLETE_CONFIG_FILE (its path) is set"
        )

    @classmethod
    def from_file(cls, path):
        """Open a client with the configuration in a JSON file. A file that can't be read is an OSError, as with `open`."""
        with open(path, "rb") as file:
            return cls(file.read())

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def __repr__(self):
        if self.closed:
            return "<flete.Client, closed>"
        accounts = (f"{id} ({carrier})" if id != carrier else id for id, carrier in self._core.accounts())
        return f"<flete.Client {', '.join(accounts)}>"

    def __reduce__(self):
        raise TypeError("a flete.Client can't be pickled; open one in each process, or let a fork inherit it")

    @property
    def closed(self):
        """Whether `close` was called."""
        return self._core.closed

    def close(self):
        """Close the client. New calls fail with InvalidHandleError, calls in progress go on. Twice is harmless."""
        self._core.close()

    def interrupt(self):
        """End every call of this client in this process with CancelledError. Any thread may call it."""
        self._core.interrupt()

    @_one_request
    def quote(self, request=None, /, **fields):
        """Prices from every account at once, cheapest first within each currency."""
        return self._run("quote", request, fields)

    @_one_request
    def create(self, request=None, /, **fields):
        """Create a shipment. It is never sent twice.

        Give an `idempotency_key`, like the order's number: the same call then returns the same shipment (`replayed`),
        after a lost reply too, and from another process unless keys are kept in "memory". Without one, look at an
        error's `outcome` before calling again: "unknown" means that the shipment may have been made.
        """
        return self._run("create", request, fields)

    @_one_request
    def track(self, request=None, /, **fields):
        """Where a shipment is, and how it got there; or many, with `shipments`."""
        return self._run("track", request, fields)

    @_one_request
    def cancel(self, request=None, /, **fields):
        """Cancel a shipment, where the carrier still can. `reason` is passed on to a carrier that takes one."""
        return self._run("cancel", request, fields)

    @_one_request
    def document(self, request=None, /, **fields):
        """The documents of a `kind`, or the one of a `document_id` of `track`, as base64 or saved to disk."""
        return self._run("document", request, fields)

    @_one_request
    def list(self, request=None, /, **fields):
        """One page of an account's shipments."""
        return self._run("list", request, fields)

    @_one_request
    def webhook(self, request=None, /, **fields):
        """Check and read a carrier's push: `body` as received (str or bytes), and its `headers`."""
        return self._run("webhook", request, fields)

    def call(self, account, operation, params=None, all=False, timeout_ms=None):
        """Any operation of the carrier's own API, by its name in `describe`, with its own field names."""
        request = {
            "account": account,
            "operation": operation,
            "params": {} if params is None else params,
            "all": all,
            "timeout_ms": timeout_ms,
        }
        return self._run("call", request, None)

    @_one_request
    def describe(self, request=None, /, **fields):
        """The carriers, what each supports, their native operations, and a JSON Schema of every method."""
        return self._run("describe", request, fields)

    @_one_request
    def keys(self, request=None, /, **fields):
        """The idempotency keys on record: done, unknown, or open. Read it before `settle`."""
        return self._run("keys", request, fields)

    @_one_request
    def settle(self, request=None, /, **fields):
        """Record whether a create whose outcome is unknown made its shipment (`made`); check with the carrier first."""
        return self._run("settle", request, fields)

    def invoke(self, method, request=None, /, **fields):
        """Any method by its name."""
        return self._run(method, request, fields)

    def _run(self, method, request, fields):
        return _run(method, request, fields, lambda text: self._invoke(method, text))

    def _invoke(self, method, text):
        # Python runs signal handlers only in its main thread.
        signals = get_ident() == main_thread().ident
        if wanted():
            with held_back():
                return self._core.invoke(method, text, signals)
        return self._core.invoke(method, text, signals)


def describe(request=None, /, **fields):
    """The carriers, what each supports, their native operations, and a JSON Schema of every method. Needs no client."""
    return _run("describe", request, fields, _flete.describe)


def _run(method, request, fields, invoke):
    if isinstance(request, TEXT):
        if is_no_json(request):
            raise InvalidRequestError(f"{method} takes keywords, a dict or JSON text: {meant(method, (request,))}")
        if fields:
            raise TypeError(f"{method}: JSON text takes no keywords; write {', '.join(fields)} into it")
        if method == "webhook":
            request = readable(request)
        return invoke(encode(request))
    if request is None:
        request = fields
    elif not isinstance(request, Mapping):
        kind = type(request).__name__
        raise TypeError(f"{method} takes a dict, keywords or JSON text, not {kind}: {meant(method, (request,))}")
    elif fields:
        request = {**request, **fields}
    if method == "webhook":
        request = readable_push(request)
    return loads(invoke(dumps(request)))

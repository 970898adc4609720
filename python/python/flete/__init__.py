"""Quote, create and track shipments with Latin American carriers.

    with flete.Client({"accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox"}]}) as client:
        rates = client.quote(origin=..., destination=..., parcels=[...])["rates"]
        shipment = client.create(account="cr", idempotency_key="order-1", origin=..., destination=..., parcels=[...])
        client.track(account="cr", id=shipment["id"])

Methods block (the GIL is released; Ctrl-C works) and return plain dicts; failures raise `flete.Error` or its
subclass for the code. `flete.types` has the shapes of requests and replies, `flete.sandbox` the built-in simulator.
"""

import logging
import os as _os

from . import _flete, sandbox, types
from ._client import Client, describe
from ._errors import (
    AllFailedError,
    AuthenticationError,
    CancelledError,
    CarrierResponseError,
    CarrierUnavailableError,
    ConflictError,
    Error,
    InternalError,
    InvalidConfigError,
    InvalidHandleError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    NotReadyError,
    PermissionError,
    RateLimitedError,
    StateUnavailableError,
    TimeoutError,
    TlsError,
    UnsupportedError,
    ValidationError,
)
from ._flete import __version__, codes

__all__ = [
    "AllFailedError",
    "AuthenticationError",
    "CancelledError",
    "CarrierResponseError",
    "CarrierUnavailableError",
    "Client",
    "ConflictError",
    "Error",
    "InternalError",
    "InvalidConfigError",
    "InvalidHandleError",
    "InvalidRequestError",
    "NetworkError",
    "NotFoundError",
    "NotReadyError",
    "PermissionError",
    "RateLimitedError",
    "StateUnavailableError",
    "TimeoutError",
    "TlsError",
    "UnsupportedError",
    "ValidationError",
    "__version__",
    "codes",
    "describe",
    "sandbox",
    "types",
]

# Tracebacks and pickles name a class by its public name.
for _name in __all__:
    if _name.endswith("Error") or _name == "Client":
        globals()[_name].__module__ = "flete"
del _name

# A fork waits until no thread is inside SQLite, as a child could not use the state file after that.
_os.register_at_fork(
    before=_flete.before_fork,
    after_in_parent=_flete.after_fork_in_parent,
    after_in_child=_flete.after_fork_in_child,
)

# A library says nothing until the program asks it to.
logging.getLogger("flete").addHandler(logging.NullHandler())

"""The exceptions: one class for each code of the contract, with every field of an error as an attribute.

The core finds the failures and returns them as JSON.
"""

from typing import Any, Dict, List, Mapping, Optional

from ._numbers import loads

# Every field besides `code` and `message`, with its default.
_FIELDS: Dict[str, Any] = {
    "account": None,
    "carrier": None,
    "operation": None,
    "outcome": "none",
    "retryable": False,
    "retry_after_ms": None,
    "http_status": None,
    "carrier_code": None,
    "carrier_message": None,
    "incident": None,
    "request_id": None,
    "fields": [],
    "attempts": 0,
    "elapsed_ms": 0,
    "created": None,
    "raw": None,
    "failures": [],
}


class Error(Exception):
    """A failure. `str(error)` is one sentence for a person; every field of the contract is an attribute.

    Programs may raise one themselves, as in a test: `flete.RateLimitedError("slow down", retry_after_ms=500)`.
    """

    code: str = "internal"
    """The stable code; each code has its own class."""
    message: str
    """One sentence for a person; says what to do."""
    account: Optional[str]
    carrier: Optional[str]
    operation: Optional[str]
    """The native operation that failed, by its name in `describe`."""
    outcome: str
    """Of the shipment: `none` was made, `unknown`: it may have been, `done`: it was, and a later step failed."""
    retryable: bool
    """Whether the same call may simply be made again."""
    retry_after_ms: Optional[int]
    http_status: Optional[int]
    carrier_code: Optional[str]
    carrier_message: Optional[str]
    incident: Optional[str]
    request_id: Optional[str]
    fields: List[Dict[str, Any]]
    """The fields that are wrong: `field`, `carrier_field`, `message`."""
    attempts: int
    elapsed_ms: int
    created: Any
    """What exists at the carrier now."""
    raw: Any
    """The carrier's reply, secrets removed, cut at 16 KiB."""
    failures: List[Dict[str, Any]]
    """For `all_failed`: each account's own error, as in a quote's `failures`."""

    def __init__(self, message: str = "", *, code: Optional[str] = None, **fields: Any) -> None:
        unknown = sorted(fields.keys() - _FIELDS.keys())
        if unknown:
            raise TypeError(f"an error has no field {unknown[0]!r}; it has: {', '.join(_FIELDS)}")
        super().__init__(message)
        self.message = message
        self.code = type(self).code if code is None else code
        for name, usual in _FIELDS.items():
            value = fields.get(name)
            setattr(self, name, (usual.copy() if isinstance(usual, list) else usual) if value is None else value)

    @staticmethod
    def from_dict(error: Mapping[str, Any]) -> "Error":
        """The exception for an error that came as a dict: in `results` of `track`, or `failures` of `quote`."""
        code = error.get("code", "internal")
        known = {name: value for name, value in error.items() if name in _FIELDS}
        return _BY_CODE.get(code, Error)(error.get("message", ""), code=code, **known)


class InvalidConfigError(Error):
    """The configuration can't be used; `fields` names what is wrong."""

    code = "invalid_config"


class InvalidRequestError(Error):
    """The request can't be used; nothing was sent. `fields` names what is wrong."""

    code = "invalid_request"


class InvalidHandleError(Error):
    """The client is closed."""

    code = "invalid_handle"


class UnsupportedError(Error):
    """The carrier doesn't offer this."""

    code = "unsupported"


class AuthenticationError(Error):
    """The carrier doesn't accept the credentials, or a push has a wrong token."""

    code = "authentication"


class PermissionError(Error):
    """The credentials are good, but may not do this. Not Python's own `PermissionError`."""

    code = "permission"


class NotFoundError(Error):
    """The carrier doesn't know the id."""

    code = "not_found"


class ConflictError(Error):
    """The current state forbids it: cancelling after pickup, a key used for other content."""

    code = "conflict"


class ValidationError(Error):
    """The carrier refused the data; `fields` names what it complained of."""

    code = "validation"


class RateLimitedError(Error):
    """Too many requests; wait `retry_after_ms` and retry."""

    code = "rate_limited"


class TimeoutError(Error):
    """The deadline passed. Not Python's own `TimeoutError`."""

    code = "timeout"


class NetworkError(Error):
    """No connection, or it broke."""

    code = "network"


class TlsError(Error):
    """No safe connection could be made."""

    code = "tls"


class CarrierUnavailableError(Error):
    """The carrier is out of service (5xx)."""

    code = "carrier_unavailable"


class CarrierResponseError(Error):
    """The carrier's reply can't be read."""

    code = "carrier_response"


class NotReadyError(Error):
    """A label that is still being made."""

    code = "not_ready"


class CancelledError(Error):
    """The call was interrupted. Look at `outcome` before a create is repeated."""

    code = "cancelled"


class AllFailedError(Error):
    """Several accounts were asked and every one failed; `failures` has each one's error."""

    code = "all_failed"


class StateUnavailableError(Error):
    """The place where idempotency keys are kept can't be used just now; nothing was sent. The call may be repeated."""

    code = "state_unavailable"


class InternalError(Error):
    """A fault of flete itself; please report it."""

    code = "internal"


_BY_CODE = {kind.code: kind for kind in Error.__subclasses__()}


def from_json(text: str) -> Error:
    """The exception for an error as the core writes it."""
    return Error.from_dict(loads(text))

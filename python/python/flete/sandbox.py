"""The built-in simulator of the carriers' APIs, in this process: for a storefront's own tests.

It starts by itself when an account has `"environment": "sandbox"`. With this module a test can advance a shipment, make
the simulator misbehave, and see the requests. It isn't for production: it keeps everything in memory.
"""

from typing import Any, Dict

from . import _flete
from ._numbers import loads
from ._text import dumps

__all__ = ["config", "control"]


def config() -> Dict[str, Any]:
    """A configuration with an account for every carrier: its code, the simulator's base URL, its credentials.

    Its shipments end with this process, and so do their idempotency keys: its `state` is `"memory"`.
    """
    result: Dict[str, Any] = loads(_flete.sandbox_config())
    result["state"] = "memory"
    return result


def control(carrier: str, method: str, path: str, body: Any = None) -> Dict[str, Any]:
    """Control a carrier's simulator: `control("fruno", "POST", "advance", {"id": "FR000000001", "to": "entregado"})`.

    Paths: `shipments`, `requests`, `faults`, `advance`, `settings`, `clock`, `reset`. A refusal is a ValueError.
    """
    answer: Dict[str, Any] = loads(_flete.sandbox_control(carrier, method, path, dumps(body)))
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer

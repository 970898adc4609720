"""Reads the core's JSON. Requests are written by `_text`."""

import json
from typing import Any, Union


def loads(text: str) -> Any:
    """Parse JSON, whatever numbers a carrier put into its reply."""
    try:
        return json.loads(text)
    except ValueError:
        # Python reads no whole number with more than 4300 digits. One in `raw` must not cost the shipment.
        return json.loads(text, parse_int=_whole)


def _whole(digits: str) -> Union[int, float]:
    return int(digits) if len(digits) <= 4300 else float(digits)

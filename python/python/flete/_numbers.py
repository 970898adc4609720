"""Reading the core's JSON. Not the writing of requests: that is `_text`."""

import json
from typing import Any, Union


def loads(text: str) -> Any:
    """What the text says, whatever numbers a carrier put into its reply."""
    try:
        return json.loads(text)
    except ValueError:
        # Python reads no whole number of more than 4300 digits; a shipment must not be lost for one in `raw`.
        return json.loads(text, parse_int=_whole)


def _whole(digits: str) -> Union[int, float]:
    return int(digits) if len(digits) <= 4300 else float(digits)

"""What every test of the wheel starts from: an installed flete, and simulated carriers as good as new."""

import sys
from pathlib import Path

import flete
import pytest

SHOP = {"company": "Tienda ABC", "street": "Del parque, 125 sur", "district_code": "11501", "phone": "22223333"}
HOME = {"name": "Josué Blanco", "street": "Residencial Lilliput 4", "district_code": "11605"}
BOX = {"weight": {"value": 389, "unit": "g"}, "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"}}
ORDER = {"account": "cr", "origin": SHOP, "destination": HOME, "parcels": [BOX]}
CONFIG = {"accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox"}]}


def pytest_report_header():
    return f"flete {flete.__version__} from {Path(flete.__file__).parent}"


def pytest_sessionstart():
    assert Path(flete.__file__).is_relative_to(sys.prefix), "the built wheel is to be tested, not the source tree"


@pytest.fixture(autouse=True)
def fruno():
    """The simulated carrier's control: `fruno("faults", {…})`."""

    def control(path, body=None, method="POST"):
        return flete.sandbox.control("fruno", method, path, body)

    control("reset")
    return control


@pytest.fixture
def client():
    with flete.Client(CONFIG) as client:
        yield client

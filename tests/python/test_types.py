"""The types that checkers see are those that there are: stubs against the module, shapes against `describe`."""

import subprocess
import sys
from pathlib import Path

import flete
import pytest

ROOT = Path(__file__).resolve().parents[2]


def python(*args, **more):
    done = subprocess.run([sys.executable, *map(str, args)], capture_output=True, text=True, timeout=300, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_stubs_are_those_of_the_module(tmp_path):
    assert "no issues" in python("-m", "mypy.stubtest", "flete", cwd=tmp_path)


def test_the_storefront_passes_the_strictest_check(tmp_path):
    python("-m", "mypy", "--strict", ROOT / "examples/python/storefront.py", cwd=tmp_path)


PROGRAM = """
import flete
from flete import types
client = flete.Client({})
text: str = client.quote("{}")
rates: types.Rates = client.quote({"urgent": True}, parcels=[])
tracking: types.Tracking = client.track(id="1")
trackings: types.Trackings = client.track(shipments=[])
text = client.invoke("list", b"{}")
text = client.list(account="cr")  # wrong
client.cancel(account="cr")  # wrong
client.list(acount="cr")  # wrong
"""


def test_checkers_know_what_comes_back_and_what_goes_in(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    args = [sys.executable, "-m", "mypy", "--strict", "program.py"]
    out = subprocess.run(args, capture_output=True, text=True, cwd=tmp_path, timeout=300).stdout
    found = {int(line.split(":")[1]) for line in out.splitlines() if ": error:" in line}
    wrong = {number for number, line in enumerate(PROGRAM.splitlines(), 1) if line.endswith("# wrong")}
    assert found == wrong, out


METHODS = {
    "quote": ("QuoteRequest", "Rates"),
    "create": ("CreateRequest", "Shipment"),
    "cancel": ("CancelRequest", "Cancelled"),
    "document": ("DocumentRequest", "Documents"),
    "list": ("ListRequest", "Shipments"),
    "webhook": ("WebhookRequest", "Push"),
    "describe": ("DescribeRequest", "Description"),
    "keys": ("KeysRequest", "Keys"),
    "settle": ("SettleRequest", "Settled"),
}
# What Python has under another name, as replies are exact and requests are not.
RENAMED = {"Weight": "VolumetricWeight"}


def same_fields(schema, shape, complete):
    """`complete`: a reply has every field, null or not; a request may lack those that aren't required."""
    assert set(shape.__annotations__) == set(schema["properties"]), shape.__name__
    required = set(schema.get("required", []))
    assert required <= shape.__required_keys__ if complete else required == shape.__required_keys__, shape.__name__


@pytest.mark.parametrize("method", METHODS)
def test_the_shapes_are_those_of_describe(client, method):
    schemas = client.describe()["methods"][method]
    for part, name in zip(("request", "reply"), METHODS[method]):
        same_fields(schemas[part], getattr(flete.types, name), part == "reply")
        for name, schema in schemas[part].get("$defs", {}).items():
            name = RENAMED.get(name, name) if part == "reply" else name
            # A rate's service goes into `create` as it came.
            same_fields(schema, getattr(flete.types, name), part == "reply" or name == "Service")


def test_describe_needs_no_client(client):
    assert flete.describe() == client.describe()
    assert [carrier["code"] for carrier in flete.describe(carrier="almex")["carriers"]] == ["almex"]
    assert isinstance(flete.describe("{}"), str)
    with pytest.raises(flete.InvalidRequestError):
        flete.describe({"carrier": "almx"})
    with pytest.raises(TypeError):
        flete.describe("{}", carrier="almex")


def test_tracking_has_the_shapes_of_describe(client):
    track = client.describe()["methods"]["track"]
    for schema, name in zip(track["reply"]["anyOf"], ("Tracking", "Trackings")):
        same_fields(schema, getattr(flete.types, name), True)
    for name, schema in track["reply"]["$defs"].items():
        same_fields(schema, getattr(flete.types, name), True)
    one, many = flete.types.TrackRequest, flete.types.TrackManyRequest
    assert {*one.__annotations__, *many.__annotations__} == set(track["request"]["properties"])


def test_every_method_is_a_method_here(client):
    for method in client.describe()["methods"]:
        assert getattr(client, method).__doc__


def test_the_version_is_the_cores(client):
    assert flete.__version__ == client.describe()["version"]

"""What Python programs have in their dicts: taken where its meaning is plain, refused by name where it isn't."""

import datetime
import decimal
import enum
import json
import pathlib
import types
import uuid
from collections import OrderedDict, UserDict

import flete
import pytest
from conftest import BOX, CONFIG, HOME, ORDER, SHOP


class Country(enum.Enum):
    COSTA_RICA = "CR"


def sent(fruno, operation):
    recent = fruno("requests", method="GET")["recent"]
    return next(request for request in reversed(recent) if request["operation"] == operation)


def test_the_types_of_python_programs_are_taken(client, fruno, tmp_path):
    shipment = client.create(
        account="cr",
        origin=UserDict(SHOP, country=Country.COSTA_RICA, latitude=decimal.Decimal("9.93"), longitude=-84.05),
        destination=types.MappingProxyType(HOME),
        parcels=(
            OrderedDict(BOX, weight={"value": decimal.Decimal("0.389"), "unit": "kg"}),
        ),
        idempotency_key=uuid.UUID(int=7),
        reference=b"pedido \xc3\xb1",
        declared_value=None,
    )
    assert shipment["reference"] == "pedido ñ"
    body = sent(fruno, "POST /v1/paquetes")["body"]
    assert '"peso_neto":389' in (body if isinstance(body, str) else str(body).replace("'", '"').replace(" ", ""))
    assert client.list(account="cr", date=datetime.date(2020, 1, 31))["shipments"] == []
    assert sent(fruno, "GET /v1/paquetes")["query"].endswith("2020-01-31")
    assert client.document(id=shipment["id"], kind="label", save_to=pathlib.Path(tmp_path))["documents"][0]["path"]


def test_a_decimal_is_written_out_whole(client):
    with pytest.raises(flete.InvalidRequestError) as raised:
        client.quote({**ORDER, "urgent": decimal.Decimal("1E+3")})
    assert {problem["field"] for problem in raised.value.fields} == {"account", "urgent"}


WHEN = datetime.datetime(2025, 1, 31, 9)
LOOP = {}
LOOP["options"] = LOOP


def deep(levels):
    value = {}
    for _ in range(levels):
        value = {"x": value}
    return value


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"destinaton": HOME}, "destinaton"),
        ({"parcels": []}, "parcels"),
        ({"parcels": "box"}, "parcels"),
        ({"parcels": [{**BOX, "weight": {"value": float("nan"), "unit": "g"}}]}, "parcels[0].weight.value"),
        ({"parcels": [{**BOX, "weight": {"value": decimal.Decimal("Infinity"), "unit": "g"}}]}, "parcels[0].weight.value"),
        ({"parcels": [{**BOX, "weight": {"value": -1, "unit": "g"}}]}, "parcels[0].weight.value"),
        ({"parcels": [{**BOX, "weight": {"value": 1, "unit": "stone"}}]}, "parcels[0].weight.unit"),
        ({"ship_date": WHEN}, "ship_date"),
        ({"ship_date": WHEN.replace(tzinfo=datetime.timezone.utc)}, "ship_date"),
        ({"origin": {**SHOP, "street": b"\xff"}}, "origin.street"),
        ({"origin": {**SHOP, "phone": 22223333}}, "origin.phone"),
        ({"timeout_ms": 9**9999}, "timeout_ms"),
        ({"urgent": "yes"}, "urgent"),
        ({"timeout_ms": 0}, "timeout_ms"),
        ({"accounts": ["cx"]}, "accounts[0]"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_field(client, fruno, fields, where):
    with pytest.raises(flete.InvalidRequestError) as raised:
        client.quote({"origin": SHOP, "destination": HOME, "parcels": [BOX]}, **fields)
    assert where in [problem["field"] for problem in raised.value.fields]
    assert where in str(raised.value) and "None" not in str(raised.value)
    assert fruno("requests", method="GET")["total"] == 0


@pytest.mark.parametrize("value", [LOOP, deep(5000), deep(200)])
def test_what_never_ends_is_refused(client, value):
    with pytest.raises(flete.InvalidRequestError):
        client.quote(options=value)


def test_a_type_that_json_has_no_form_for_is_a_type_error(client):
    for fields, where in [
        ({"parcels": [object()]}, r"parcels\[0\]: object"),
        ({"tags": {"a", "b"}}, "tags: set"),
        ({"origin": {("a",): 1}}, "origin: a name"),
        ({"parcels": (box for box in [BOX])}, "parcels: generator"),
    ]:
        with pytest.raises(TypeError, match=where):
            client.create(**fields)
    for request in (7, ["a"], object()):
        with pytest.raises(TypeError, match="JSON text"):
            client.track(request)
    for config in (None, 7, pathlib.Path("flete.json")):
        with pytest.raises(TypeError, match="JSON text"):
            flete.Client(config)


@pytest.mark.parametrize("text", ["{", "[1]", "null", b"\xff", "\ud800", '{"id": "\\ud800"}', "\0", "{}{}", "[" * 9999])
def test_bad_text_is_refused(client, text):
    with pytest.raises(flete.InvalidRequestError):
        client.track(text)
    with pytest.raises(flete.InvalidConfigError):
        flete.Client(text)


@pytest.mark.parametrize("path", ["flete.json", "/etc/flete/config", "./flete", "C:\\flete.json", "~/flete.json"])
def test_a_path_where_a_configuration_belongs(path):
    with pytest.raises(flete.InvalidConfigError, match=r"did you mean Client\.from_file\("):
        flete.Client(path)
    with pytest.raises(TypeError, match=r"did you mean Client\.from_file\("):
        flete.Client(pathlib.Path(path))


def test_a_path_and_a_text_under_each_others_names(monkeypatch):
    monkeypatch.setenv("FLETE_CONFIG", "/etc/flete.json")
    with pytest.raises(flete.InvalidConfigError, match="for a path set FLETE_CONFIG_FILE"):
        flete.Client.from_env()
    monkeypatch.delenv("FLETE_CONFIG")
    monkeypatch.setenv("FLETE_CONFIG_FILE", json.dumps(CONFIG))
    with pytest.raises(flete.InvalidConfigError, match="for JSON text set FLETE_CONFIG"):
        flete.Client.from_env()


def test_a_list_where_a_configuration_belongs():
    with pytest.raises(TypeError, match="accounts"):
        flete.Client(CONFIG["accounts"])


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda client: client.track("FR1"), r"track\(account=…, id='FR1'\)"),
        (lambda client: client.track(b"FR1"), r"track\("),
        (lambda client: client.track("12345"), r"track\(account=…, id='12345'\)"),
        (lambda client: client.cancel("FR1"), r"cancel\(account=…, id='FR1'\)"),
        (lambda client: client.document("FR1"), r"document\(account=…, id='FR1', kind='label'\)"),
        (lambda client: client.create("order"), r"create\(account=…, idempotency_key=…, "),
        (lambda client: client.quote("box"), r"quote\(origin=…, "),
        (lambda client: client.list("cr"), r"list\(account=…, …\)"),
        (lambda client: client.invoke("track", "FR1"), r"track\(account=…, id='FR1'\)"),
        (lambda client: client.track('"FR1"'), "an object is needed, not text"),
    ],
)
def test_a_text_where_a_request_belongs(client, fruno, ask, words):
    with pytest.raises(flete.InvalidRequestError, match=words):
        ask(client)
    assert fruno("requests", method="GET")["total"] == 0


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda client: client.track("cr", "FR1"), r"track\(account=…, id='FR1'\)"),
        (lambda client: client.track(12345), r"track\(account=…, id='12345'\)"),
        (lambda client: client.track(["FR1", "FR2"]), r"track\(shipments="),
        (lambda client: client.create("cr", SHOP, HOME), r"create\(account=…"),
        (lambda client: client.create([ORDER]), r"create\(account=…"),
    ],
)
def test_arguments_that_no_method_takes(client, fruno, ask, words):
    with pytest.raises(TypeError, match=words):
        ask(client)
    assert fruno("requests", method="GET")["total"] == 0


def test_keywords_are_checked_by_the_core(client):
    with pytest.raises(flete.InvalidRequestError, match="did you mean `id`"):
        client.track(account="cr", idd="FR1")
    with pytest.raises(flete.InvalidRequestError, match="id: is required"):
        client.track(account=None, id=None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_in_every_encoding_of_windows(tmp_path, encoding):
    path = tmp_path / "flete.json"
    path.write_bytes(json.dumps(CONFIG).replace("\n", "\r\n").encode(encoding))
    with flete.Client.from_file(path) as client:
        assert "cr" in repr(client)


def test_a_bad_method_or_operation_is_named(client):
    with pytest.raises(flete.InvalidRequestError, match="did you mean `track`"):
        client.invoke("trak", {})
    with pytest.raises(flete.InvalidRequestError, match="addresses.list"):
        client.call("cr", "adresses.list")


def test_a_configuration_names_what_is_wrong():
    for change, where in [
        ({"carrier": "fruna"}, "accounts[0].carrier"),
        ({"enviroment": "test"}, "accounts[0].enviroment"),
        ({"key": {"env": "FLETE_NOT_SET"}}, "accounts[0].key"),
        ({"rate_limit": decimal.Decimal("NaN")}, "accounts[0].rate_limit"),
    ]:
        with pytest.raises(flete.InvalidConfigError) as raised:
            flete.Client({"accounts": [{**CONFIG["accounts"][0], **change}]})
        assert where in [problem["field"] for problem in raised.value.fields]


def test_the_sandbox_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match="no control"):
        flete.sandbox.control("fruno", "POST", "nonsense")
    with pytest.raises(ValueError, match="no simulated carrier"):
        flete.sandbox.control("dhl", "GET", "shipments")


PUSH = '{"token": "t-1", "details": {"uuid": "u1", "mensajero": "Jos\u00e9 P", "status_id": 4}}'


@pytest.mark.parametrize(
    ("body", "headers", "name"),
    [
        (PUSH, {}, "Jos\u00e9 P"),
        (PUSH.encode(), {"Content-Type": "application/json; charset=iso-8859-1"}, "Jos\u00e9 P"),
        (PUSH.encode("latin-1"), None, "Jos\ufffd P"),
        (bytearray(PUSH.encode("latin-1")), {"Content-Type": "application/json"}, "Jos\ufffd P"),
        (memoryview(PUSH.encode("latin-1")), {"content-type": "application/json; charset=utf-8"}, "Jos\ufffd P"),
        (PUSH.encode("latin-1"), {"CONTENT-TYPE": 'application/json; Charset="ISO-8859-1"'}, "Jos\u00e9 P"),
        (PUSH.encode("cp1252"), {"Content-Type": "application/json;charset=windows-1252"}, "Jos\u00e9 P"),
        (PUSH.encode("latin-1"), {"Content-Type": "application/json; charset=klingon"}, "Jos\ufffd P"),
        (PUSH.encode("latin-1"), {"Content-Type": "application/json; charset=rot13"}, "Jos\ufffd P"),
        (PUSH.encode("latin-1"), {"Content-Type": "application/json; charset=punycode"}, "Jos\ufffd P"),
        (PUSH.encode("latin-1").decode("utf-8", "surrogateescape"), {}, "Jos\ufffd P"),
        (PUSH.replace("\u00e9", "\ud83d"), {}, "Jos\ufffd P"),
        (PUSH.replace("\u00e9", "\\ud83d"), {}, "Jos\ufffd P"),
    ],
)
def test_an_odd_byte_of_a_push_costs_its_own_character(body, headers, name):
    account = {"client_id": "c", "client_secret": "s", "user_id": 1, "webhook_token": "t-1"}
    config = {"accounts": [{"carrier": "mensajeros_urbanos", "base_url": "http://127.0.0.1:9", **account}]}
    with flete.Client(config) as client:
        for push in (
            client.webhook(body=body, headers=headers),
            client.invoke("webhook", {"body": body, "headers": headers}),
        ):
            assert (push["shipment_id"], push["courier"]["name"]) == ("u1", name)
            assert push["status"] == "in_transit"


SHORT_PUSH = '{"token": "tokentoken", "details": {"uuid": "u1", "mensajero": "José", "status_id": 1}}'


@pytest.mark.parametrize(
    "body, name",
    [
        (SHORT_PUSH, "José"),
        (SHORT_PUSH.encode(), "José"),
        (SHORT_PUSH.encode("utf-16"), "José"),
        (SHORT_PUSH.encode("latin-1"), "Jos\ufffd"),
        (bytearray(SHORT_PUSH.encode("latin-1")), "Jos\ufffd"),
        # As WSGI servers decode it.
        (SHORT_PUSH.encode("latin-1").decode("utf-8", "surrogateescape"), "Jos\ufffd"),
        (SHORT_PUSH.replace("é", "\ud83d"), "Jos\ufffd"),
        (SHORT_PUSH.replace("é", "\ud83d\ude00"), "Jos\U0001f600"),
        (SHORT_PUSH.replace("é", "\\ud83d"), "Jos\ufffd"),
        (SHORT_PUSH.replace("é", "\t"), "Jos"),
    ],
)
def test_an_odd_byte_of_a_push_costs_one_field(body, name):
    account = {"carrier": "mensajeros_urbanos", "environment": "sandbox", "webhook_token": "tokentoken"}
    with flete.Client({"accounts": [account]}) as client:
        for push in (
            client.webhook(body=body),
            client.webhook({"body": body}, headers={}),
            client.invoke("webhook", {"body": body}),
        ):
            assert (push["shipment_id"], push["courier"]["name"]) == ("u1", name)
        if isinstance(body, str):
            assert json.loads(client.webhook(json.dumps({"body": body})))["shipment_id"] == "u1"
            text = json.dumps({"body": body}, ensure_ascii=False).encode("utf-8", "surrogateescape" if "\udce9" in body else "replace")
            assert json.loads(client.webhook(text))["shipment_id"] == "u1"


def test_half_a_surrogate_pair_in_a_request_is_told_by_its_field(client):
    for value in ("Ana \ud83d", "\udce9"):
        with pytest.raises(flete.InvalidRequestError, match=r"^destination\.name: has half a surrogate pair") as caught:
            client.create(account="cr", origin=SHOP, destination={**HOME, "name": value}, parcels=[BOX])
        assert caught.value.fields[0]["field"] == "destination.name"
    # Two halves are a letter.
    client.create(account="cr", origin=SHOP, destination={**HOME, "name": "Ana \ud83d\ude00"}, parcels=[BOX])

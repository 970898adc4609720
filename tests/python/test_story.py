"""The whole way of a shipment, in each form that a Python program may ask in."""

import base64
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import flete
import pytest
from conftest import BOX, CONFIG, HOME, ORDER, SHOP

ROOT = Path(__file__).resolve().parents[2]


def test_a_parcel_from_its_price_to_the_door(client, fruno, tmp_path):
    quote = client.quote(origin=SHOP, destination=HOME, parcels=[BOX])
    assert [rate["account"] for rate in quote["rates"]] == ["cr"]
    assert quote["rates"][0]["total"]["currency"] == "CRC"

    shipment = client.create(ORDER, reference="order-1", with_label=True)
    assert base64.b64decode(shipment["label"]["base64"]).startswith(b"%PDF")
    assert (shipment["reference"], shipment["status"], shipment["replayed"]) == ("order-1", "pre_transit", False)

    saved = client.document(account="cr", id=shipment["id"], kind="label", save_to=tmp_path / "label.pdf")
    assert saved["documents"][0]["path"] == str(tmp_path / "label.pdf")
    assert (tmp_path / "label.pdf").read_bytes().startswith(b"%PDF")

    fruno("advance", {"id": shipment["id"], "to": "entregado"})
    tracking = client.track(id=shipment["id"])
    assert tracking["status"] == "delivered"
    assert [event["status"] for event in tracking["events"]] == [
        "picked_up",
        "in_transit",
        "out_for_delivery",
        "delivered",
    ]
    assert client.list(account="cr")["shipments"][0]["id"] == shipment["id"]


def test_another_is_cancelled_by_name_of_the_method(client):
    shipment = client.create(ORDER)
    assert client.invoke("cancel", {"account": "cr"}, id=shipment["id"])["status"] == "cancelled"


def test_many_are_asked_at_once_and_a_failure_among_them_becomes_an_exception(client):
    known = client.create(ORDER)["id"]
    results = client.track(shipments=[{"id": known}, {"id": "FR404"}])["results"]
    assert [result["ok"] for result in results] == [True, False]
    error = flete.Error.from_dict(results[1]["error"])
    assert isinstance(error, flete.NotFoundError) and error.account == "cr"


def test_the_carriers_own_operations_by_name(client):
    client.create(ORDER)
    made = client.call("cr", "addresses.list", {}, all=True)
    assert len(made["direcciones"]) == 2
    assert client.call(None, "addresses.list", timeout_ms=5000) == made


def test_text_in_text_out(client):
    for text in (json.dumps(ORDER), json.dumps(ORDER).encode(), bytearray(json.dumps(ORDER), "utf-8")):
        reply = client.create(text)
        assert type(reply) is str and json.loads(reply)["status"] == "pre_transit"
    assert type(client.invoke("list", '{"account": "cr"}')) is str
    with pytest.raises(flete.NotFoundError):
        client.track('{"id": "FR404"}')
    with pytest.raises(TypeError, match="timeout_ms"):
        client.track('{"id": "FR404"}', timeout_ms=1)


def test_keywords_win_over_the_dict(client):
    request = {**ORDER, "reference": "from the dict"}
    assert client.create(request, reference="from the keyword")["reference"] == "from the keyword"
    assert request["reference"] == "from the dict"


def test_a_key_is_never_sent_twice(tmp_path, fruno):
    with flete.Client({**CONFIG, "state": str(tmp_path / "state.db")}) as client:
        first = client.create(ORDER, idempotency_key="k1")
        again = client.create(ORDER, idempotency_key="k1")
    assert (again["id"], again["replayed"]) == (first["id"], True)
    assert len(fruno("shipments", method="GET")["shipments"]) == 1


def test_a_number_that_python_refuses_to_read_costs_no_reply(client):
    reply = "[%s, 12]" % ("9" * 5000)
    fault = {"fault": "status", "status": 200, "operation": "GET /v1/contratos", "text": reply}
    flete._flete.sandbox_control("fruno", "POST", "faults", json.dumps(fault).encode())
    assert client.call("cr", "contracts.list") == [float("inf"), 12]


def test_a_client_from_the_environment_or_a_file(monkeypatch, tmp_path):
    monkeypatch.delenv("FLETE_CONFIG", raising=False)
    monkeypatch.delenv("FLETE_CONFIG_FILE", raising=False)
    with pytest.raises(flete.InvalidConfigError, match="FLETE_CONFIG_FILE"):
        flete.Client.from_env()
    path = tmp_path / "flete.json"
    path.write_text("\ufeff" + json.dumps(CONFIG), encoding="utf-8")
    monkeypatch.setenv("FLETE_CONFIG_FILE", str(path))
    assert repr(flete.Client.from_env()) == repr(flete.Client.from_file(path)) == "<flete.Client cr (fruno)>"
    monkeypatch.setenv("FLETE_CONFIG", json.dumps({"accounts": [{"carrier": "fruno", "environment": "sandbox"}]}))
    assert repr(flete.Client.from_env()) == "<flete.Client fruno>"
    with pytest.raises(FileNotFoundError):
        flete.Client.from_file(tmp_path / "none.json")


def test_the_storefront_runs(tmp_path):
    shop = subprocess.run(
        [sys.executable, ROOT / "examples/python/storefront.py"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert shop.returncode == 0, shop.stderr
    assert "delivered at" in shop.stdout and "is cancelled" in shop.stdout
    assert next(tmp_path.glob("*.pdf")).read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("readme", ["README.md", "python/README.md"])
def test_the_readme_runs(readme, tmp_path):
    blocks = (ROOT / readme).read_text(encoding="utf-8").split("```python\n")[1:]
    program = next(block.split("```")[0] for block in blocks if block.startswith("import flete"))
    shop = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert shop.returncode == 0, shop.stderr
    assert shop.stdout.endswith("pre_transit\n")


def test_log_lines_come_when_they_are_wanted(client, caplog):
    client.list(account="cr")
    assert not caplog.records
    with caplog.at_level(logging.DEBUG, "flete"):
        client.list(account="cr")
    assert any("parcels.list: 200" in record.getMessage() for record in caplog.records)
    assert {record.name for record in caplog.records} == {"flete"}
    caplog.clear()
    client.list(account="cr")
    assert not caplog.records

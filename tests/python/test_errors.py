"""Failures: an exception for each code, with every field, and without a secret."""

import copy
import pickle
import resource
import socket
import tempfile
import threading

import flete
import pytest
from conftest import BOX, CONFIG, HOME, ORDER, SHOP

TWO = {"accounts": [*CONFIG["accounts"], {**CONFIG["accounts"][0], "id": "two"}]}


def all_fail(fruno, **fault):
    fruno("faults", {"times": 0, **fault})


def account(**more):
    return flete.Client({"accounts": [{"id": "cr", "carrier": "fruno", "account": "a", "key": "k", **more}]})


def sandbox_url():
    return next(a["base_url"] for a in flete.sandbox.config()["accounts"] if a["carrier"] == "fruno")


# Bound, but not listening: connecting is refused, and no simulator can take the port.
TAKEN = socket.socket()
TAKEN.bind(("127.0.0.1", 0))


def closed_port():
    return TAKEN.getsockname()[1]


def invalid_handle(client, fruno):
    client.close()
    client.list(account="cr")


def conflict(client, fruno):
    id = client.create(ORDER)["id"]
    fruno("advance", {"id": id, "to": "entregado"})
    client.cancel(id=id)


def not_ready(client, fruno):
    fruno("settings", {"label_not_ready": {"times": 1000, "form": "204"}})
    id = client.create(ORDER)["id"]
    client.document(id=id, kind="label", timeout_ms=400)


def replaced(**fault):
    def case(client, fruno):
        all_fail(fruno, **fault)
        client.list(account="cr", timeout_ms=600)

    return case


def cancelled(client, fruno):
    all_fail(fruno, fault="slow", ms=5000)
    timer = threading.Timer(0.2, client.interrupt)
    timer.start()
    client.list(account="cr")


def all_failed(client, fruno):
    all_fail(fruno, fault="status", status=403)
    flete.Client(TWO).quote(origin=SHOP, destination=HOME, parcels=[BOX])


def state_unavailable(client, fruno):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with tempfile.TemporaryDirectory() as directory:
        keeper = flete.Client({**CONFIG, "state": f"{directory}/state.db"})
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        try:
            keeper.create(ORDER, idempotency_key="k")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


CASES = {
    "invalid_config": lambda client, fruno: flete.Client({"accounts": []}),
    "invalid_request": lambda client, fruno: client.quote(),
    "invalid_handle": invalid_handle,
    "unsupported": lambda client, fruno: client.webhook(account="cr", body="{}"),
    "authentication": lambda client, fruno: account(base_url=sandbox_url()).list(account="cr"),
    "permission": replaced(fault="status", status=403),
    "not_found": lambda client, fruno: client.track(id="FR404"),
    "conflict": conflict,
    "validation": replaced(fault="status", status=400),
    "rate_limited": replaced(fault="status", status=429),
    "timeout": replaced(fault="slow", ms=5000),
    "network": lambda client, fruno: account(base_url=f"http://127.0.0.1:{closed_port()}").list(timeout_ms=500),
    "tls": lambda client, fruno: account(base_url=sandbox_url().replace("http:", "https:")).list(timeout_ms=500),
    "carrier_unavailable": replaced(fault="status", status=503),
    "carrier_response": replaced(fault="garbage"),
    "not_ready": not_ready,
    "cancelled": cancelled,
    "all_failed": all_failed,
    "state_unavailable": state_unavailable,
}


@pytest.mark.parametrize("code", CASES)
def test_each_code_raises_its_class(code, client, fruno):
    kind = getattr(flete, "".join(part.capitalize() for part in code.split("_")) + "Error")
    with pytest.raises(flete.Error) as raised:
        CASES[code](client, fruno)
    error = raised.value
    assert type(error) is kind, repr(error)
    assert (error.code, str(error)) == (code, error.message)
    assert error.outcome == "none"


def test_there_is_a_class_for_each_code_and_a_case_for_each_that_can_be_met():
    kinds = {kind.code: kind for kind in flete.Error.__subclasses__()}
    assert sorted(kinds) == sorted(flete.codes())
    assert set(CASES) == set(flete.codes()) - {"internal"}
    for code, kind in kinds.items():
        assert kind.__name__ == "".join(part.capitalize() for part in code.split("_")) + "Error"
        assert getattr(flete, kind.__name__) is kind and kind.__name__ in flete.__all__
        assert type(flete.Error.from_dict({"code": code, "message": "m"})) is kind


def test_every_field_of_an_error_is_an_attribute(client):
    with pytest.raises(flete.NotFoundError) as raised:
        client.track(id="FR404")
    error = raised.value
    assert set(vars(error)) == set(client.describe()["error"]["properties"])
    assert (error.account, error.carrier, error.operation) == ("cr", "fruno", "parcels.get")
    assert (error.http_status, error.retryable, error.fields, error.failures) == (404, False, [], [])
    assert error.attempts >= 1 and error.raw["title"] == "Recurso no encontrado"


def test_all_failed_tells_each_accounts_error(client, fruno):
    with pytest.raises(flete.AllFailedError) as raised:
        all_failed(client, fruno)
    assert [failure["account"] for failure in raised.value.failures] == ["cr", "two"]
    assert isinstance(flete.Error.from_dict(raised.value.failures[0]["error"]), flete.PermissionError)


def test_a_lost_create_is_unknown(client, fruno):
    fruno("faults", {"fault": "reset_after", "operation": "POST /v1/paquetes"})
    with pytest.raises(flete.Error) as raised:
        client.create(ORDER)
    assert raised.value.outcome == "unknown"


def test_errors_travel_between_processes(client):
    with pytest.raises(flete.NotFoundError) as raised:
        client.track(id="FR404")
    for other in (pickle.loads(pickle.dumps(raised.value)), copy.copy(raised.value), copy.deepcopy(raised.value)):
        assert type(other) is flete.NotFoundError
        assert (str(other), vars(other)) == (str(raised.value), vars(raised.value))


def test_a_program_may_raise_one_itself():
    error = flete.RateLimitedError("slow down", retry_after_ms=500)
    assert (error.code, error.retry_after_ms, str(error)) == ("rate_limited", 500, "slow down")
    assert flete.TlsError("a").fields is not flete.TlsError("b").fields
    with pytest.raises(TypeError, match="retry_after"):
        flete.RateLimitedError("slow down", retry_after=500)


def test_closing_twice_is_harmless_and_a_client_can_not_be_pickled(client):
    with client as same:
        assert same is client and not client.closed
    client.close()
    assert client.closed and repr(client) == "<flete.Client, closed>"
    with pytest.raises(flete.InvalidHandleError):
        client.interrupt()
    with pytest.raises(TypeError, match="one in each process"):
        pickle.dumps(client)


def test_a_secret_is_nowhere_to_be_seen(fruno, caplog):
    caplog.set_level("DEBUG", "flete")
    canary = "c4n4ry-l0ng-s3cr3t"
    client = account(base_url=sandbox_url(), key=canary)
    seen = [repr(client), str(client), repr(vars(flete))]
    with pytest.raises(flete.AuthenticationError) as raised:
        client.list(account="cr")
    with pytest.raises(flete.InvalidConfigError) as config:
        flete.Client({"accounts": [{"carrier": "fruno", "account": "a", "key": canary, "keyy": canary}]})
    for error in (raised.value, config.value):
        seen += [repr(error), str(error), repr(vars(error)), repr(pickle.dumps(error))]
    seen.append(caplog.text)
    assert "authentication" in raised.value.code and caplog.text
    assert not [text for text in seen if canary in text]

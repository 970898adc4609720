"""On every CPython: all that a program can do with flete, on a thread whose stack has the given size (in KiB).

`python small_stack.py 32` ends with a line that says what was done; a stack that is too small ends it with a signal.
"""

import logging
import os
import socket
import sys
import tempfile
import threading

import flete

SHOP = {"company": "Tienda ABC", "street": "Del parque, 125 sur", "district_code": "11501", "phone": "22223333"}
HOME = {"name": "Josué Blanco", "street": "Residencial Lilliput 4", "district_code": "11605"}
BOX = {"weight": {"value": 389, "unit": "g"}, "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"}}
ORDER = {"account": "cr", "origin": SHOP, "destination": HOME, "parcels": [BOX], "idempotency_key": "small"}


# Bound, but not listening: connecting is refused, and no simulator can take the port.
taken = socket.socket()
taken.bind(("127.0.0.1", 0))


def nobody():
    """A loopback port where nobody listens."""
    return taken.getsockname()[1]


def raises(kind, work):
    try:
        work()
    except kind as error:
        repr(error), error.fields, error.raw
    else:
        raise AssertionError(f"{kind.__name__} was expected")


def everything(state):
    done = 0
    config = {
        "accounts": [
            {"id": "cr", "carrier": "fruno", "environment": "sandbox"},
            {"id": "co", "carrier": "mensajeros_urbanos", "environment": "sandbox"},
            {"id": "mx", "carrier": "almex", "environment": "sandbox"},
            {"id": "fwd", "carrier": "apunto", "environment": "sandbox"},
            {"id": "far", "carrier": "fruno", "account": "a", "key": "k", "base_url": f"https://127.0.0.1:{nobody()}"},
        ],
        "state": state,
        "max_attempts": 1,
    }
    raises(flete.InvalidConfigError, lambda: flete.Client("{"))
    raises(flete.InvalidConfigError, lambda: flete.Client({"accounts": [{"carrier": "frunno"}]}))
    with flete.Client(config) as client:
        repr(client)
        shipment = client.create(ORDER)
        assert client.create(ORDER)["replayed"]
        assert client.track(account="cr", id=shipment["id"])["id"] == shipment["id"]
        client.track(shipments=[{"account": "cr", "id": shipment["id"]}] * 4)
        client.quote(origin=SHOP, destination=HOME, parcels=[BOX])
        client.quote(accounts=["cr"], origin=SHOP, destination=HOME, parcels=[BOX])
        client.document(account="cr", id=shipment["id"], kind="label")
        client.list(account="cr")
        client.list('{"account": "cr"}')
        client.call("cr", "provinces.list")
        client.call("cr", "parcels.list", all=True)
        client.describe()
        client.interrupt()
        client.cancel(account="cr", id=shipment["id"])
        raises(flete.NotFoundError, lambda: client.track(account="cr", id="FR404"))
        raises(flete.InvalidRequestError, lambda: client.create(account="cr"))
        raises(flete.InvalidRequestError, lambda: client.invoke("list", "[" * 100 + "]" * 100))
        raises(flete.InvalidRequestError, lambda: client.invoke("nothing"))
        raises(flete.Error, lambda: client.webhook(account="co", body="{}", headers={}))
        raises(flete.Error, lambda: client.settle(account="cr", idempotency_key="no", made=False))
        raises(flete.NetworkError, lambda: client.list(account="far"))
        # A reply nested as deep as Python's own `json` reads on such a stack, which is then a part of an error.
        deep = '{"errores": ' + "[" * 60 + "]" * 60 + "}"
        flete.sandbox.control("fruno", "POST", "faults", {"fault": "status", "status": 422, "body": deep})
        raises(flete.Error, lambda: client.call("cr", "provinces.list"))
        flete.sandbox.control("fruno", "DELETE", "faults")
        logger = logging.getLogger("flete")
        logger.setLevel(logging.DEBUG)
        lines = []
        handler = logging.Handler()
        handler.emit = lambda record: lines.append(record.getMessage())
        logger.addHandler(handler)
        client.list(account="cr")
        assert lines, "nothing was logged"
        done += 1
    raises(flete.InvalidHandleError, lambda: client.list(account="cr"))
    flete.sandbox.config()
    flete.codes()
    return done


def main():
    size = int(sys.argv[1]) * 1024
    result = []
    with tempfile.TemporaryDirectory() as place:
        threading.stack_size(size)
        thread = threading.Thread(target=lambda: result.append(everything(os.path.join(place, "state.db"))))
        thread.start()
        thread.join()
    assert result == [1]
    print(f"{sys.argv[1]} KiB: all of it")


if __name__ == "__main__":
    main()

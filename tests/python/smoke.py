"""On every CPython: a parcel made, followed and cancelled, and an error. It needs nothing but the wheel."""

import sys

import flete

ORDER = {
    "account": "cr",
    "origin": {"company": "Tienda ABC", "street": "Del parque, 125 sur", "district_code": "11501", "phone": "22223333"},
    "destination": {"name": "Josué Blanco", "street": "Residencial Lilliput 4", "district_code": "11605"},
    "parcels": [
        {
            "weight": {"value": 389, "unit": "g"},
            "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"},
        }
    ],
}

with flete.Client({"accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox"}]}) as client:
    shipment = client.create(ORDER)
    assert client.track(id=shipment["id"])["status"] == "pre_transit"
    assert client.cancel(id=shipment["id"])["status"] == "cancelled"
    try:
        client.track(id="FR404")
    except flete.NotFoundError as error:
        assert error.http_status == 404
    else:
        raise AssertionError("an unknown parcel was found")
print("CPython %d.%d.%d: flete %s works" % (*sys.version_info[:3], flete.__version__))

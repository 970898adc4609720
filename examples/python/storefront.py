"""A shop's main job: compare prices, ship, print the label, follow the parcel to the door, take another back.

`pip install flete && python storefront.py` runs it against the built-in simulator; for the real carrier, give its
configuration as JSON in FLETE_CONFIG.

Every create has an idempotency_key, here the order's number: run it again with a real carrier, and the same
shipment comes back. The simulator and its keys end with the program.
"""

import json
import os

import tempfile
import time

import flete
from flete.types import Address, Parcel, Shipment

SHOP: Address = {
    "company": "Tienda ABC",
    "name": "Bodega central",
    "phone": "+506 2222-3333",
    "country": "CR",
    "street": "De la esquina sur oeste del supermercado ABC, 125 sur",
    "district_code": "11501",
}
CUSTOMER: Address = {
    "name": "Josué Blanco",
    "phone": "8888-1182",
    "email": "josue@example.com",
    "country": "CR",
    "street": "De la escuela Gulliver, 25 sur",
    "neighborhood": "Residencial Lilliput",
    "district_code": "11605",
}
PARCEL: Parcel = {
    "weight": {"value": 389, "unit": "g"},
    "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"},
    "description": "Pedido tienda virtual",
}


SIMULATOR = {
    "accounts": [
        {
            "id": "cr",
            "carrier": "fruno",
            "environment": "sandbox",
            "price_unit": "minor",
            # In the simulator time runs faster: a stage every 600 ms.
            "sandbox": {"auto_advance_ms": 600},
        }
    ]
}


def main() -> None:
    given = os.environ.get("FLETE_CONFIG")
    # Opening makes no connection and starts no thread.
    with flete.Client(json.loads(given) if given else SIMULATOR) as client:
        compare(client)
        first = ship(client, "ORDEN-88243567")
        print_label(client, first)
        follow(client, first)
        take_back(client, ship(client, "ORDEN-88243568"))
        # A delivered parcel can't be cancelled, and the error says so.
        try:
            client.cancel(id=first["id"] or "")
        except flete.ConflictError as error:
            print(f"  waybill {first['id']}: {error}")


def compare(client: flete.Client) -> None:
    print("What would it cost?")
    quote = client.quote(origin=SHOP, destination=CUSTOMER, parcels=[PARCEL])
    print(f"  {'account':<10} {'service':<12} {'total':>12} currency")
    for rate in quote["rates"]:
        total = rate["total"] or {"amount": "-", "currency": ""}
        name = rate["service"]["name"] or "-"
        print(f"  {rate['account']:<10} {name:<12} {total['amount']:>12} {total['currency']}")


def ship(client: flete.Client, reference: str) -> Shipment:
    print("\nShip it")
    shipment = client.create(
        reference=reference,
        # This key never makes a second shipment: not after a lost reply, and not in another process.
        idempotency_key=reference,
        origin=SHOP,
        destination=CUSTOMER,
        parcels=[PARCEL],
        notify=[{"email": "josue@example.com", "events": ["picked_up", "delivered"]}],
    )
    print(f"  waybill {shipment['id']} for {shipment['reference']}: {shipment['status']}")
    if shipment["replayed"]:
        print(f"  waybill {shipment['id']} was made before (replayed)")
    return shipment


def print_label(client: flete.Client, shipment: Shipment) -> None:
    documents = client.document(id=shipment["id"] or "", kind="label", save_to=tempfile.gettempdir())
    for label in documents["documents"]:
        print(f"  label   {label['path']} ({label['size']} bytes)")


def follow(client: flete.Client, shipment: Shipment) -> None:
    print("\nFollow it")
    told = 0
    while True:
        tracking = client.track(id=shipment["id"] or "")
        for event in tracking["events"][told:]:
            print(f"  {event['at'] or '-':<30} {event['status']:<17} {event['description'] or '-'}")
        told = len(tracking["events"])
        if tracking["status"] == "delivered":
            break
        time.sleep(0.1)
    print(f"  delivered at {tracking['delivered_at']}; page for the customer: {tracking['tracking_url']}")


def take_back(client: flete.Client, shipment: Shipment) -> None:
    try:
        cancelled = client.cancel(id=shipment["id"] or "", reason="bought twice")
    except flete.Error as error:
        # A shipment that an earlier run cancelled can't be cancelled again.
        if not shipment["replayed"]:
            raise
        print(f"  waybill {shipment['id']}: {error}")
    else:
        print(f"  waybill {cancelled['id']} is {cancelled['status']}")


if __name__ == "__main__":
    main()

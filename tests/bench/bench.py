"""One Fruno price, asked for by flete and by the glue that a shop would write by hand with requests, in turns."""

import base64
import datetime
import hashlib
import hmac
import json
import statistics
import sys
import time

import flete
import requests

CONFIG, BASE, ACCOUNT, KEY, CA = sys.argv[1:]
PATH = "/v1/paquetes/costo"
PARCEL = {"código_distrito_fuente": "11501", "código_distrito_destino": "11605", "alto": 15, "ancho": 20,
          "longitud": 20, "gr_peso": 389}
REQUEST = {"origin": {"district_code": "11501"}, "destination": {"district_code": "11605"},
           "parcels": [{"weight": {"value": 389, "unit": "g"},
                        "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"}}]}
session = requests.Session()
session.verify, session.trust_env = CA, False
client = flete.Client(json.loads(CONFIG))


def by_glue():
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    signature = hmac.new(KEY.encode(), f"GET{PATH}{now}".encode(), hashlib.sha256).digest()
    reply = session.get(BASE + PATH, params=PARCEL, auth=(ACCOUNT, base64.b64encode(signature).decode()),
                        headers={"X-Fr-Hora": now}, timeout=30)
    reply.raise_for_status()
    return reply.json()["precio"]


def by_flete():
    return client.quote(REQUEST)["rates"][0]["total"]["amount"]


def block(one, calls=100):
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(calls):
        assert one()
    return (time.process_time() - cpu) / calls * 1e6, (time.perf_counter() - wall) / calls * 1e6


block(by_flete), block(by_glue)
rounds = []
for n in range(31):
    first, second = (by_flete, by_glue) if n % 2 else (by_glue, by_flete)
    a, b = block(first), block(second)
    rounds.append((a, b) if n % 2 else (b, a))


def median(of):
    return statistics.median(of(ours, theirs) for ours, theirs in rounds)


print("%-32s %8.0f %8.0f %6.2f %9.0f %8.0f %6.2f" % (
    BASE.split(":")[0] + ", Python against requests",
    median(lambda ours, _: ours[0]), median(lambda _, theirs: theirs[0]), median(lambda o, t: o[0] / t[0]),
    median(lambda ours, _: ours[1]), median(lambda _, theirs: theirs[1]), median(lambda o, t: o[1] / t[1]),
))

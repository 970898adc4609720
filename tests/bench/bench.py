"""One Fruno price, asked for by flete and by the glue that a shop would write by hand with requests, in turns.
Usage: bench.py SETUP; prints lines as bench.c does."""

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

with open(sys.argv[1]) as file:
    setup = json.load(file)
PATH = "/v1/paquetes/costo"
PARCEL = {"código_distrito_fuente": "11501", "código_distrito_destino": "11605", "alto": 15, "ancho": 20,
          "longitud": 20, "gr_peso": 389}
REQUEST = {"origin": {"district_code": "11501"}, "destination": {"district_code": "11605"},
           "parcels": [{"weight": {"value": 389, "unit": "g"},
                        "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"}}]}
session = requests.Session()
session.verify, session.trust_env = setup["ca"], False
client = flete.Client(json.loads(setup["config"]))


def by_glue():
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    signature = hmac.new(setup["key"].encode(), f"GET{PATH}{now}".encode(), hashlib.sha256).digest()
    reply = session.get(setup["base"] + PATH, params=PARCEL, headers={"X-Fr-Hora": now}, timeout=30,
                        auth=(setup["account"], base64.b64encode(signature).decode()))
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
for clock, name in enumerate(("CPU", "time")):
    ours, theirs, ratio = (statistics.median(of(round[0][clock], round[1][clock]) for round in rounds)
                           for of in (lambda a, _: a, lambda _, b: b, lambda a, b: a / b))
    print(f"{setup['scheme']}, Python, price: {name}\tµs\t{ours:.4g}\t{theirs:.4g}\t{ratio:.3f}")

"""Prepares the simulators of a run and writes what the programs read: http.json, https.json and batch.json
in DIR.

Usage: setup.py DIR LIBFLETE; DIR has the simulators' own configurations, sandbox-0.json to sandbox-3.json."""

import ctypes
import json
import socket
import sys
import urllib.request

directory, library = sys.argv[1:]
# What the simulators of the quote over four accounts wait before they reply.
DELAYS_MS = [20, 40, 60, 80]
# The batch: so many shipments, each reply after so long, and so many requests in flight.
BATCH = {"count": 1000, "delay_ms": 20, "in_flight": 64}
TRACK_BYTES = 2048

flete = ctypes.CDLL(library)
flete.flete_open.restype = ctypes.c_uint64
flete.flete_invoke.restype = ctypes.c_void_p
flete.flete_invoke.argtypes = [ctypes.c_uint64, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t]
flete.flete_string_free.argtypes = [ctypes.c_void_p]


def invoke(client, method, **request):
    text = json.dumps(request).encode()
    reply = flete.flete_invoke(client, method.encode(), text, len(text))
    envelope = json.loads(ctypes.string_at(reply))
    flete.flete_string_free(reply)
    assert envelope["ok"], envelope
    return envelope["data"]


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request))


def accounts(number):
    with open(f"{directory}/sandbox-{number}.json") as file:
        return {account["carrier"]: account for account in json.load(file)["accounts"]}


sandboxes = [accounts(number) for number in range(1 + len(DELAYS_MS))]
for each in sandboxes:
    for carrier in "fruno", "almex":
        post(f"{each[carrier]['base_url']}/_sandbox/reset", {})
    post(f"{each['fruno']['base_url']}/_sandbox/settings", {"rate_policy": "1000000;w=1"})
fruno, almex = sandboxes[0]["fruno"], sandboxes[0]["almex"]
config = json.dumps({"accounts": [fruno, almex], "state": "memory"}).encode()
client = flete.flete_open(config, len(config), None)

# One parcel whose reply has about 2 KB: comments are added until it has.
ends = [invoke(client, "call", account="fruno", operation="addresses.create", params={
    "nombre": name, "detalle": "Del parque, 125 sur", "código_distrito": code, "teléfono1": "22223333",
})["id"] for name, code in (("Tienda ABC", "11501"), ("Josué Blanco", "11605"))]
guide = invoke(client, "call", account="fruno", operation="parcels.create", params={
    "id_dirección_fuente": ends[0], "id_dirección_destino": ends[1], "entregar_a": "Josué Blanco",
    "alto": 15, "ancho": 20, "longitud": 20, "peso_neto": 389,
})["guía"]
advance = f"{fruno['base_url']}/_sandbox/advance"
post(advance, {"id": guide, "to": "ruta"})
while len(json.dumps(invoke(client, "call", account="fruno", operation="parcels.get", params={"guía": guide}),
                     ensure_ascii=False, separators=(",", ":")).encode()) < TRACK_BYTES:
    post(advance, {"id": guide, "to": "comentario:Se dejó con el guarda."})

# The shipments of the batch are Almex's: one request tracks one.
place = {"street": "Calle Norte 3", "neighborhood": "Centro", "city": "Tepeji", "state": "HG", "country": "MX",
         "postal_code": "42884", "phone": "5512345678", "name": "Tienda ABC", "email": "tienda@example.com"}
box = {"weight": {"value": 1, "unit": "kg"}, "dimensions": {"length": 20, "width": 20, "height": 15, "unit": "cm"}}
waybills = [invoke(client, "create", account="almex", origin=place, destination=place, parcels=[box])["id"]
            for _ in range(BATCH["count"])]
login = {"userName": almex["user_name"], "password": almex["password"], "numberAccount": almex["account_number"]}
keys = almex["subscription_key"]
token = post(f"{almex['base_url']}/auth/token?subscription-key={keys['auth']}", login)["response"]["token"]
post(f"{almex['base_url']}/_sandbox/settings", {"latency_ms": BATCH["delay_ms"]})

slow = []
for number, (delay_ms, each) in enumerate(zip(DELAYS_MS, sandboxes[1:])):
    slow.append(each["fruno"] | {"id": f"cr-{number}"})
    post(f"{each['fruno']['base_url']}/_sandbox/settings", {"latency_ms": delay_ms})

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
with open(f"{directory}/stunnel.conf", "w") as conf:
    conf.write(f"foreground = yes\npid =\ndebug = 3\ncert = {directory}/cert.pem\nkey = {directory}/key.pem\n"
               f"[fruno]\naccept = 127.0.0.1:{port}\nconnect = {fruno['base_url'].removeprefix('http://')}\n")
ca = f"{directory}/ca.pem"
for scheme, base in ("http", fruno["base_url"]), ("https", f"https://localhost:{port}"):
    setup = {
        "scheme": scheme, "base": base, "account": fruno["account"], "key": fruno["key"], "ca": ca,
        "config": json.dumps({"accounts": [fruno | {"base_url": base}], "ca_file": ca, "state": "memory"}),
        "guide": guide, "from": ends[0], "to": ends[1],
    }
    with open(f"{directory}/{scheme}.json", "w") as out:
        json.dump(setup, out)
with open(f"{directory}/batch.json", "w") as out:
    json.dump(setup | BATCH | {
        "batch_config": json.dumps({"accounts": [almex], "max_in_flight": BATCH["in_flight"], "state": "memory"}),
        "batch_request": json.dumps({"shipments": [{"account": "almex", "id": waybill} for waybill in waybills]}),
        "batch_base": almex["base_url"], "token": token, "subscription_key": keys["tracking"], "ids": waybills,
        "slow_config": json.dumps({"accounts": slow, "state": "memory"}), "slow_base": slow[-1]["base_url"],
    }, out)

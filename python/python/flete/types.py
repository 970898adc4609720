"""The shapes of requests and replies, for type checkers and readers. At run time everything is a plain dict.

`client.describe()` returns the same as JSON Schema; a test compares the two.
"""

from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from os import PathLike
from typing import Any, Dict, List, Mapping, Optional, TypedDict, Union
from uuid import UUID

Number = Union[int, str, Decimal, float]
"""A decimal number or its text. Money is best given as text or Decimal."""
Text = Union[str, Enum]
Id = Union[str, int, UUID]
Options = Mapping[str, Mapping[str, Any]]
"""Carrier-native fields by account id or carrier code."""

# ---- in both directions


class Money(TypedDict):
    """`{"amount": "4900.00", "currency": "COP"}`; in replies the amount is always text."""

    amount: str
    currency: str


class MoneyRequest(TypedDict):
    amount: Number
    currency: Text


AnyMoney = Union[Money, MoneyRequest]


class Service(TypedDict):
    """A carrier's service, as a rate has it and `create` takes it."""

    code: Optional[str]
    name: Optional[str]


# ---- requests


class Address(TypedDict, total=False):
    name: str
    company: str
    street: str
    number: str
    interior: str
    neighborhood: str
    city: str
    district_code: str
    state: str
    postal_code: str
    country: Text
    phone: str
    phone2: str
    email: str
    tax_id: str
    tax_id_type: Text
    latitude: Number
    longitude: Number
    instructions: str
    reference: str
    carrier_id: str


class Weight(TypedDict):
    value: Number
    unit: Text


class Dimensions(TypedDict):
    length: Number
    width: Number
    height: Number
    unit: Text


class _ParcelWeight(TypedDict):
    weight: Weight


class Parcel(_ParcelWeight, total=False):
    dimensions: Dimensions
    quantity: Union[int, str]
    description: str
    declared_value: AnyMoney
    packaging: Text


class _Timeout(TypedDict, total=False):
    timeout_ms: Union[int, str]


class _Account(_Timeout, total=False):
    account: Text


class _Shipped(TypedDict):
    origin: Address
    destination: Address
    parcels: List[Parcel]


class QuoteRequest(_Shipped, _Timeout, total=False):
    accounts: List[str]
    ship_date: Union[str, date]
    urgent: bool
    round_trip: bool
    insured_value: AnyMoney
    options: Options


_PickupTimes = TypedDict("_PickupTimes", {"from": Union[str, time], "to": Union[str, time]}, total=False)


class _PickupDate(TypedDict):
    date: Union[str, date]


class Pickup(_PickupDate, _PickupTimes):
    """`{"date": "2025-01-31", "from": "09:00", "to": "13:00"}`, in the carrier's own zone."""


class _ItemNeeds(TypedDict):
    name: str
    quantity: Union[int, str]
    unit_price: AnyMoney


class Item(_ItemNeeds, total=False):
    sku: str
    image_url: str


class CashOnDelivery(TypedDict):
    amount: AnyMoney
    method: Text


class Notify(TypedDict):
    email: str
    events: List[str]


class ChosenRate(TypedDict, total=False):
    """A rate as `quote` returned it, or what `create` needs of it: the account and the service."""

    account: str
    carrier: str
    service: Union[Text, Service]
    environment: str
    total: Any
    breakdown: Any
    estimated_delivery: Any
    distance_km: Any
    volumetric_weight: Any
    raw: Any


class CreateRequest(_Shipped, _Account, total=False):
    rate: Union["Rate", ChosenRate]
    idempotency_key: Union[str, UUID]
    reference: str
    service: Union[Text, Service]
    pickup: Pickup
    urgent: bool
    round_trip: bool
    notes: str
    tags: List[str]
    declared_value: AnyMoney
    items: List[Item]
    cash_on_delivery: CashOnDelivery
    notify: List[Notify]
    with_label: bool
    options: Options


class _ShipmentId(TypedDict):
    id: Id


class ShipmentId(_ShipmentId, total=False):
    account: Text


class TrackRequest(_ShipmentId, _Account):
    """One shipment."""


class _Shipments(TypedDict):
    shipments: List[ShipmentId]


class TrackManyRequest(_Shipments, _Timeout):
    """Many shipments, at most 10,000: asked at the same time and answered in order."""


class CancelRequest(_ShipmentId, _Account, total=False):
    reason: str
    options: Options


class DocumentRequest(_ShipmentId, _Account, total=False):
    """The documents of a `kind`, or one by its `document_id`: an `id` of `documents` in `track`'s reply."""

    kind: Text
    document_id: Id
    save_to: Union[str, "PathLike[str]"]


class ListRequest(_Account, total=False):
    status: Text
    date: Union[str, date]
    cursor: str
    limit: Union[int, str]


class _Body(TypedDict):
    body: Union[str, bytes]


class WebhookRequest(_Body, _Account, total=False):
    headers: Mapping[str, Any]


class DescribeRequest(_Timeout, total=False):
    carrier: Text


class KeysRequest(_Account, total=False):
    open: bool
    cursor: str
    limit: Union[int, str]


class _SettleNeeds(TypedDict):
    idempotency_key: Union[str, UUID]
    made: bool


class SettleRequest(_SettleNeeds, _Account, total=False):
    id: Id


# ---- replies


class FieldProblem(TypedDict):
    field: str
    carrier_field: Optional[str]
    message: str


class _ErrorFields(TypedDict):
    code: str
    message: str
    account: Optional[str]
    carrier: Optional[str]
    operation: Optional[str]
    outcome: str
    retryable: bool
    retry_after_ms: Optional[int]
    http_status: Optional[int]
    carrier_code: Optional[str]
    carrier_message: Optional[str]
    incident: Optional[str]
    request_id: Optional[str]
    fields: List[FieldProblem]
    attempts: int
    elapsed_ms: int
    created: Any
    raw: Any


class Error(_ErrorFields, total=False):
    """An error inside a reply. `flete.Error.from_dict` makes the exception of it."""

    failures: List["Failure"]


class Failure(TypedDict):
    account: str
    carrier: str
    error: Error


class Skipped(TypedDict):
    account: str
    carrier: str
    reason: str


class Charge(TypedDict):
    code: str
    description: str
    amount: Money


class VolumetricWeight(TypedDict):
    value: Any
    unit: str


class Rate(TypedDict):
    account: str
    carrier: str
    environment: str
    service: Service
    total: Optional[Money]
    breakdown: List[Charge]
    estimated_delivery: Optional[str]
    distance_km: Any
    volumetric_weight: Optional[VolumetricWeight]
    raw: Any


class Rates(TypedDict):
    rates: List[Rate]
    failures: List[Failure]
    skipped: List[Skipped]
    elapsed_ms: int


class _DocumentFacts(TypedDict):
    kind: str
    content_type: Optional[str]
    size: Optional[int]


class Document(_DocumentFacts, total=False):
    """A file; its content is one of `base64`, `path`, `url`."""

    base64: str
    path: str
    url: str


class Documents(TypedDict):
    documents: List[Document]


class Shipment(TypedDict):
    account: str
    carrier: str
    environment: str
    id: Optional[str]
    tracking_number: Optional[str]
    reference: Optional[str]
    status: str
    carrier_status: Optional[str]
    price: Optional[Money]
    tracking_url: Optional[str]
    label: Optional[Document]
    created_at: Optional[str]
    replayed: bool
    raw: Any


class Shipments(TypedDict):
    shipments: List[Shipment]
    next_cursor: Optional[str]


class Event(TypedDict):
    at: Optional[str]
    status: str
    code: Optional[str]
    description: Optional[str]
    location: Optional[str]


Window = TypedDict("Window", {"from": Optional[str], "to": Optional[str]})


class DocumentRef(TypedDict):
    kind: str
    id: Optional[str]


class Comment(TypedDict):
    at: Optional[str]
    text: str


class Courier(TypedDict):
    name: Optional[str]
    phone: Optional[str]
    plate: Optional[str]
    vehicle: Optional[str]
    photo_url: Optional[str]


class Tracking(TypedDict):
    account: str
    carrier: str
    environment: str
    id: str
    tracking_number: Optional[str]
    reference: Optional[str]
    status: str
    carrier_status: Optional[str]
    description: Optional[str]
    events: List[Event]
    picked_up_at: Optional[str]
    delivered_at: Optional[str]
    estimated_pickup: Optional[Window]
    estimated_delivery: Optional[Window]
    documents: List[DocumentRef]
    comments: List[Comment]
    courier: Optional[Courier]
    signed_by: Optional[str]
    tracking_url: Optional[str]
    raw: Any


class _Envelope(TypedDict):
    ok: bool


class Envelope(_Envelope, total=False):
    """One of `results`: `data` when it is `ok`, `error` when it isn't."""

    data: Tracking
    error: Error


class Trackings(TypedDict):
    results: List[Envelope]


class Cancelled(TypedDict):
    account: str
    id: str
    status: str
    raw: Any


class Push(TypedDict):
    kind: str
    shipment_id: Optional[str]
    reference: Optional[str]
    status: str
    event: Event
    courier: Optional[Courier]
    tracking_url: Optional[str]
    dedupe_key: str
    raw: Any


class Key(TypedDict):
    account: str
    idempotency_key: str
    status: str
    started_at: str
    sent_at: Optional[str]
    attempts: int
    shipment_id: Optional[str]


class Keys(TypedDict):
    keys: List[Key]
    next_cursor: Optional[str]


class Settled(TypedDict):
    account: str
    idempotency_key: str
    made: bool
    id: Optional[str]


class _Offers(TypedDict):
    source: str
    assumed: str
    supports: Dict[str, bool]
    methods: List[str]
    finds_lost_creates: bool


class Generation(_Offers):
    """One of several APIs of a carrier, by the account's setting `api`."""

    api: str
    default: bool


class _Generational(TypedDict, total=False):
    api: Optional[str]


class Setting(_Generational):
    """What an account of a carrier may have. `api`: only in this generation of the carrier's API."""

    name: str
    type: str
    required: bool
    secret: bool
    description: str


_ParameterNeeds = TypedDict(
    "_ParameterNeeds",
    {"name": str, "in": str, "type": str, "required": bool, "schema": Dict[str, Any], "description": str},
)
_ParameterMore = TypedDict("_ParameterMore", {"$defs": Dict[str, Any], "max": int}, total=False)


class Parameter(_ParameterNeeds, _ParameterMore):
    """What an operation takes."""


class Operation(_Generational):
    """An operation of a carrier's own API, for `call`."""

    name: str
    alias: Optional[str]
    method: str
    also: Optional[str]
    path: str
    parameters: List[Parameter]
    body_encoding: Optional[str]
    body_wrapped_in: Optional[str]
    one_of: List[str]
    at_most_one_of: List[str]
    reply: str
    paged: bool
    safety: str
    source: str
    since: Optional[str]


class _CarrierFacts(_Offers):
    code: str
    name: str
    country: str
    settings: List[Setting]
    operations: List[Operation]


class CarrierDescription(_CarrierFacts, total=False):
    """`generations`: of its API, where it has several; what stands beside them is the default's."""

    generations: List[Generation]


class Description(TypedDict):
    version: str
    carriers: List[CarrierDescription]
    methods: Dict[str, Any]
    envelope: Dict[str, Any]
    error: Dict[str, Any]
    config: Dict[str, Any]

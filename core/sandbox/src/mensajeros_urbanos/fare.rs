//! What a service costs and how far it goes. The tariff is made up around the API reference's one sample: 3 km, there and back, 4900 pesos.

use super::check::{Order, Point};
use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash, Hasher as _};

pub(super) const BASE: i64 = 2900;
pub(super) const BASE_KM: i64 = 2;
pub(super) const PER_KM: i64 = 1000;
const PER_STOP: i64 = 1500;
pub(super) const ROUND_TRIP: i64 = 1000;
const PARKING: i64 = 1000;

/// The data of the reply of `/delivery/calculation`. A full breakdown has parts that the API reference's sample doesn't.
pub(super) fn quote(order: &Order, full: bool) -> Value {
    let distance = distance(order);
    let more = (distance - BASE_KM).max(0);
    let by_distance = more * PER_KM;
    let by_stops = (stops(order) - 1).max(0) * PER_STOP;
    let back = i64::from(order.round_trip);
    let surcharge = by_distance + by_stops + back * ROUND_TRIP;
    let mut quote = json!({
        "base_value": BASE,
        "distance_surcharge": by_distance,
        "surcharge_stops": by_stops,
        "roundtrip_surcharge": back * ROUND_TRIP,
        "total_service": BASE + surcharge,
        "total_distance": distance,
        "total_surcharge": surcharge,
        "stops": stops(order),
        "add_distancia": more,
        "surcharge_KM": PER_KM,
        "roundtrip": back,
    });
    if full {
        let insurance = insurance(order.declared_value);
        let iva = iva(BASE + surcharge + insurance + PARKING);
        quote["insurance_surcharge"] = insurance.into();
        quote["parking_surcharge"] = PARKING.into();
        quote["iva"] = iva.into();
        quote["total_surcharge"] = (surcharge + insurance + PARKING).into();
        quote["total_service"] = (BASE + surcharge + insurance + PARKING + iva).into();
    }
    quote
}

/// A hundredth of what is declared. The least that v2 lets an order declare, 100 pesos, costs nothing: an order is as dear as its quote.
pub(super) fn insurance(declared_value: i64) -> i64 {
    if declared_value > 100 { declared_value / 100 } else { 0 }
}

/// Colombia's value added tax, 19 %.
pub(super) fn iva(pesos: i64) -> i64 {
    pesos.saturating_mul(19) / 100
}

/// Whole pesos.
pub(super) fn total(order: &Order, full: bool) -> i64 {
    let quote = quote(order, full);
    quote["total_service"].as_i64().unwrap_or(BASE)
}

/// The points after the first.
fn stops(order: &Order) -> i64 {
    i64::try_from(order.points.len()).unwrap_or(i64::MAX) - 1
}

/// Whole kilometres, from point to point.
pub(super) fn distance(order: &Order) -> i64 {
    let legs = order.points.windows(2).map(|pair| match pair {
        [from, to] => leg(from, to),
        _ => 0.0,
    });
    // A leg is at most the breadth of Colombia, so the sum of a request's legs is far from the limits of an i64.
    (legs.sum::<f64>().ceil() as i64).max(1)
}

fn leg(from: &Point, to: &Point) -> f64 {
    if let (Some(from), Some(to)) = (from.place, to.place) {
        return great_circle(from, to);
    }
    between(&from.address, &to.address)
}

/// Kilometres between two addresses, always the same for the same two.
pub(super) fn between(from: &str, to: &str) -> f64 {
    1.0 + (hash(&(from, to)) % 110) as f64 / 10.0
}

fn great_circle(from: (f64, f64), to: (f64, f64)) -> f64 {
    let (lat1, lat2) = (from.0.to_radians(), to.0.to_radians());
    let half = |a: f64, b: f64| ((b - a) / 2.0).sin().powi(2);
    let across = half(from.1.to_radians(), to.1.to_radians());
    let a = half(lat1, lat2) + lat1.cos() * lat2.cos() * across;
    2.0 * 6371.0 * a.sqrt().min(1.0).asin()
}

/// Where an address is: what was sent, else a place near the city's centre that is always the same for the same address.
pub(super) fn place(point: &Point, city: i64) -> (f64, f64) {
    point.place.unwrap_or_else(|| near(&point.address, city))
}

/// Somewhere near the city's centre.
pub(super) fn near(address: &str, city: i64) -> (f64, f64) {
    let (lat, lng) = centre(city);
    let hash = hash(&address);
    let off = |part: u64| (part % 1000) as f64 / 10_000.0 - 0.05;
    (lat + off(hash), lng + off(hash >> 32))
}

fn centre(city: i64) -> (f64, f64) {
    match city {
        2 => (3.4516, -76.5320),
        3 => (6.2442, -75.5812),
        4 => (10.9685, -74.7813),
        5 => (4.1420, -73.6266),
        8 => (10.3910, -75.4794),
        9 => (11.2408, -74.1990),
        10 => (7.1193, -73.1227),
        11 => (4.4389, -75.2322),
        _ => (4.6762, -74.0505),
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

//! Where a shipment is, in one vocabulary.

use serde::{Deserialize, Serialize};

/// The state of a shipment. What a carrier's API reference doesn't define is `unknown`, never guessed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
#[non_exhaustive]
pub enum Status {
    PreTransit,
    PickedUp,
    InTransit,
    OutForDelivery,
    AvailableForPickup,
    Delivered,
    PickupFailed,
    DeliveryFailed,
    OnHold,
    Returning,
    Returned,
    Cancelled,
    #[default]
    Unknown,
}

/// Every status, as it is in JSON.
pub const STATUSES: &[&str] = &[
    "pre_transit",
    "picked_up",
    "in_transit",
    "out_for_delivery",
    "available_for_pickup",
    "delivered",
    "pickup_failed",
    "delivery_failed",
    "on_hold",
    "returning",
    "returned",
    "cancelled",
    "unknown",
];

impl Status {
    /// The status with this name.
    pub fn named(name: &str) -> Option<Self> {
        crate::json::from_value(name.into()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_status() {
        for name in STATUSES {
            let status = Status::named(name).unwrap();
            assert_eq!(crate::json::to_value(&status).unwrap(), *name);
        }
        assert_eq!(Status::named("lost"), None);
    }
}

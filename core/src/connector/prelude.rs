//! What every carrier imports: `use crate::connector::prelude::*`.

pub(crate) use super::body::Body;
pub(crate) use super::endpoint::{Endpoint, Params};
pub(crate) use super::lenient::{as_text, decimal, instant_of, list, text};
pub(crate) use super::native::Native;
pub(crate) use super::session::Session;
pub(crate) use super::{Ability, Api, Carrier, Opened, Page, Reference, Refusal, Settings, nameless};
pub(crate) use crate::json::{Value, json};
pub(crate) use crate::model::address::{Address, filled};
pub(crate) use crate::model::measure::json_number;
pub(crate) use crate::model::money::Money;
pub(crate) use crate::model::parcel::Parcel;
pub(crate) use crate::model::reply::{Cancelled, Document, Event, Push, Rate, Service, Shipment, Tracking};
pub(crate) use crate::model::request::{self, Create, Quote, Wanted};
pub(crate) use crate::model::shape::{Field, Kind, Shape, TEXT, opt, req};
pub(crate) use crate::model::{Code, Error, Outcome, Status, Token};
pub(crate) use crate::net::http::{Draft, Reply};
pub(crate) use async_trait::async_trait;
pub(crate) use jiff::tz::{self, TimeZone};
pub(crate) use rust_decimal::Decimal;

//! The methods with structs in and out. Inside, it is the same JSON that every other language sends and gets, so that
//! both ways return the same.

use crate::client::Client;
use crate::json::Value;
use crate::model::Error;
use crate::model::reply::Documents;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What the typed methods take. An optional field is an `Option`, a list or a `bool`. `new` takes the required fields;
/// set others with the update syntax: `Quote { urgent: true, ..Quote::new(origin, destination, parcels) }`.
pub mod request {
    pub use crate::model::address::Address;
    pub use crate::model::measure::{Amount, Dimensions, Weight};
    pub use crate::model::money::Money;
    pub use crate::model::parcel::Parcel;
    pub use crate::model::request::{
        Cancel, CashOnDelivery, ChosenRate, Create, Document, Item, Keys, List, Notify, Options, Pickup, Quote, Settle,
        ShipmentId, Track, Webhook,
    };
}

/// What the typed methods return. Fields may be added.
pub mod reply {
    pub use crate::model::measure::{Amount, Weight};
    pub use crate::model::money::Money;
    pub use crate::model::reply::{
        Cancelled, Charge, Comment, Courier, Document, DocumentRef, Event, Failure, Key, Keys, Push, Rate, Rates,
        Service, Settled, Shipment, Shipments, Skipped, Tracking, Window,
    };
}

/// A reply, or an error that would be a bug: flete can't read what it wrote itself.
fn read<T: DeserializeOwned>(reply: Value) -> Result<T, Error> {
    crate::json::from_value(reply)
        .map_err(|error| Error::internal(format!("the reply can't be read: {error}")).caused_by(error))
}

/// The methods, typed. The examples share a client of the simulator:
///
/// ```
/// # #[cfg(feature = "sandbox")] {
/// use flete::Client;
/// use flete::request::{Address, Create, Dimensions, Parcel, Quote, Weight};
///
/// let client = Client::open(
///     r#"{"state": "memory", "accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox"}]}"#,
/// )?;
/// let shop = Address {
///     company: Some("Tienda ABC".into()),
///     street: Some("Del parque, 125 sur".into()),
///     district_code: Some("11501".into()),
///     phone: Some("22223333".into()),
///     ..Address::default()
/// };
/// let home = Address {
///     name: Some("Josué Blanco".into()),
///     street: Some("Residencial Lilliput 4".into()),
///     district_code: Some("11605".into()),
///     ..Address::default()
/// };
/// let parcels = vec![Parcel {
///     dimensions: Some(Dimensions::new([20, 20, 15], "cm")),
///     ..Parcel::new(Weight::new(389, "g"))
/// }];
///
/// for rate in client.quote(&Quote::new(shop.clone(), home.clone(), parcels.clone()))?.rates {
///     println!("{} {:?}", rate.account, rate.total.map(|total| total.text()));
/// }
/// let shipment = client.create(&Create {
///     reference: Some("order-1".into()),
///     ..Create::new("order-1", shop, home, parcels)
/// })?;
/// println!("{:?} {:?}", shipment.id, shipment.status);
/// # }
/// # Ok::<(), flete::Error>(())
/// ```
impl Client {
    fn typed<T: DeserializeOwned>(&self, method: &str, request: &impl Serialize) -> Result<T, Error> {
        let request = crate::json::to_value(request)
            .map_err(|error| Error::internal(format!("the request can't be written: {error}")).caused_by(error))?;
        read(self.ask(method, request)?)
    }

    /// Prices from every account that can quote.
    ///
    /// # Errors
    /// As [`Client::call`].
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")] {
    /// # use flete::Client;
    /// # use flete::request::*;
    /// # let client = Client::open(
    /// #     r#"{"state": "memory", "accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox"}]}"#,
    /// # )?;
    /// # let place = |district: &str| Address {
    /// #     name: Some("Ana Ruiz".into()), street: Some("Calle 9".into()), phone: Some("22223333".into()),
    /// #     district_code: Some(district.into()), ..Address::default()
    /// # };
    /// # let (shop, home) = (place("11501"), place("11605"));
    /// # let parcels = vec![Parcel {
    /// #     dimensions: Some(Dimensions::new([20, 20, 15], "cm")), ..Parcel::new(Weight::new(389, "g"))
    /// # }];
    /// let quote = client.quote(&Quote::new(shop, home, parcels))?;
    /// assert_eq!(quote.rates[0].account, "cr");
    /// # }
    /// # Ok::<(), flete::Error>(())
    /// ```
    pub fn quote(&self, request: &request::Quote) -> Result<reply::Rates, Error> {
        self.typed("quote", request)
    }

    /// A shipment, made once: the same `idempotency_key` never makes a second one.
    ///
    /// # Errors
    /// As [`Client::call`].
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")] {
    /// # use flete::Client;
    /// # use flete::request::*;
    /// # let client = Client::open(
    /// #     r#"{"state": "memory", "accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox"}]}"#,
    /// # )?;
    /// # let place = |district: &str| Address {
    /// #     name: Some("Ana Ruiz".into()), street: Some("Calle 9".into()), phone: Some("22223333".into()),
    /// #     district_code: Some(district.into()), ..Address::default()
    /// # };
    /// # let (shop, home) = (place("11501"), place("11605"));
    /// # let parcels = vec![Parcel {
    /// #     dimensions: Some(Dimensions::new([20, 20, 15], "cm")), ..Parcel::new(Weight::new(389, "g"))
    /// # }];
    /// let order = Create::new("order-1", shop, home, parcels);
    /// let shipment = client.create(&order)?;
    /// assert_eq!(client.create(&order)?.id, shipment.id);
    /// # }
    /// # Ok::<(), flete::Error>(())
    /// ```
    pub fn create(&self, request: &request::Create) -> Result<reply::Shipment, Error> {
        self.typed("create", request)
    }

    /// Where a shipment is. Of many at once, see [`Client::track_many`].
    ///
    /// # Errors
    /// As [`Client::call`].
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")] {
    /// # use flete::Client;
    /// # use flete::request::*;
    /// # let client = Client::open(
    /// #     r#"{"state": "memory", "accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox"}]}"#,
    /// # )?;
    /// # let place = |district: &str| Address {
    /// #     name: Some("Ana Ruiz".into()), street: Some("Calle 9".into()), phone: Some("22223333".into()),
    /// #     district_code: Some(district.into()), ..Address::default()
    /// # };
    /// # let (shop, home) = (place("11501"), place("11605"));
    /// # let parcels = vec![Parcel {
    /// #     dimensions: Some(Dimensions::new([20, 20, 15], "cm")), ..Parcel::new(Weight::new(389, "g"))
    /// # }];
    /// # let shipment = client.create(&Create::new("order-1", shop, home, parcels))?;
    /// # let id = shipment.id.unwrap_or_default();
    /// let tracking = client.track(&Track::new("cr", id))?;
    /// println!("{:?}", tracking.status);
    /// # }
    /// # Ok::<(), flete::Error>(())
    /// ```
    pub fn track(&self, request: &request::Track) -> Result<reply::Tracking, Error> {
        self.typed("track", request)
    }

    /// Where many shipments are, in the order given, each with its own result.
    ///
    /// # Errors
    /// As [`Client::call`], if none could be asked.
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")] {
    /// # use flete::Client;
    /// # use flete::request::*;
    /// # let client = Client::open(
    /// #     r#"{"state": "memory", "accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox"}]}"#,
    /// # )?;
    /// # let place = |district: &str| Address {
    /// #     name: Some("Ana Ruiz".into()), street: Some("Calle 9".into()), phone: Some("22223333".into()),
    /// #     district_code: Some(district.into()), ..Address::default()
    /// # };
    /// # let (shop, home) = (place("11501"), place("11605"));
    /// # let parcels = vec![Parcel {
    /// #     dimensions: Some(Dimensions::new([20, 20, 15], "cm")), ..Parcel::new(Weight::new(389, "g"))
    /// # }];
    /// # let shipment = client.create(&Create::new("order-1", shop, home, parcels))?;
    /// # let id = shipment.id.unwrap_or_default();
    /// let all = client.track_many(&[ShipmentId::new("cr", id), ShipmentId::new("cr", "no-such")])?;
    /// assert!(all[0].is_ok() && all[1].is_err());
    /// # }
    /// # Ok::<(), flete::Error>(())
    /// ```
    pub fn track_many(&self, shipments: &[request::ShipmentId]) -> Result<Vec<Result<reply::Tracking, Error>>, Error> {
        let asked = request::Track { shipments: Some(shipments.to_vec()), ..request::Track::default() };
        let envelopes: Envelopes = self.typed("track", &asked)?;
        envelopes.results.into_iter().map(Envelope::read).collect()
    }

    /// Cancel a shipment, where the carrier still can.
    ///
    /// # Errors
    /// As [`Client::call`].
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")] {
    /// # use flete::Client;
    /// # use flete::request::*;
    /// # let client = Client::open(
    /// #     r#"{"state": "memory", "accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox"}]}"#,
    /// # )?;
    /// # let place = |district: &str| Address {
    /// #     name: Some("Ana Ruiz".into()), street: Some("Calle 9".into()), phone: Some("22223333".into()),
    /// #     district_code: Some(district.into()), ..Address::default()
    /// # };
    /// # let (shop, home) = (place("11501"), place("11605"));
    /// # let parcels = vec![Parcel {
    /// #     dimensions: Some(Dimensions::new([20, 20, 15], "cm")), ..Parcel::new(Weight::new(389, "g"))
    /// # }];
    /// # let shipment = client.create(&Create::new("order-1", shop, home, parcels))?;
    /// # let id = shipment.id.unwrap_or_default();
    /// let cancelled = client.cancel(&Cancel::new("cr", id))?;
    /// assert_eq!(cancelled.status, flete::Status::Cancelled);
    /// # }
    /// # Ok::<(), flete::Error>(())
    /// ```
    pub fn cancel(&self, request: &request::Cancel) -> Result<reply::Cancelled, Error> {
        self.typed("cancel", request)
    }

    /// A label or a proof.
    ///
    /// # Errors
    /// As [`Client::call`].
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")] {
    /// # use flete::Client;
    /// # use flete::request::*;
    /// # let client = Client::open(
    /// #     r#"{"state": "memory", "accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox"}]}"#,
    /// # )?;
    /// # let place = |district: &str| Address {
    /// #     name: Some("Ana Ruiz".into()), street: Some("Calle 9".into()), phone: Some("22223333".into()),
    /// #     district_code: Some(district.into()), ..Address::default()
    /// # };
    /// # let (shop, home) = (place("11501"), place("11605"));
    /// # let parcels = vec![Parcel {
    /// #     dimensions: Some(Dimensions::new([20, 20, 15], "cm")), ..Parcel::new(Weight::new(389, "g"))
    /// # }];
    /// # let shipment = client.create(&Create::new("order-1", shop, home, parcels))?;
    /// # let id = shipment.id.unwrap_or_default();
    /// let label = client.document(&Document::new("cr", id, "label"))?;
    /// assert_eq!(label[0].content_type.as_deref(), Some("application/pdf"));
    /// # }
    /// # Ok::<(), flete::Error>(())
    /// ```
    pub fn document(&self, request: &request::Document) -> Result<Vec<reply::Document>, Error> {
        self.typed("document", request).map(|reply: Documents| reply.documents)
    }

    /// One page of the shipments that the carrier has.
    ///
    /// # Errors
    /// As [`Client::call`].
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")] {
    /// # use flete::Client;
    /// # use flete::request::*;
    /// # let client = Client::open(
    /// #     r#"{"state": "memory", "accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox"}]}"#,
    /// # )?;
    /// # let place = |district: &str| Address {
    /// #     name: Some("Ana Ruiz".into()), street: Some("Calle 9".into()), phone: Some("22223333".into()),
    /// #     district_code: Some(district.into()), ..Address::default()
    /// # };
    /// # let (shop, home) = (place("11501"), place("11605"));
    /// # let parcels = vec![Parcel {
    /// #     dimensions: Some(Dimensions::new([20, 20, 15], "cm")), ..Parcel::new(Weight::new(389, "g"))
    /// # }];
    /// # let shipment = client.create(&Create::new("order-1", shop, home, parcels))?;
    /// # let id = shipment.id.unwrap_or_default();
    /// let page = client.list(&List::new("cr"))?;
    /// assert_eq!(page.shipments[0].id, Some(id));
    /// # }
    /// # Ok::<(), flete::Error>(())
    /// ```
    pub fn list(&self, request: &request::List) -> Result<reply::Shipments, Error> {
        self.typed("list", request)
    }

    /// A carrier's push, checked and read. Nothing is sent.
    ///
    /// # Errors
    /// As [`Client::call`].
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")] {
    /// # use flete::Client;
    /// # use flete::request::*;
    /// # let client = Client::open(
    /// #     r#"{"state": "memory", "accounts": [{"id": "co", "carrier": "mensajeros_urbanos", "environment":
    /// "sandbox", "webhook_token": "t"}]}"#,
    /// # )?;
    /// let push = client.webhook(&Webhook::new("co", r#"{"token": "t", "details": {"uuid": "7", "status_code":
    /// 1}}"#))?; assert_eq!(push.shipment_id.as_deref(), Some("7"));
    /// # }
    /// # Ok::<(), flete::Error>(())
    /// ```
    pub fn webhook(&self, request: &request::Webhook) -> Result<reply::Push, Error> {
        self.typed("webhook", request)
    }

    /// The recorded idempotency keys, with their state.
    ///
    /// # Errors
    /// As [`Client::call`].
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")] {
    /// # use flete::Client;
    /// # use flete::request::*;
    /// # let client = Client::open(
    /// #     r#"{"state": "memory", "accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox"}]}"#,
    /// # )?;
    /// # let place = |district: &str| Address {
    /// #     name: Some("Ana Ruiz".into()), street: Some("Calle 9".into()), phone: Some("22223333".into()),
    /// #     district_code: Some(district.into()), ..Address::default()
    /// # };
    /// # let (shop, home) = (place("11501"), place("11605"));
    /// # let parcels = vec![Parcel {
    /// #     dimensions: Some(Dimensions::new([20, 20, 15], "cm")), ..Parcel::new(Weight::new(389, "g"))
    /// # }];
    /// # let shipment = client.create(&Create::new("order-1", shop, home, parcels))?;
    /// # let id = shipment.id.unwrap_or_default();
    /// let page = client.keys(&Keys::default())?;
    /// assert_eq!((page.keys[0].status.as_str(), &page.keys[0].shipment_id), ("done", &Some(id)));
    /// # }
    /// # Ok::<(), flete::Error>(())
    /// ```
    pub fn keys(&self, request: &request::Keys) -> Result<reply::Keys, Error> {
        self.typed("keys", request)
    }

    /// Record whether a create whose outcome is unknown made its shipment; check with the carrier first.
    ///
    /// # Errors
    /// As [`Client::call`].
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")] {
    /// # use flete::Client;
    /// # use flete::request::*;
    /// # let client = Client::open(
    /// #     r#"{"state": "memory", "accounts": [{"id": "cr", "carrier": "fruno", "environment": "sandbox"}]}"#,
    /// # )?;
    /// let nothing = client.settle(&Settle::new("cr", "order-1", false));
    /// assert_eq!(nothing.map(|_| ()).map_err(|error| error.code), Err(flete::Code::NotFound));
    /// # }
    /// # Ok::<(), flete::Error>(())
    /// ```
    pub fn settle(&self, request: &request::Settle) -> Result<reply::Settled, Error> {
        self.typed("settle", request)
    }
}

/// The reply of `track` for many shipments.
#[derive(Deserialize)]
struct Envelopes {
    results: Vec<Envelope>,
}

/// One of them.
#[derive(Deserialize)]
struct Envelope {
    data: Option<reply::Tracking>,
    error: Option<Error>,
}

impl Envelope {
    fn read(self) -> Result<Result<reply::Tracking, Error>, Error> {
        match (self.data, self.error) {
            (Some(tracking), None) => Ok(Ok(tracking)),
            (None, Some(error)) => Ok(Err(error)),
            _ => Err(Error::internal("a result is neither a tracking nor an error")),
        }
    }
}

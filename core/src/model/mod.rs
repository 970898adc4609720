//! The vocabulary every carrier is translated to and from: addresses, parcels, money, rates, shipments,
//! tracking, errors, and the shapes that describe them. It does no I/O, and imports nothing of the rest of flete.

pub(crate) mod address;
pub(crate) mod check;
pub(crate) mod error;
pub(crate) mod measure;
pub(crate) mod money;
pub(crate) mod normal;
pub(crate) mod parcel;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod rules;
pub(crate) mod shape;
pub(crate) mod status;
pub(crate) mod token;

pub(crate) use error::Why;
pub use error::{Code, Error, FieldProblem, Outcome};
pub use status::Status;
pub use token::Token;

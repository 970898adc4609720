//! Prices ("quote_requests" of October 2026). Apunto's people price a quote request; there is no price without one, and
//! making one to get a price would leave a record in their sales that nobody asked for.

use super::endpoints::PRICINGS_LIST;
use super::replies;
use crate::connector::prelude::*;
use crate::model::FieldProblem;

const QUOTE_REQUEST_ID: &str = "quote_request_id";

/// What a quote's `options` take.
pub(super) const OPTIONS: &[&[Field]] =
    &[&[opt(QUOTE_REQUEST_ID, Kind::Id, "the quote request whose published prices are read")]];

/// Why there is no price for these native fields.
pub(super) fn missing(native: &Native<'_>) -> Option<&'static str> {
    let given = native.get(QUOTE_REQUEST_ID).and_then(as_text);
    given.is_none().then_some("Apunto has prices of a quote request only; name it in `options.apunto.quote_request_id`")
}

pub(super) async fn quote(session: &Session<'_>, request: &Quote) -> Result<Vec<Rate>, Error> {
    let native = session.native(Ability::Quote, &request.options);
    let id = native.get(QUOTE_REQUEST_ID).and_then(as_text).unwrap_or_default();
    let place = format!("{}.{QUOTE_REQUEST_ID}", native.place());
    let answer = session.perform(&PRICINGS_LIST, Params::none().path(QUOTE_REQUEST_ID, id)).await;
    let answer = answer.map_err(|mut error| {
        if error.code == Code::NotFound {
            error.edit().fields.push(FieldProblem::new(place, "is no quote request of this account"));
        }
        error
    })?;
    let rates: Vec<Rate> = list(&answer.clean(session), "pricings").iter().filter_map(replies::rate).collect();
    if rates.is_empty() {
        let message = "Apunto has published no price for this quote request yet; ask again later";
        let mut error = Error::new(Code::NotReady, message);
        error.edit().operation = Some(PRICINGS_LIST.name.to_owned());
        return Err(error);
    }
    Ok(rates)
}

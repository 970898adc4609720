//! Asks every account at once for a price. A slow or failing carrier doesn't affect the others' rates.

use super::stamp::Stamp;
use super::{Context, placed, read_options, unsupported, written};
use crate::connector::{Ability, Account};
use crate::json::Value;
use crate::model::reply::{Failure, Rate, Rates, Skipped};
use crate::model::request::{self, Quote};
use crate::model::{Code, Error};
use crate::net::call::elapsed_ms;
use futures_util::future::join_all;

pub(super) async fn run(context: &Context<'_>, request: Value) -> Result<String, Error> {
    let mut request: Quote = request::read(request, &request::QUOTE)?;
    read_options(context, Ability::Quote, None, &mut request.options)?;
    if request.parcels.is_empty() {
        return Err(Error::invalid("parcels", "is empty; at least one parcel is needed"));
    }
    let named = request.accounts.is_some();
    let asked: Vec<&Account> = match &request.accounts {
        Some(ids) => {
            let mut accounts: Vec<&Account> = Vec::new();
            for (index, id) in ids.iter().enumerate() {
                let account = context.client.config.account(Some(id), |_| true).map_err(|mut error| {
                    error.edit().fields.iter_mut().for_each(|problem| problem.field = format!("accounts[{index}]"));
                    error.edit().message =
                        format!("accounts[{index}]: {}", error.fields.first().map_or("", |p| &p.message));
                    error
                })?;
                if !accounts.iter().any(|other| other.id == account.id) {
                    accounts.push(account);
                }
            }
            accounts
        }
        None => context.client.config.accounts.iter().map(AsRef::as_ref).collect(),
    };
    if asked.is_empty() {
        return Err(Error::invalid("accounts", "is empty; name at least one account, or leave it out to ask all"));
    }
    let (mut able, mut unable) = (Vec::new(), Vec::new());
    for account in asked {
        match why_not(context, account, &request) {
            None => able.push(account),
            Some(why) => unable.push((account, why)),
        }
    }
    let skipped: Vec<Skipped> = unable
        .iter()
        .filter(|_| !named)
        .map(|(account, why)| Skipped {
            account: account.id.clone(),
            carrier: account.carrier.code.into(),
            reason: why.clone(),
        })
        .collect();
    let mut failures: Vec<(&Account, Error)> = if named {
        unable
            .iter()
            .map(|(account, why)| {
                let session = context.session(account, context.call);
                (*account, placed(&session, refused(account, why)))
            })
            .collect()
    } else {
        Vec::new()
    };
    if let Some(day) = &request.ship_date {
        in_time(context, &able, day)?;
    }
    let answers = join_all(able.iter().map(|account| ask(context, account, &request))).await;
    let mut rates: Vec<Rate> = Vec::new();
    for (account, answer) in able.iter().zip(answers) {
        match answer {
            Ok(found) => rates.extend(found),
            Err(error) => failures.push((account, error)),
        }
    }
    if rates.is_empty() && !failures.is_empty() {
        return Err(match failures.len() {
            1 => failures.swap_remove(0).1,
            _ => all_failed(failures),
        });
    }
    if able.is_empty() {
        let why = unable.first().map_or("", |(_, why)| why);
        let message =
            format!("no account can be asked for a price: {why}; add one that offers quotes (`describe` lists them)");
        return Err(Error::new(Code::Unsupported, message));
    }
    sort(&mut rates);
    let failures = failures.into_iter().map(failure).collect();
    written(&Rates { rates, failures, skipped, elapsed_ms: elapsed_ms(context.call.started) })
}

/// Why an account can't be asked for a price of this.
fn why_not(context: &Context<'_>, account: &Account, request: &Quote) -> Option<String> {
    if !account.carrier.can(Ability::Quote) {
        return Some(format!("{} offers no quotes", account.carrier.name));
    }
    let session = context.session(account, context.call);
    account.api.no_quote(&session.native(Ability::Quote, &request.options)).map(str::to_owned)
}

fn refused(account: &Account, why: &str) -> Error {
    if account.carrier.can(Ability::Quote) {
        Error::new(Code::Unsupported, why)
    } else {
        unsupported(account, Ability::Quote)
    }
}

/// Refuses a `ship_date` that is over at an account's carrier.
fn in_time(context: &Context<'_>, accounts: &[&Account], day: &str) -> Result<(), Error> {
    for account in accounts {
        let today = context.session(account, context.call).local_now()?.date().to_string();
        // Both are `YYYY-MM-DD`.
        if *day < *today {
            let name = account.carrier.name;
            return Err(Error::invalid("ship_date", format!("`{day}` is in the past; at {name} it is {today}")));
        }
    }
    Ok(())
}

fn failure((account, error): (&Account, Error)) -> Failure {
    Failure { account: account.id.clone(), carrier: account.carrier.code.into(), error }
}

fn all_failed(failures: Vec<(&Account, Error)>) -> Error {
    let (count, first) = (failures.len(), &failures[0]);
    let mut error = Error::new(
        Code::AllFailed,
        format!("all {count} accounts failed; the first, {}: {} (see failures)", first.0.id, first.1.message),
    );
    error.edit().retryable = failures.iter().any(|(_, error)| error.retryable);
    error.edit().attempts = failures.iter().map(|(_, error)| error.attempts).sum();
    let failures: Vec<Failure> = failures.into_iter().map(failure).collect();
    error.edit().failures = Some(crate::json::of(&failures));
    error
}

async fn ask(context: &Context<'_>, account: &Account, request: &Quote) -> Result<Vec<Rate>, Error> {
    let call = context.call.sibling();
    let session = context.session(account, &call);
    let asked = tokio::time::timeout_at(call.deadline, account.api.quote(&session, request)).await;
    let answer =
        asked.unwrap_or_else(|_| Err(Error::new(Code::Timeout, "no price came in time; allow more with `timeout_ms`")));
    let mut rates = answer.map_err(|error| placed(&session, error))?;
    rates.iter_mut().for_each(|rate| rate.stamp(account));
    Ok(rates)
}

/// Sorts by currency, then amount, then account; rates without a total come last.
fn sort(rates: &mut [Rate]) {
    rates.sort_by(|one, other| match (&one.total, &other.total) {
        (Some(a), Some(b)) => (&a.currency, a.amount.0, &one.account).cmp(&(&b.currency, b.amount.0, &other.account)),
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (None, None) => one.account.cmp(&other.account),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::money::Money;
    use rust_decimal::Decimal;

    #[test]
    fn rates_go_by_currency_then_amount_then_account_and_unreadable_ones_last() {
        let rate = |account: &str, total: Option<(i64, &str)>| Rate {
            account: account.to_owned(),
            total: total.map(|(amount, currency)| Money::new(Decimal::from(amount), currency)),
            ..Rate::default()
        };
        let mut rates = [
            rate("x", None),
            rate("b", Some((10, "MXN"))),
            rate("c", Some((90, "COP"))),
            rate("a", Some((10, "MXN"))),
            rate("d", Some((9, "MXN"))),
        ];
        sort(&mut rates);
        assert_eq!(rates.map(|rate| rate.account), ["c", "d", "a", "b", "x"]);
    }
}

//! Completes a carrier's reply, for every carrier alike: the account and carrier it comes from, and the status by the
//! account's `status_map`.

use crate::connector::Account;
use crate::model::reply::{Cancelled, Push, Rate, Shipment, Tracking};

pub(super) trait Stamp {
    fn stamp(&mut self, account: &Account);
}

impl Stamp for Rate {
    fn stamp(&mut self, account: &Account) {
        self.account.clone_from(&account.id);
        self.carrier = account.carrier.code.into();
        self.environment = account.environment.clone().into();
    }
}

impl Stamp for Shipment {
    fn stamp(&mut self, account: &Account) {
        self.account.clone_from(&account.id);
        self.carrier = account.carrier.code.into();
        self.environment = account.environment.clone().into();
        self.status = account.status(self.status_code.as_deref(), self.status);
    }
}

impl Stamp for Tracking {
    fn stamp(&mut self, account: &Account) {
        self.account.clone_from(&account.id);
        self.carrier = account.carrier.code.into();
        self.environment = account.environment.clone().into();
        self.status = account.status(self.status_code.as_deref(), self.status);
        for event in &mut self.events {
            event.status = account.status(event.code.as_deref(), event.status);
        }
    }
}

impl Stamp for Cancelled {
    fn stamp(&mut self, account: &Account) {
        self.account.clone_from(&account.id);
        self.status = account.status(self.status_code.as_deref(), self.status);
    }
}

impl Stamp for Push {
    fn stamp(&mut self, account: &Account) {
        self.status = account.status(self.event.code.as_deref(), self.status);
        self.event.status = self.status;
    }
}

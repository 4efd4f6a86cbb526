//! The hosted pages as the local Stripe has them, and what their buttons do.

use super::live::LocalStripe;
use super::selling::{self, CheckoutAct, CheckoutEnd, CheckoutPage, PortalAct, PortalPage};

impl LocalStripe {
    /// The page of a checkout; none if there is none.
    pub(crate) fn checkout_page(&self, id: &str) -> Option<CheckoutPage> {
        let mut state = self.state();
        state.let_time_pass(&self.moment(None));
        selling::checkout_page(&state.shelf, &state.selling, id)
    }

    /// Does what a button of a checkout says; none if there is no such checkout.
    pub(crate) fn act_on_checkout(&self, id: &str, act: CheckoutAct) -> Option<CheckoutEnd> {
        let mut state = self.state();
        let moment = self.moment(None);
        state.let_time_pass(&moment);
        let (mut writer, selling) = state.parts(&moment, None);
        let end = selling::act_on_checkout(&mut writer, selling, (id, act));
        end.unwrap_or(Some(CheckoutEnd::Impossible))
    }

    /// The page of a portal session; none if there is none.
    pub(crate) fn portal_page(&self, secret: &str) -> Option<PortalPage> {
        let mut state = self.state();
        let moment = self.moment(None);
        state.let_time_pass(&moment);
        let at = (secret, moment.now);
        selling::portal_page(&state.shelf, &state.selling, at)
    }

    /// Does what a button of the portal says: whether it could be done, none if there
    /// is no such session.
    pub(crate) fn act_in_portal(&self, secret: &str, act: &PortalAct) -> Option<bool> {
        let mut state = self.state();
        let moment = self.moment(None);
        state.let_time_pass(&moment);
        let (mut writer, selling) = state.parts(&moment, None);
        let done = selling::act_in_portal(&mut writer, selling, (secret, act));
        done.unwrap_or(Some(false))
    }
}

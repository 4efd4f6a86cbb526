//! What must be gone of each pack by what was returned, for an audit. The planner sets
//! the same targets when it settles an event.

use super::returns::pack_returned;
use super::settlement::pack_share;
use crate::Credits;
use crate::billing::{Invoice, PackLot, Payment};

/// The pack that a payment bought and its clawback target, by what was returned of the
/// payment and of its invoice.
pub fn payment_pack(payment: &Payment, invoice: Option<&Invoice>) -> Option<(PackLot, Credits)> {
    let pack = payment.pack.clone()?;
    let none = Invoice::default();
    let facts = (payment, invoice.unwrap_or(&none));
    let target = pack_share(pack.granted, pack_returned(pack.paid_minor, facts));
    Some((pack, target))
}

/// The packs that an invoice's lines granted, each with its clawback target.
pub fn invoice_packs(invoice: &Invoice) -> Vec<(PackLot, Credits)> {
    let returned = invoice.returned();
    let settled = invoice.settled.iter();
    let packs = settled.flat_map(|settled| &settled.packs);
    let packs = packs.map(|(line, pack)| {
        let target = pack_share(pack.granted, returned.share_of(line));
        (pack.clone(), target)
    });
    packs.collect()
}

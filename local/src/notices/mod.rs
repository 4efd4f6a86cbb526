//! Notices in the local world: the function `notify` on the streams of the embedded
//! tables, with a queue and a mailbox that it calls over the wire as it calls SQS and
//! SES.
//!
//! Nothing runs by itself: [`Notices::pump`] does what Lambda, SQS and time do. The
//! served world pumps in the background.

mod assembled;
mod driver;
mod filter;
mod mailbox;
mod page;
mod queue;
mod receivers;
mod service;
mod sources;

pub use assembled::assemble;
pub use driver::Notices;
pub use mailbox::{Mail, MailFault, Mailbox};
pub(crate) use page::routes;
pub use queue::LocalQueue;
pub use sources::{Source, Sources, failures, sequence_number};

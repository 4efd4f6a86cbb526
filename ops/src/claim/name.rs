//! What is claimed, as a command line names it, and what may become of it.

use clap::ValueEnum;
use shared::store::{ClaimName, FoundClaim, StoreError};

use crate::context::CommandContext;
use crate::ending::Failure;

#[derive(clap::Args, Debug)]
pub(super) struct NameArgs {
    /// What is claimed
    pub(super) kind: Kind,
    /// The address, the customer's id or the subscription's id
    pub(super) name: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Kind {
    /// An e-mail address
    Email,
    /// A Stripe customer
    Customer,
    /// A Stripe subscription
    Subscription,
}

pub(super) async fn find(
    context: &CommandContext,
    args: &NameArgs,
) -> Result<Option<FoundClaim>, Failure> {
    let name = args.parse()?;
    let finding = context.store.find_claim(&name);
    match context.stop.unless_asked(finding).await? {
        Err(StoreError::Damaged(damage)) => {
            let (kind, text) = (args.kind.as_str(), damage.full_text());
            Err(Failure::Could(format!(
                "{text}; `creditsctl claim release {kind} {} --damaged --dry-run` shows the item",
                args.name
            )))
        }
        found => Ok(found?),
    }
}

pub(super) fn must_be_free(args: &NameArgs, found: &FoundClaim) -> Result<(), Failure> {
    let Some(need) = found.needed_by.first() else {
        return Ok(());
    };
    let (what, owner) = (&args.name, &found.owner);
    Err(Failure::Could(format!(
        "{what} is {owner}'s, and {need} needs it; nothing was written"
    )))
}

pub(super) fn unclaimed(args: &NameArgs) -> Failure {
    Failure::Usage(format!("nobody owns {}", args.name))
}

pub(super) fn changed(args: &NameArgs) -> Failure {
    Failure::Could(format!(
        "the owner of {} changed meanwhile, so nothing was written; look again with `creditsctl claim show`",
        args.name
    ))
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Kind::Email => "email",
            Kind::Customer => "customer",
            Kind::Subscription => "subscription",
        }
    }
}

impl NameArgs {
    pub(super) fn parse(&self) -> Result<ClaimName, Failure> {
        let name = &self.name;
        let id = || {
            let parsed = name.parse();
            parsed.map_err(|_| Failure::Usage(format!("{name} is not an id of Stripe's")))
        };
        Ok(match self.kind {
            Kind::Email if name.contains('@') => ClaimName::Email(name.clone()),
            Kind::Email => {
                return Err(Failure::Usage(format!("{name} is not an e-mail address")));
            }
            Kind::Customer => ClaimName::Customer(id()?),
            Kind::Subscription => ClaimName::Subscription(id()?),
        })
    }
}

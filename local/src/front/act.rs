//! The buttons of the page, and what each of them does.

use shared::domain::UserId;
use shared::host::clock::Clock;

use super::notice::{Done, Notice};
use super::{shopping, sign_in, spending, story};
use crate::control::move_world;
use crate::identity::oauth::Form;
use crate::stripe::Scenario;
use crate::world::World;

/// A button.
pub(super) enum Act {
    /// Charge a call of a model.
    Charge,
    /// Hold an amount.
    Hold,
    /// Charge an amount of a hold and release the rest.
    Commit,
    /// Release a hold.
    Release,
    /// Move the clock by a duration.
    Advance(String),
    /// Stop the clock, or let it run.
    Freeze(bool),
    /// Let a story happen at Stripe and deliver its events.
    Story(Scenario),
    /// Sign somebody in by their address.
    SignIn(String),
    /// Buy at a price.
    Buy(String),
    /// Open the customer portal.
    Portal,
}

impl Act {
    /// The button that a form names; none if it names none.
    pub(super) fn read(form: &Form) -> Option<Self> {
        let text = |name: &str| form.get(name).unwrap_or_default().to_string();
        Some(match form.get("do")? {
            "charge" => Act::Charge,
            "hold" => Act::Hold,
            "commit" => Act::Commit,
            "release" => Act::Release,
            "advance" => Act::Advance(text("by")),
            "stop" => Act::Freeze(true),
            "run" => Act::Freeze(false),
            "story" => Act::Story(form.get("story")?.parse().ok()?),
            "sign-in" => Act::SignIn(text("email")),
            "buy" => Act::Buy(text("price")),
            "portal" => Act::Portal,
            _ => return None,
        })
    }

    /// Does it for a user.
    pub(super) async fn run(self, world: &World, user: &UserId, form: &Form) -> Done {
        let notice = match self {
            Act::Charge => spending::charge(world, user, form).await,
            Act::Hold => spending::hold(world, user, form).await,
            Act::Commit => spending::commit(world, user, form).await,
            Act::Release => spending::release(world, user, form).await,
            Act::Advance(by) => move_clock(world, Some(&by), None).await,
            Act::Freeze(frozen) => move_clock(world, None, Some(frozen)).await,
            Act::Story(scenario) => story::tell(world, user, scenario).await,
            Act::SignIn(email) => return sign_in::sign_in(world, user, &email).await,
            Act::Buy(price) => return shopping::buy(world, user, &price).await,
            Act::Portal => return shopping::portal(world, user).await,
        };
        Done::here(user, notice)
    }
}

async fn move_clock(world: &World, by: Option<&str>, frozen: Option<bool>) -> Notice {
    match move_world(world, None, by, frozen).await {
        Ok(()) => {
            let state = if world.clock.is_frozen() {
                "stands still"
            } else {
                "runs"
            };
            let now = world.clock.now();
            Notice::done(format!("It is {now}, and the clock {state}"))
        }
        Err(problem) => Notice::problem("The clock was not moved", problem),
    }
}

//! Load spreads: no partition of a table or of an index takes more of the writes or
//! reads than the budget allows, so a table grows with its users. Five hundred users
//! are imported, two and a half thousand live through a new month, of which an endpoint hears,
//! two hundred through a renewal, and Stripe reports four hundred customers before it says who
//! they are. Every request goes through the real functions on the embedded tables; every key
//! that it touches is counted, index rows too.

mod shares;
mod stripe;
mod users;

use local::World;
use local::dynamodb::InProcessDynamoDb;
use shared::host::environment::Variables;
use tests::world;

use crate::routes::Functions;
use shares::Shares;

/// How many users there are, unless `HOT_KEYS_USERS` says otherwise: 10000 is the play that
/// docs/scale.md has the figures of, and takes minutes.
const USERS: u32 = 2_500;
/// One in so many of them comes from another system.
const IMPORTED: u32 = 5;

fn users_played() -> u32 {
    let variables = Variables::of_this_process();
    let asked = variables.optional("HOT_KEYS_USERS");
    asked.map_or(USERS, |asked| asked.parse().unwrap())
}

/// What is played on one world, in this order.
struct Play {
    world: World,
    functions: Functions,
    over_budget: Vec<String>,
}

impl Play {
    async fn new() -> Self {
        let world = world().await;
        let functions = Functions::of(&world, &[]);
        Play {
            world,
            functions,
            over_budget: Vec::new(),
        }
    }

    /// Counts what is touched from now on through the functions' own connections: of those
    /// that answer, and of the one that sends notices.
    fn begin(&self) {
        for dynamodb in self.connections() {
            dynamodb.touched().start();
        }
    }

    fn end(&mut self, what: &str) {
        let connections = self.connections();
        self.judge(what, &connections.each_ref());
    }

    fn connections(&self) -> [InProcessDynamoDb; 2] {
        let sender = self.world.notices.dynamodb();
        [self.world.dynamodb.clone(), sender.clone()]
    }

    /// Every partition so far keeps within the budget.
    fn check(&self) {
        assert!(
            self.over_budget.is_empty(),
            "these partitions are hot; see docs/scale.md#indexes-of-few-values:\n{}",
            self.over_budget.join("\n")
        );
    }

    /// Holds what was touched against the budget.
    fn judge(&mut self, what: &str, connections: &[&InProcessDynamoDb]) {
        let touched = connections.iter().map(|it| it.touched().stop());
        let shares = Shares::of(touched);
        println!("{what}: {shares}");
        let over = shares.over_budget();
        self.over_budget
            .extend(over.into_iter().map(|it| format!("{what}: {it}")));
    }
}

#[tokio::test]
async fn no_partition_takes_more_than_its_share_of_what_users_do() {
    let mut play = Play::new().await;
    users::import(&mut play).await;
    users::a_new_month(&mut play).await;
    play.check();
}

#[tokio::test]
async fn no_partition_takes_more_than_its_share_of_what_stripe_reports() {
    let mut play = Play::new().await;
    stripe::renewals(&mut play).await;
    stripe::unknown_customers(&mut play).await;
    play.check();
}

//! The example of README.md: holds credits, reports, commits what was used, and prints what is left.

use dedicated_api_client::{FixedToken, HoldTerms, ServiceClient, Spending};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [url, token] = [1, 2].map(|index| std::env::args().nth(index).unwrap_or_default());
    let api = ServiceClient::new(&url, FixedToken::new(token))?;
    let terms = HoldTerms::of("100".parse()?);
    let mut hold = api.hold("free-user", &terms).await?;
    hold.report(Spending::of("40".parse()?)); // in the background, as tokens stream
    let done = hold.commit(&Spending::of("61.5".parse()?)).await?;
    let left = done.balance.total_available;
    println!("charged {}, left {left}", done.amount);
    Ok(()) // a hold that is dropped before its commit is released
}

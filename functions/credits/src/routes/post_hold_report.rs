//! `POST /api/users/{userId}/holds/{holdId}/report`: says what was used so far,
//! so that a hold whose caller dies can be settled at it.

use shared::http::{ApiError, Event, Response};

use crate::app::App;
use crate::asked::{Asked, Spending};
use crate::service::{ServiceRequest, answer};

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/holds/{holdId}/report";

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let request = ServiceRequest::of(app, event)?;
    let hold = request.hold_of_path(event)?;
    let spending = Spending::of(event)?;

    // load
    request.check_model(app, &spending.usage).await?;

    // decide, commit
    let asked = Asked::Report { hold, spending };
    let committed = request.commit(app, asked).await?;

    // render
    answer(&committed)
}

//! `import`: converts the tables that Postgres exported into the new model.
//!
//! Files are streamed in parallel, user by user. Every row has its own key in
//! the tables, so the next run completes an interrupted one, and a repeated run
//! changes nothing. Written data is read back, and the final report shows the
//! difference between both sides.

mod args;
mod billing;
mod by_user;
mod catalogue_names;
mod commit;
mod context;
mod credits;
mod current;
mod error;
mod file;
mod names;
mod order;
mod outcome;
mod people;
mod person;
mod read_back;
mod reading;
mod reference;
mod remark;
mod report;
mod sequence;
mod session;
mod tables;
mod tally;
mod text;
mod usage;
mod window;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use shared::domain::{Timestamp, UserId};
use shared::host::entropy::SharedEntropy;
use shared::store::{Created, ExpectedRecord, Record, Store, TooLarge};
use terminal::{Progress, Stop};

pub(crate) use args::{ImportArgs, run};
pub use error::ImportError;
pub use reference::CostUnit;
pub use remark::{Remark, Verdict};
pub use tables::Source;
pub use tally::{Figure, Rows, Sum, Summary, Tally};

use by_user::{ByUser, Rest};
use catalogue_names::{ModelNames, PlanNames};
use context::Context;
use file::{Row, TableFile};
use order::Orders;
use outcome::{About, Outcome};
use person::Head;
use read_back::ReadBack;
use report::ImportReport;
use session::Session;
use window::Window;

/// A user with more rows of credits and usage than this is imported alone, in
/// chunks of that size.
const ROWS_AT_ONCE: usize = 400;

/// What to import, and into which tables.
pub struct Import<'a> {
    /// The tables.
    pub store: &'a Store,
    /// The folder with the exported files.
    pub from: &'a Path,
    /// The time to act at.
    pub now: Timestamp,
    /// Source of salts.
    pub entropy: SharedEntropy,
    /// Checked between two users.
    pub stop: &'a Stop,
    /// Report what would be done and write nothing.
    pub dry_run: bool,
    /// File that reports every mended or refused row.
    pub report: Option<&'a Path>,
    /// Whether to replace that file whatever it is. Otherwise only a report is replaced,
    /// also in a dry run, whose purpose the report is.
    pub force: bool,
    /// Unit of the providers' prices of models.
    pub cost_unit: CostUnit,
    /// Time from which Stripe payments grant credits, if given.
    pub cutover: Option<Timestamp>,
    /// Counts processed rows.
    pub progress: &'a dyn Fn(u64) -> Progress,
}

/// Imports the files of a folder and returns the result.
pub async fn import(request: Import<'_>) -> Result<Summary, ImportError> {
    let mut files = Vec::new();
    for source in Source::ALL {
        files.push(order::check(request.from, source)?);
        request.stop.check()?;
    }
    let orders = order::settle(request.from, &files)?;
    let progress = (request.progress)(orders.rows);
    let mut report = ImportReport::open(request.report, request.force)?;
    for source in Source::ALL {
        // Tables without rows are reported too.
        report.tally.rows(source);
    }
    let mut read_back = ReadBack::of(request.store.clone());
    if let Some(at) = request.cutover {
        billing::store_cutover(request.store, at, request.now, request.dry_run).await?;
    }
    let plans = PlanNames::load(request.store).await?;
    let models = reference_data(&request, &mut report, &mut read_back).await?;
    let Import {
        store,
        now,
        entropy,
        dry_run,
        ..
    } = &request;
    let context = Context::new(
        (*store).clone(),
        *now,
        entropy.clone(),
        *dry_run,
        (models, plans),
    );
    let importer = Importer {
        context: Arc::new(context),
        report,
        read_back,
        progress,
    };
    let mut report = importer.walk(request.from, &orders, request.stop).await?;
    report.flush()?;
    Ok(Summary {
        dry_run: *dry_run,
        tally: report.tally,
    })
}

/// State shared while users are imported.
struct Importer {
    context: Arc<Context>,
    report: ImportReport,
    read_back: ReadBack,
    progress: Progress,
}

impl Importer {
    async fn walk(
        mut self,
        folder: &Path,
        orders: &Orders,
        stop: &Stop,
    ) -> Result<ImportReport, ImportError> {
        let mut files = ByUser::open(folder, orders, &mut self.report)?;
        let mut window = Window::of(if self.context.dry_run {
            1
        } else {
            window::WIDTH
        });
        let mut asked = Ok(());
        while let Some(user_id) = files.next_user() {
            asked = stop.check();
            if asked.is_err() {
                break;
            }
            let head = files.head(&user_id, &mut self.report)?;
            let (rows, rest) = files.rows(&user_id, ROWS_AT_ONCE, &mut self.report)?;
            for outcome in window.make_room(&head.claims(), rest == Rest::Some).await? {
                self.take(outcome).await?;
            }
            let context = self.context.clone();
            if rest == Rest::None {
                let claims = head.claims();
                window.start(claims, import_user(context, user_id, head, rows));
                continue;
            }
            let mut session = Session::begin(context, user_id.clone(), &head).await?;
            let mut piece = (rows, rest);
            loop {
                for row in &piece.0 {
                    session.take(row).await?;
                }
                self.take(session.take_outcome()).await?;
                if piece.1 == Rest::None || stop.check().is_err() {
                    break;
                }
                piece = files.rows(&user_id, ROWS_AT_ONCE, &mut self.report)?;
            }
            asked = stop.check();
            if asked.is_err() {
                break;
            }
            self.take(session.finish().await?).await?;
        }
        for outcome in window.make_room(&[], true).await? {
            self.take(outcome).await?;
        }
        self.read_back.look(&mut self.report).await?;
        self.report.flush()?;
        asked?;
        Ok(self.report)
    }

    async fn take(&mut self, outcome: Outcome) -> Result<(), ImportError> {
        let expected = self.report.take(outcome)?;
        self.progress
            .advance(u64::try_from(expected.len()).unwrap_or(0));
        if self.context.dry_run {
            return Ok(());
        }
        self.read_back.expect(expected, &mut self.report).await
    }
}

/// A user with all rows in memory.
async fn import_user(
    context: Arc<Context>,
    user_id: UserId,
    head: Head,
    rows: Vec<Row>,
) -> Result<Outcome, ImportError> {
    if !context.dry_run {
        let (context, user_id) = (context.clone(), user_id.clone());
        let outcome = Session::import_new(context, user_id, &head, &rows).await?;
        if let Some(outcome) = outcome {
            return Ok(outcome);
        }
    }
    let mut session = Session::begin(context, user_id, &head).await?;
    for row in &rows {
        session.take(row).await?;
    }
    session.finish().await
}

/// Imports models and OAuth clients; returns the model names.
async fn reference_data(
    request: &Import<'_>,
    report: &mut ImportReport,
    read_back: &mut ReadBack,
) -> Result<ModelNames, ImportError> {
    let mut names = ModelNames::default();
    for source in [Source::Models, Source::OauthClients] {
        let mut file = TableFile::open(request.from, source)?;
        let mut ids = HashSet::new();
        while let Some(row) = file.next()? {
            report.tally.count(&row);
            let mut outcome = Outcome::default();
            let remarks = &mut outcome.remarks;
            if let Some(fault) = row.fault() {
                outcome.refuse(&row, fault);
            } else if !ids.insert(row.id().to_string()) {
                outcome.refuse(&row, "an earlier row has the same id");
            } else if source == Source::Models {
                if let Some(model) = reference::model(&row, request.cost_unit, remarks) {
                    names.note(row.id(), &model.id);
                    keep(request, &model, &row, &mut outcome).await?;
                }
            } else if let Some(client) = reference::client(&row, remarks) {
                keep(request, &client, &row, &mut outcome).await?;
            }
            let expected = report.take(outcome)?;
            if !request.dry_run {
                read_back.expect(expected, report).await?;
            }
        }
    }
    Ok(names)
}

/// Creates a record that claims nothing.
async fn keep<T: Record + PartialEq>(
    request: &Import<'_>,
    record: &T,
    row: &Row,
    outcome: &mut Outcome,
) -> Result<(), ImportError> {
    let what = |error| ImportError::store(record.key(), error);
    let too_large = TooLarge::record(record).map_err(|error| what(error.into()))?;
    if let Some(too_large) = too_large {
        outcome.refuse(row, too_large.to_string());
        return Ok(());
    }
    let existing = if request.dry_run {
        request.store.load(&record.key()).await.map_err(what)?
    } else {
        let created = request.store.create(record, context::deadline()).await;
        match created.map_err(what)? {
            Created::Existing(existing) => Some(*existing),
            Created::New | Created::Erased | Created::Taken { .. } => {
                outcome.tally.rows(row.source).written += 1;
                None
            }
        }
    };
    if existing.is_some_and(|existing| existing != *record) {
        let why = "already in the tables with other values: left unchanged";
        outcome.remark(Remark::of(row, Verdict::Differs, why));
    } else {
        let expected = ExpectedRecord::of(record).map_err(what)?;
        outcome.expect_record(expected, About::of(row));
    }
    Ok(())
}

//! Runs one migration: segments, batches, and the claims in their order.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use shared::host::clock::Deadline;
use shared::store::{Item, Migration, Page, Passed, PlannedClaims, Segment, Table, Wanted};
use terminal::Progress;
use tokio::task::{JoinError, JoinSet};

use super::pace::Pace;
use super::way::WayArgs;
use crate::context::CommandContext;
use crate::ending::Failure;
use crate::finding::FindingLine;

/// Items per scan request.
const PAGE: i32 = 1_000;
/// Items per batch; stop requests are checked between batches.
const BATCH: usize = 50;
/// Concurrent batches per segment.
const BATCHES_AT_ONCE: usize = 4;
/// Time limit for one batch.
const DEADLINE: Duration = Duration::from_secs(60);
/// Maximum passes over all tables; concurrent writes require another pass.
const PASSES: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    Up,
    Down,
}

/// One migration in progress.
pub(super) struct Run {
    context: Arc<CommandContext>,
    migration: &'static Migration,
    way: Way,
    dry_run: bool,
    segments: i32,
    pace: Pace,
    progress: Progress,
    sum: Mutex<Sum>,
}

/// The result so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    changed: u64,
    moved: u64,
    pub(super) findings: u64,
}

#[derive(Serialize)]
struct Verdict {
    migrated: Migrated,
}

#[derive(Serialize)]
struct Migrated {
    id: &'static str,
    way: Way,
    dry_run: bool,
    /// Items that were changed, or would be in a dry run.
    changed: u64,
    findings: u64,
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Migrated {
            id,
            way,
            dry_run,
            changed,
            findings,
        } = &self.migrated;
        let way = match (way, dry_run) {
            (Way::Up, false) => "migrated up",
            (Way::Down, false) => "migrated down",
            (Way::Up, true) => "would be migrated up",
            (Way::Down, true) => "would be migrated down",
        };
        write!(formatter, "{id}: {changed} items {way}")?;
        match findings {
            0 => Ok(()),
            1 => write!(formatter, ", 1 finding"),
            many => write!(formatter, ", {many} findings"),
        }
    }
}

impl Run {
    pub(super) fn new(
        context: &Arc<CommandContext>,
        migration: &'static Migration,
        way: Way,
        args: WayArgs,
        dry_run: bool,
    ) -> Self {
        Run {
            context: context.clone(),
            migration,
            way,
            dry_run,
            segments: context.segments(args.segments.segments),
            pace: Pace::new(args.rows_per_second),
            progress: context.progress("items", None),
            sum: Mutex::default(),
        }
    }

    /// Runs to the end and reports the result.
    pub(super) async fn go(self: Arc<Self>) -> Result<Sum, Failure> {
        for _ in 0..PASSES {
            let before = self.sum();
            for table in self.migration.tables {
                self.clone().segments_of(*table).await?;
            }
            if self.way == Way::Up && self.migration.derived_from().is_none() {
                self.claiming().await?;
            }
            let sum = self.sum();
            if sum.moved == before.moved {
                self.progress.aside(|| {
                    self.context.output.report(&Verdict {
                        migrated: Migrated {
                            id: self.migration.id,
                            way: self.way,
                            dry_run: self.dry_run,
                            changed: sum.changed,
                            findings: sum.findings,
                        },
                    })
                })?;
                return Ok(sum);
            }
            // The next pass finds the same findings again.
            self.sum
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .findings = 0;
        }
        Err(Failure::Could(
            "items of the older schema keep appearing: deploy the newer functions, then run this again"
                .into(),
        ))
    }

    fn sum(&self) -> Sum {
        *self.sum.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wanted(&self) -> Wanted {
        let mark = self.migration.mark;
        match (self.way, self.migration.derived_from()) {
            (Way::Up, None) => Wanted::OldItems,
            (Way::Up, Some(source)) => Wanted::OneWithoutOther([source, mark]),
            (Way::Down, _) => Wanted::Marked(mark),
        }
    }

    /// Runs all segments of a table in parallel. Each stops only between two
    /// commits.
    async fn segments_of(self: Arc<Self>, table: Table) -> Result<(), Failure> {
        let mut tasks = JoinSet::new();
        for number in 0..self.segments {
            let segment = Segment {
                number,
                of: self.segments,
            };
            let run = self.clone();
            tasks.spawn(async move { run.segment(table, segment).await });
        }
        let mut first_failure = Ok(());
        while let Some(task) = tasks.join_next().await {
            first_failure = first_failure.and(ended(task));
        }
        first_failure
    }

    async fn segment(self: Arc<Self>, table: Table, segment: Segment) -> Result<(), Failure> {
        let store = &self.context.store;
        let mut page = self.page(table, segment, None).await?;
        loop {
            let items = page.items.into_iter();
            let items: Vec<_> = match self.way {
                // Items that need claims are handled afterwards.
                Way::Up => items
                    .filter(|item| !store.needs_claims(self.migration, table, item))
                    .collect(),
                Way::Down => items.collect(),
            };
            let changing = self.clone().batches(table, items);
            let Some(next) = page.next else {
                return changing.await;
            };
            // The next page is read while this one is written.
            let (changed, read) = tokio::join!(changing, self.page(table, segment, Some(next)));
            changed?;
            page = read?;
        }
    }

    /// Runs batches concurrently. Waits for every batch that was started, even
    /// if one fails.
    async fn batches(self: Arc<Self>, table: Table, mut items: Vec<Item>) -> Result<(), Failure> {
        let mut begun = JoinSet::new();
        let mut result = Ok(());
        while !items.is_empty() && result.is_ok() {
            if let Err(interrupted) = self.context.stop.check() {
                result = Err(interrupted.into());
                break;
            }
            let most = self.pace.most_at_once(BATCH).min(items.len());
            let rest = items.split_off(most);
            let batch = std::mem::replace(&mut items, rest);
            if !self.dry_run {
                self.pace.wait_for(batch.len()).await;
            }
            if begun.len() >= BATCHES_AT_ONCE {
                result = begun.join_next().await.map_or(Ok(()), ended);
            }
            let run = self.clone();
            begun.spawn(async move { run.batch(table, batch).await });
        }
        while let Some(last) = begun.join_next().await {
            result = result.and(ended(last));
        }
        result
    }

    async fn batch(&self, table: Table, items: Vec<Item>) -> Result<(), Failure> {
        let (store, migration) = (&self.context.store, self.migration);
        let deadline = Deadline::after(DEADLINE);
        let passed = match (self.way, self.dry_run) {
            (Way::Up, false) => store.take_up(migration, table, items, deadline).await?,
            (Way::Down, false) => store.take_down(migration, table, items, deadline).await?,
            (Way::Up, true) => {
                let mut none = PlannedClaims::default();
                let plan = store.plan_up(migration, table, &items, &mut none, deadline);
                plan.await?
            }
            (Way::Down, true) => store.plan_down(migration, table, &items),
        };
        self.count(passed)
    }

    /// Items that need claims run in a fixed order, so that neither chance nor
    /// an interruption decides which of two owners gets a claim.
    async fn claiming(&self) -> Result<(), Failure> {
        let store = &self.context.store;
        let whole = Segment { number: 0, of: 1 };
        let table = Table::Users;
        let mut planned = PlannedClaims::default();
        let mut start = None;
        loop {
            let page = self.page(table, whole, start).await?;
            let items = page.items.into_iter();
            let needy = items.filter(|item| store.needs_claims(self.migration, table, item));
            let mut items: Vec<_> = needy.collect();
            while !items.is_empty() {
                self.context.stop.check()?;
                let most = self.pace.most_at_once(BATCH).min(items.len());
                let rest = items.split_off(most);
                let batch = std::mem::replace(&mut items, rest);
                let deadline = Deadline::after(DEADLINE);
                let passed = if self.dry_run {
                    let plan = store.plan_up(self.migration, table, &batch, &mut planned, deadline);
                    plan.await?
                } else {
                    self.pace.wait_for(batch.len()).await;
                    let taking = store.take_up_claiming(self.migration, table, batch, deadline);
                    taking.await?
                };
                self.count(passed)?;
            }
            start = page.next;
            if start.is_none() {
                return Ok(());
            }
        }
    }

    async fn page(
        &self,
        table: Table,
        segment: Segment,
        start: Option<Item>,
    ) -> Result<Page, Failure> {
        let store = &self.context.store;
        let reading = store.scan_page(table, segment, self.wanted(), PAGE, start);
        Ok(self.context.stop.unless_asked(reading).await??)
    }

    fn count(&self, passed: Passed) -> Result<(), Failure> {
        self.progress.advance(passed.changed);
        let mut sum = self.sum.lock().unwrap_or_else(PoisonError::into_inner);
        sum.changed += passed.changed;
        sum.moved += passed.moved;
        for finding in &passed.findings {
            sum.findings += 1;
            let line = FindingLine::of(finding);
            self.progress.aside(|| self.context.output.report(&line))?;
        }
        Ok(())
    }
}

/// The result of a joined task.
fn ended(task: Result<Result<(), Failure>, JoinError>) -> Result<(), Failure> {
    task.unwrap_or_else(|error| Err(Failure::Could(error.to_string())))
}

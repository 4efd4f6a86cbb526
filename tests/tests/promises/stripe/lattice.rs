//! All states that some events can lead to: a node is what was heard and what
//! the tables say then, an event leads from one to another. Where two orders
//! say the same they meet, so each step is taken once for all orders through it.

use std::collections::{BTreeSet, HashMap};

use shared::domain::billing::{BillingEvent, EventOutcome};

use super::stage::{Scene, Snapshot, Stage};

/// One state on the way.
struct Node {
    /// Which events were settled and answered, as bits.
    heard: u64,
    /// The event in whose midst the process was killed, until it is heard.
    cut: Option<usize>,
    scene: Scene,
    /// One way that leads here, as Stripe's numbers of the events.
    way: Vec<usize>,
}

/// What two nodes have in common that are one.
type Sameness = (u64, Option<usize>, (u64, u64));

/// The states that were found so far, by their numbers; 0 is the beginning.
pub(super) struct Lattice {
    pub(super) stage: Stage,
    pub(super) events: Vec<BillingEvent>,
    nodes: Vec<Node>,
    known: HashMap<Sameness, usize>,
    steps: HashMap<(usize, usize), usize>,
    /// How many steps repeated an event.
    pub(super) redeliveries: u128,
}

/// Where everything begins.
pub(super) const BEGINNING: usize = 0;

impl Lattice {
    /// Begins with what the stage holds.
    pub(super) async fn on(mut stage: Stage, events: Vec<BillingEvent>) -> Self {
        assert!(events.len() <= 64, "more than fits into the bits");
        let scene = stage.scene().await;
        let mut lattice = Lattice {
            stage,
            events,
            nodes: Vec::new(),
            known: HashMap::new(),
            steps: HashMap::new(),
            redeliveries: 0,
        };
        lattice.node((0, None, scene), Vec::new());
        lattice
    }

    /// How many states were found.
    pub(super) fn states(&self) -> usize {
        self.nodes.len()
    }

    /// What a node's tables hold.
    pub(super) fn snapshot(&self, node: usize) -> &Snapshot {
        &self.nodes[node].scene.snapshot
    }

    /// Delivers an event where a node is. One that was heard before must change
    /// nothing at all, unless the process was killed on the way here and has
    /// left something to do.
    pub(super) async fn step(&mut self, from: usize, event: usize) -> usize {
        if let Some(to) = self.steps.get(&(from, event)) {
            return *to;
        }
        let Node { heard, cut, .. } = self.nodes[from];
        let repeated = heard & (1 << event) != 0;
        self.stage.restore(&self.nodes[from].scene.snapshot);
        let settled = self.stage.deliver(&self.events[event]).await;
        let way = self.way(from, event);
        let refused = settled.event.outcome == EventOutcome::Refused;
        assert!(!refused, "{:?} after {:?}", settled.event, self.names(&way));
        let to = if repeated {
            // What a killed process left waiting is settled when it comes again.
            let repeated = settled.repeated || cut.is_some();
            assert!(repeated, "{settled:?} after {:?}", self.names(&way));
            self.redeliveries += 1;
            let snapshot = &self.nodes[from].scene.snapshot;
            if !self.stage.has_written() || self.stage.holds(snapshot) {
                from
            } else {
                assert!(
                    cut.is_some(),
                    "it changed something: {:?}",
                    self.names(&way)
                );
                let scene = self.stage.scene().await;
                self.node((heard, cut, scene), way)
            }
        } else {
            let scene = self.stage.scene().await;
            let cut = cut.filter(|cut| *cut != event);
            self.node((heard | (1 << event), cut, scene), way)
        };
        self.steps.insert((from, event), to);
        to
    }

    /// Delivers events one after another.
    pub(super) async fn steps(
        &mut self,
        from: usize,
        events: impl IntoIterator<Item = usize>,
    ) -> usize {
        let mut node = from;
        for event in events {
            node = self.step(node, event).await;
        }
        node
    }

    /// The process was killed while it settled an event where a node is, and
    /// the tables are as that left them. Another one takes its place.
    pub(super) async fn cut(&mut self, from: usize, event: usize) -> usize {
        self.stage.process = self.stage.new_process();
        let Node { heard, scene, .. } = &self.nodes[from];
        let heard = *heard;
        if self.stage.holds(&scene.snapshot) {
            return from;
        }
        let scene = self.stage.scene().await;
        self.node((heard, Some(event), scene), self.way(from, event))
    }

    /// An event was settled where a node is, by another process.
    pub(super) async fn settled_aside(&mut self, from: usize, event: usize) -> usize {
        let Node { heard, cut, .. } = self.nodes[from];
        let scene = self.stage.scene().await;
        let heard = heard | (1 << event);
        self.node((heard, cut, scene), self.way(from, event))
    }

    /// Walks every order of all events, and at every state delivers again
    /// whatever was heard. Gives back where all of them end.
    pub(super) async fn walk(&mut self) -> usize {
        let mut level = BTreeSet::from([BEGINNING]);
        for _ in 0..self.events.len() {
            let mut next = BTreeSet::new();
            for node in level {
                next.extend(self.step_everywhere(node).await);
            }
            level = next;
        }
        let mut ends = level.into_iter();
        let end = ends.next().unwrap();
        ends.for_each(|other| self.check_same(other, end, "another order"));
        self.step_everywhere(end).await;
        end
    }

    /// Delivers every event where a node is; gives back where the new ones lead.
    async fn step_everywhere(&mut self, node: usize) -> Vec<usize> {
        let mut next = Vec::new();
        for event in 0..self.events.len() {
            let to = self.step(node, event).await;
            next.extend((to != node).then_some(to));
        }
        next
    }

    /// Two nodes must say the same; panics with the lines in which they differ.
    pub(super) fn check_same(&self, node: usize, expected: usize, what: &str) {
        let (node, expected) = (&self.nodes[node], &self.nodes[expected]);
        if node.scene.fingerprint != expected.scene.fingerprint {
            let differences = differences(&expected.scene.state(), &node.scene.state());
            panic!(
                "{what} ends in another state.\n{:?}\nand\n{:?}\ndiffer in\n{differences}",
                self.names(&expected.way),
                self.names(&node.way),
            );
        }
    }

    /// What is compared.
    pub(super) fn state(&self, node: usize) -> String {
        self.nodes[node].scene.state()
    }

    /// Finds the node that is this one, or adds it.
    fn node(&mut self, (heard, cut, scene): (u64, Option<usize>, Scene), way: Vec<usize>) -> usize {
        let next = self.nodes.len();
        let number = self.known.entry((heard, cut, scene.fingerprint));
        let number = *number.or_insert(next);
        if number == next {
            self.nodes.push(Node {
                heard,
                cut,
                scene,
                way,
            });
        }
        number
    }

    fn way(&self, from: usize, event: usize) -> Vec<usize> {
        let mut way = self.nodes[from].way.clone();
        way.push(event);
        way
    }

    fn names(&self, way: &[usize]) -> Vec<String> {
        let names = way.iter().map(|event| &self.events[*event]);
        names
            .map(|event| format!("{} {}", event.id, event.event_type))
            .collect()
    }
}

/// The lines that only one of two states has.
pub(super) fn differences(one: &str, other: &str) -> String {
    let lines = |text: &str| text.lines().map(str::to_string).collect::<BTreeSet<_>>();
    let (one, other) = (lines(one), lines(other));
    let gone = one.difference(&other).map(|line| format!("- {line}"));
    let come = other.difference(&one).map(|line| format!("+ {line}"));
    gone.chain(come).collect::<Vec<_>>().join("\n")
}

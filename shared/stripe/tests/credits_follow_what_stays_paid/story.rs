//! A history in words, for whoever has to find out what went wrong with it.

use std::fmt::Write;

use stripe_billing::{Event, History, Object, World};

/// Its steps, and what became of them.
pub(crate) fn story(history: &History) -> String {
    let History {
        start,
        users,
        crediting,
        draft_s,
        steps,
        catalogue: _,
    } = history;
    let mut text = String::new();
    writeln!(
        text,
        "{crediting:?}, {users} users from {start}, {draft_s} s as a draft"
    )
    .unwrap();
    for step in steps {
        writeln!(text, "after {} s {:?}", step.wait_s, step.act).unwrap();
    }
    for event in &World::run(history).events {
        text += &reported(event);
    }
    text
}

fn reported(event: &Event) -> String {
    let mut text = format!("{} {} {}", event.created, event.id, event.kind);
    if let Object::Invoice { invoice, lines, .. } = &event.object {
        write!(text, " {} of {}", invoice.id, invoice.total).unwrap();
        for line in lines {
            write!(
                text,
                "\n    {} {:?} {} x {} for {} - {} from {} to {}",
                line.id,
                line.kind,
                line.quantity,
                line.price.id,
                line.amount,
                line.discount,
                line.start,
                line.end
            )
            .unwrap();
        }
    }
    text + "\n"
}

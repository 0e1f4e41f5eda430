//! Everything that happened to one bill, for whoever looks for a cause.

use std::fmt::Write as _;

use uuid::Uuid;

use super::Facts;
use crate::run::local;

/// The life of a bill and of every message about it.
#[must_use]
pub fn biography(facts: &Facts<'_>, bill: Uuid) -> String {
    let mut text = String::new();
    for (place, rows) in &facts.rows {
        let Some(found) = facts.bill(*place, bill) else { continue };
        let _ = writeln!(text, "{found:?}");
        let notices: Vec<Uuid> = rows
            .notices
            .iter()
            .filter(|(_, notice)| notice.bills.iter().any(|(of, ..)| *of == bill))
            .map(|(id, _)| *id)
            .collect();
        for id in &notices {
            let _ = writeln!(text, "notice {id}: {:?}", rows.notices[id]);
        }
        for line in rows.journal.iter().filter(|line| line.id == bill || notices.contains(&line.id)) {
            let _ = writeln!(text, "{line:?}");
        }
        for event in rows
            .events
            .iter()
            .filter(|event| event.bill == Some(bill) || event.notice.is_some_and(|notice| notices.contains(&notice)))
        {
            let _ = writeln!(text, "{event:?}");
        }
        for call in facts.calls.iter().filter(|call| notices.contains(&call.notice)) {
            let _ = writeln!(text, "{call:?}");
        }
        for one in facts.accepted.iter().filter(|one| notices.contains(&one.notice)) {
            let _ = writeln!(text, "taken {} ({} by the node): {one:?}", local(one.true_ms), local(one.node_ms));
        }
    }
    text
}

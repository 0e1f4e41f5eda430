//! Which of several due stages of a bill speaks.

use std::collections::HashMap;

use domain::reminder::Policy;
use uuid::Uuid;

use super::claim::DueRow;

/// When a stage falls, where it stands on the ladder, and under which policy.
type Rank<'a> = (i64, (u8, i64), i64, &'a str);

/// Planning leaves one stage per bill; a policy changed between two runs, or a campaign, may leave several. The one of
/// the latest day speaks; of the same day the highest on the ladder, of the same rung the newer policy's. A stage that
/// its policy does not know stands lowest: whoever reads it reports it.
pub(super) fn newest_per_bill<'a>(due: &'a [DueRow], policies: &HashMap<i64, Policy>) -> Vec<(&'a DueRow, bool)> {
    let rank = |row: &'a DueRow| -> Rank<'a> {
        let stage = policies.get(&row.policy_version).and_then(|policy| policy.stage(&row.stage));
        let rung = stage.map_or((0, i64::MIN), |stage| stage.rung());
        (row.stage_day, rung, row.policy_version, row.stage.as_str())
    };
    let mut newest: HashMap<Uuid, Rank<'a>> = HashMap::new();
    for row in due {
        let here = rank(row);
        let entry = newest.entry(row.bill_id).or_insert(here);
        *entry = (*entry).max(here);
    }
    due.iter().map(|row| (row, newest.get(&row.bill_id) == Some(&rank(row)))).collect()
}

#[cfg(test)]
mod tests {
    use domain::reminder::{Anchor, Stage};

    use super::*;

    fn policies() -> HashMap<i64, Policy> {
        let due = Policy::default().stage("due_day").unwrap().clone();
        let stage =
            |name: &str, anchor, offset_days| Stage { name: name.to_owned(), anchor, offset_days, ..due.clone() };
        let first = vec![stage("zz_announced", Anchor::Issued, 0), stage("due_day", Anchor::Due, 0)];
        let of = |stages| Policy { stages, ..Policy::default() };
        HashMap::from([
            (1, of(first)),
            (2, of(vec![stage("a_renamed", Anchor::Due, 0)])),
            (-7, of(vec![stage("campaign_7", Anchor::Campaign, 0)])),
        ])
    }

    fn row(bill_id: Uuid, stage: &str, stage_day: i64, policy_version: i64) -> DueRow {
        DueRow { bill_id, stage: stage.to_owned(), stage_day, payer_party_id: Uuid::nil(), policy_version }
    }

    fn speaks(due: &[DueRow]) -> Vec<&str> {
        let all = newest_per_bill(due, &policies());
        all.into_iter().filter(|(_, is_newest)| *is_newest).map(|(row, _)| row.stage.as_str()).collect()
    }

    #[test]
    fn of_one_day_the_highest_rung_speaks_whatever_the_stages_are_called() {
        let bill = Uuid::now_v7();
        let (announced, due) = (row(bill, "zz_announced", 5, 1), row(bill, "due_day", 5, 1));
        let (campaign, renamed) = (row(bill, "campaign_7", 5, -7), row(bill, "a_renamed", 5, 2));
        assert_eq!(speaks(&[announced.clone(), due.clone(), campaign.clone()]), ["due_day"]);
        assert_eq!(speaks(&[campaign.clone(), announced.clone()]), ["campaign_7"]);
        assert_eq!(speaks(&[due.clone(), renamed]), ["a_renamed"], "the same rung: the policy in force");
        let later = row(bill, "campaign_7", 6, -7);
        assert_eq!(speaks(&[due, later]), ["campaign_7"], "a later day weighs more than a rung");
        let other = row(Uuid::now_v7(), "zz_announced", 1, 1);
        assert_eq!(speaks(&[announced, other]).len(), 2, "each bill for itself");
    }
}

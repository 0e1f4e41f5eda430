//! All clock jobs, on one screen. When each is due is in its own file.

use std::sync::Arc;

use crate::Engine;
use crate::run::{
    ApplyDeliveries, CatchUpBills, DispatchReminders, EscalateReminders, LearnHours, PlanReminders, ReportShipping,
    StartCampaigns, SweepOrders, SweepRefunds, SyncFollowers, VerifyLedger,
};
use crate::startup::Deps;

/// The engine with every job of this installation.
#[must_use]
pub fn catalogue(deps: &Deps) -> Engine {
    let (control, clock, senders) = (&deps.control, &deps.clock, &deps.senders);
    Engine::new(control.clone(), deps.projects.clone(), clock.clone(), &deps.node, deps.settings)
        .project_job(SweepOrders { pay: Arc::clone(&deps.pay), merchants: deps.merchants.clone() })
        .project_job(SweepRefunds {
            pay: Arc::clone(&deps.pay),
            merchants: deps.merchants.clone(),
            public_url: deps.public_url.clone(),
        })
        .project_job(ReportShipping { apps: deps.apps.clone() })
        .project_job(PlanReminders)
        .project_job(StartCampaigns)
        .project_job(DispatchReminders { control: control.clone(), senders: senders.clone(), clock: clock.clone() })
        .project_job(EscalateReminders)
        .control_job(ApplyDeliveries { control: control.clone(), projects: deps.projects.clone() })
        .control_job(SyncFollowers { control: control.clone(), apps: deps.apps.clone(), clock: clock.clone() })
        .project_job(CatchUpBills)
        .project_job(VerifyLedger)
        .project_job(LearnHours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[tokio::test]
    async fn every_job_finds_nothing_to_do_in_an_empty_project_and_runs_twice_alike() {
        let fixture = Fixture::new().await;
        let project = fixture.add_project("aa").await;
        let engine = catalogue(&fixture.deps("one"));
        assert_eq!(
            engine.names(),
            [
                "sweep_orders",
                "sweep_refunds",
                "report_shipping",
                "plan_reminders",
                "start_campaigns",
                "dispatch_reminders",
                "escalate_reminders",
                "apply_deliveries",
                "sync_followers",
                "catch_up_bills",
                "verify_ledger",
                "learn_hours"
            ]
        );
        for name in engine.names() {
            let place = (!matches!(name, "apply_deliveries" | "sync_followers")).then_some(project);
            let first = engine.run_now(name, place).await.unwrap();
            assert_eq!((name, first.error.as_deref()), (name, None));
            assert_eq!(engine.run_now(name, place).await.unwrap().report, first.report);
        }
    }
}

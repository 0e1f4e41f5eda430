//! All clock jobs, on one screen. When each is due is in its own file.

use std::sync::Arc;

use crate::Engine;
use crate::run::{
    ApplyDeliveries, CatchUpBills, DispatchReminders, EscalateReminders, PlanReminders, SweepOrders, VerifyLedger,
};
use crate::startup::Deps;

/// The engine with every job of this installation.
#[must_use]
pub fn catalogue(deps: &Deps) -> Engine {
    let (control, clock, senders) = (&deps.control, &deps.clock, &deps.senders);
    Engine::new(control.clone(), deps.projects.clone(), clock.clone(), &deps.node, deps.settings)
        .project_job(SweepOrders { pay: Arc::clone(&deps.pay), merchants: deps.merchants.clone() })
        .project_job(PlanReminders)
        .project_job(DispatchReminders { control: control.clone(), senders: senders.clone(), clock: clock.clone() })
        .project_job(EscalateReminders)
        .control_job(ApplyDeliveries { control: control.clone(), projects: deps.projects.clone() })
        .project_job(CatchUpBills)
        .project_job(VerifyLedger)
}

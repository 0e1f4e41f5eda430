//! One file per job: its name, when it is due, how long it may take, and the use case it calls.

mod apply_deliveries;
mod catch_up_bills;
mod dispatch_reminders;
mod escalate_reminders;
mod plan_reminders;
mod sweep_orders;
mod verify_ledger;

pub(crate) use apply_deliveries::ApplyDeliveries;
pub(crate) use catch_up_bills::CatchUpBills;
pub(crate) use dispatch_reminders::DispatchReminders;
pub(crate) use escalate_reminders::EscalateReminders;
pub(crate) use plan_reminders::PlanReminders;
pub(crate) use sweep_orders::SweepOrders;
pub(crate) use verify_ledger::VerifyLedger;

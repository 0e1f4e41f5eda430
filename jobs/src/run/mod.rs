//! One file per job: its name, when it is due, how long it may take, and the use case it calls.

mod apply_deliveries;
mod catch_up_bills;
mod dispatch_reminders;
mod escalate_reminders;
mod learn_hours;
mod plan_reminders;
mod report_shipping;
mod start_campaigns;
mod sweep_orders;
mod sweep_refunds;
mod sync_followers;
mod verify_ledger;

pub(crate) use apply_deliveries::ApplyDeliveries;
pub(crate) use catch_up_bills::CatchUpBills;
pub(crate) use dispatch_reminders::DispatchReminders;
pub(crate) use escalate_reminders::EscalateReminders;
pub(crate) use learn_hours::LearnHours;
pub(crate) use plan_reminders::PlanReminders;
pub(crate) use report_shipping::ReportShipping;
pub(crate) use start_campaigns::StartCampaigns;
pub(crate) use sweep_orders::SweepOrders;
pub(crate) use sweep_refunds::SweepRefunds;
pub(crate) use sync_followers::SyncFollowers;
pub(crate) use verify_ledger::VerifyLedger;

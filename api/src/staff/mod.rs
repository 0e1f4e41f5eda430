//! What staff do in the console.

mod audit_log;
mod bill_runs;
mod bills;
mod bindings;
mod campaigns;
mod colleagues;
mod desk;
mod desk_receipts;
mod desk_shifts;
mod download;
mod evidence;
mod fees;
mod follow;
mod formulas;
mod holidays;
mod house_fields;
mod houses;
mod import;
mod job_runs;
mod ledger;
mod meter_readings;
mod meters;
mod opening;
mod orders;
mod pauses;
mod payments;
mod projects;
mod refunds;
mod reminder_effect;
mod reminder_history;
mod reminder_policy;
mod reminders;
mod sending;
mod sessions;
mod shares;
mod tasks;

use utoipa_actix_web::service_config::ServiceConfig;

/// Rows of a page when nobody says how many; nobody gets more than 200.
const PAGE_ROWS: u32 = 50;

/// Every route of staff.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(sessions::sign_in)
        .service(sessions::console_sign_in)
        .service(sessions::sign_out)
        .service(sessions::me)
        .service(sessions::change_password)
        .service(projects::list)
        .service(houses::list)
        .service(houses::buildings)
        .service(houses::show)
        .service(import::import)
        .service(bindings::pending)
        .service(bindings::decide)
        .service(follow::create)
        .service(fees::items)
        .service(fees::create_item)
        .service(fees::tariffs)
        .service(fees::create_tariff)
        .service(fees::preview_tariff)
        .service(formulas::templates)
        .service(formulas::offered_inputs)
        .service(formulas::check)
        .service(formulas::evaluate)
        .service(formulas::try_on_houses)
        .service(house_fields::list)
        .service(house_fields::create)
        .service(house_fields::retire)
        .service(house_fields::set_values)
        .service(holidays::list)
        .service(holidays::put_year)
        .configure(utilities)
        .service(bill_runs::run)
        .service(bill_runs::list)
        .service(bill_runs::show)
        .service(bill_runs::cancel)
        .service(bills::list)
        .service(bills::show)
        .service(bills::void)
        .service(bills::correct)
        .service(sending::show)
        .service(sending::set_dry_run)
        .service(sending::pause_company)
        .service(sending::resume_company)
        .service(sending::set_limits)
        .service(reminder_history::list)
        .service(reminder_history::export)
        .service(reminder_effect::show)
        .service(evidence::print)
        .service(reminders::show)
        .service(reminders::of_bill)
        .service(reminders::preview)
        .service(campaigns::create)
        .service(campaigns::list)
        .service(campaigns::show)
        .service(campaigns::preview)
        .service(campaigns::preview_new)
        .service(campaigns::send)
        .service(campaigns::cancel)
        .service(campaigns::send_now)
        .service(reminder_policy::show)
        .service(reminder_policy::put)
        .service(reminder_policy::preview)
        .service(pauses::list)
        .service(pauses::create)
        .service(pauses::end)
        .service(orders::list)
        .service(orders::show)
        .service(orders::ask)
        .service(payments::of_order)
        .service(payments::show)
        .service(payments::anomalies)
        .service(payments::resolve)
        .service(refunds::create)
        .service(refunds::list)
        .service(refunds::show)
        .service(refunds::approve)
        .service(refunds::reject)
        .service(refunds::ask)
        .service(refunds::another_way)
        .service(refunds::policy)
        .service(refunds::set_policy)
        .service(tasks::list)
        .service(tasks::finish)
        .service(desk::search)
        .service(desk::owed)
        .service(desk::checkout)
        .service(desk::show)
        .service(desk::void)
        .service(desk::void_as_second)
        .service(desk::policy)
        .service(desk::put_policy)
        .service(desk_receipts::print)
        .service(desk_shifts::open)
        .service(desk_shifts::mine)
        .service(desk_shifts::list)
        .service(desk_shifts::show)
        .service(desk_shifts::close)
        .service(desk_shifts::lock)
        .service(ledger::verify)
        .service(audit_log::list)
        .service(job_runs::of_project)
        .service(job_runs::of_company)
        .service(colleagues::list)
        .service(colleagues::create)
        .service(colleagues::disable)
        .service(colleagues::grant)
        .service(colleagues::revoke);
}

/// Meters, shared costs and opening balances.
fn utilities(config: &mut ServiceConfig<'_>) {
    config
        .service(meters::list)
        .service(meters::register)
        .service(meters::retire)
        .service(meter_readings::enter)
        .service(meter_readings::accept)
        .service(meter_readings::correct)
        .service(meter_readings::sheet)
        .service(meter_readings::import)
        .service(opening::import)
        .service(opening::show)
        .service(shares::share)
        .service(shares::list)
        .service(shares::cancel);
}

//! What owners do in the mini program.

mod bills;
mod consents;
mod follow;
mod holds;
mod home;
mod houses;
mod messages;
mod orders;
mod receipts;
mod reminders;
mod sessions;

pub use bills::BillsWanted;
use utoipa_actix_web::service_config::ServiceConfig;

/// Every route of owners.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(sessions::sign_in)
        .service(sessions::sign_out)
        .service(sessions::take_phone)
        .service(home::show)
        .service(home::communities)
        .service(houses::list)
        .service(houses::claim)
        .service(houses::end)
        .service(bills::list)
        .service(bills::show)
        .service(orders::place)
        .service(orders::show)
        .service(orders::prepare)
        .service(orders::cancel)
        .service(receipts::list)
        .service(consents::report)
        .service(follow::create)
        .service(holds::list)
        .service(holds::dispute)
        .service(holds::promise)
        .service(holds::withdraw)
        .service(messages::list)
        .service(reminders::open)
        .service(reminders::acknowledge);
}

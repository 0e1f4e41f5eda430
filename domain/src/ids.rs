//! One type per kind of id, so that a bill cannot be looked up by the id of a house.
//!
//! Ids are UUID v7: time-ordered, unguessable in their random part, made by the writer before it writes. The time
//! in an id only keeps new rows together on disk; no rule ever reads it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Declares id types: a newtype over [`Uuid`] that parses from text and cannot be mistaken for another.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh time-ordered id.
            #[must_use]
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The bare id, for a column or a URL.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// A property company, the customer of this system.
    CompanyId,
    /// A community or estate; owns one database.
    ProjectId,
    /// A billable object: flat, shop, office, storage room.
    HouseId,
    /// A person or organisation in a project's books: owner, lessee, payer.
    PartyId,
    /// A human being who signed in to the mini program, over all projects.
    PersonId,
    /// An employee of a company.
    StaffId,
    /// A balance brought along from the old books: prepaid money or a deposit.
    OpeningId,
    /// What is charged for.
    FeeItemId,
    /// A formula in force between two dates.
    TariffId,
    /// One act of issuing bills.
    BillRunId,
    /// One bill: a house, a fee item, a period.
    BillId,
    /// Our order towards WeChat Pay over one or many bills.
    OrderId,
    /// Money that arrived.
    PaymentId,
    /// Money that is given back.
    RefundId,
    /// A numbered receipt.
    ReceiptId,
    /// One message to one payer through one channel.
    NoticeId,
    /// The claim of a person to a house.
    BindingId,
    /// A merchant number with its keys.
    MerchantId,
    /// An account at an SMS vendor.
    SmsAccountId,
    /// An account at a vendor that calls.
    VoiceAccountId,
    /// What one cashier takes between opening and closing the drawer.
    ShiftId,
}

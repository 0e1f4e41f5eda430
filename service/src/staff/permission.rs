//! What each role may do: one table.

use super::Role;
use super::Role::{Administrator, Cashier, CompanyManager, Finance, ProjectManager, Steward};

mod sealed {
    pub trait Sealed {}
}

/// Something only some roles may do. The types below are all there are; nothing outside this module can add one.
pub trait Permission: sealed::Sealed + Send + Sync + 'static {
    /// Its name, for programs.
    const NAME: &'static str;
    /// The roles that have it.
    const ROLES: &'static [Role];

    /// Somebody with these roles may.
    #[must_use]
    fn allows(roles: &[Role]) -> bool {
        roles.iter().any(|role| Self::ROLES.contains(role))
    }
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $word:literal => [$($role:ident),+ $(,)?];)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub struct $name;
            impl sealed::Sealed for $name {}
            impl Permission for $name {
                const NAME: &'static str = $word;
                const ROLES: &'static [Role] = &[$($role),+];
            }
        )+

        /// Every permission by name, and the roles that have it.
        pub const PERMISSIONS: &[(&str, &[Role])] = &[$(($name::NAME, $name::ROLES)),+];
    };
}

// Whoever lets people in does not take money: an administrator who must also be a cashier is given both roles, and the
// audit log says by whom.
permissions! {
    /// See what was sent to whom, and why something was not.
    ViewReminders = "reminders.view" => [Cashier, Finance, Steward, ProjectManager, CompanyManager, Administrator];
    /// Pause buildings, houses, payers and bills, and see what would be sent. What speaks to many at once, or silences a
    /// whole project, is not among it.
    ManageReminders = "reminders.manage" => [Steward, ProjectManager, CompanyManager, Administrator];
    /// Send campaigns, pause a whole project, change the policy, limits and switches: what a whole project or company hears.
    DirectReminders = "reminders.direct" => [ProjectManager, CompanyManager, Administrator];
    /// Print what a debtor owes and was told, with names in full.
    PrintEvidence = "evidence.print" => [Finance, ProjectManager, CompanyManager, Administrator];
    /// See payments, receipts and orders.
    ViewPayments = "payments.view" => [Cashier, Finance, ProjectManager, CompanyManager, Administrator];
    /// Take money, settle anomalies.
    ManagePayments = "payments.manage" => [Cashier, Finance];
    /// Ask for refunds, send stuck ones another way.
    RequestRefunds = "refunds.request" => [Cashier, Finance];
    /// Agree to refunds above the limit that somebody else asked for.
    ApproveRefunds = "refunds.approve" => [Finance, ProjectManager, CompanyManager];
    /// Say from what sum on a second person has to agree.
    LimitRefunds = "refunds.limit" => [ProjectManager, CompanyManager];
    /// Accept the figures of a shift that was closed.
    LockShifts = "shifts.lock" => [Finance];
    /// Take back a payment that somebody else took over the desk.
    ApproveVoids = "desk.approve_voids" => [Finance, ProjectManager, CompanyManager];
    /// Say which bills the desk takes first, and what a cashier may take back alone.
    DirectDesk = "desk.direct" => [ProjectManager, CompanyManager];
    /// See houses and whose they are.
    ViewHouses = "houses.view" => [Cashier, Finance, Steward, ProjectManager, CompanyManager, Administrator];
    /// Import and change houses and people.
    ManageHouses = "houses.manage" => [Finance, ProjectManager, CompanyManager, Administrator];
    /// Decide who is let in to a house.
    ManageBindings = "bindings.manage" => [Steward, ProjectManager, CompanyManager, Administrator];
    /// See bills.
    ViewBills = "bills.view" => [Cashier, Finance, Steward, ProjectManager, CompanyManager, Administrator];
    /// Change tariffs, run, publish and void bills.
    ManageBills = "bills.manage" => [Finance, ProjectManager, CompanyManager];
    /// See what the clock did.
    ViewJobs = "jobs.view" => [ProjectManager, CompanyManager, Administrator];
    /// See who did what.
    ViewAudit = "audit.view" => [ProjectManager, CompanyManager, Administrator];
    /// Add and disable employees, give and take roles.
    ManageStaff = "staff.manage" => [Administrator];
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as people read it. A change here is a change of who may do what.
    #[test]
    fn each_role_has_exactly_its_permissions() {
        let of = |role: Role| -> Vec<&str> {
            PERMISSIONS.iter().filter(|(_, roles)| roles.contains(&role)).map(|(name, _)| *name).collect()
        };
        assert_eq!(
            of(Cashier),
            ["reminders.view", "payments.view", "payments.manage", "refunds.request", "houses.view", "bills.view"]
        );
        assert_eq!(
            of(Finance),
            [
                "reminders.view",
                "evidence.print",
                "payments.view",
                "payments.manage",
                "refunds.request",
                "refunds.approve",
                "shifts.lock",
                "desk.approve_voids",
                "houses.view",
                "houses.manage",
                "bills.view",
                "bills.manage"
            ]
        );
        assert_eq!(of(Steward), ["reminders.view", "reminders.manage", "houses.view", "bindings.manage", "bills.view"]);
        let managers = [
            "reminders.view",
            "reminders.manage",
            "reminders.direct",
            "evidence.print",
            "payments.view",
            "refunds.approve",
            "refunds.limit",
            "desk.approve_voids",
            "desk.direct",
            "houses.view",
            "houses.manage",
            "bindings.manage",
            "bills.view",
            "bills.manage",
            "jobs.view",
            "audit.view",
        ];
        assert_eq!(of(ProjectManager), managers);
        assert_eq!(of(CompanyManager), managers);
        assert_eq!(
            of(Administrator),
            [
                "reminders.view",
                "reminders.manage",
                "reminders.direct",
                "evidence.print",
                "payments.view",
                "houses.view",
                "houses.manage",
                "bindings.manage",
                "bills.view",
                "jobs.view",
                "audit.view",
                "staff.manage"
            ]
        );
    }

    #[test]
    fn without_a_role_nothing_is_allowed_and_roles_add_up() {
        assert!(!ViewHouses::allows(&[]));
        assert!(!ManagePayments::allows(&[Administrator]));
        assert!(ManagePayments::allows(&[Administrator, Cashier]));
    }
}

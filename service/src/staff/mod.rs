//! Staff: who works for a company, how they sign in, and what they may do where.
//!
//! A session says only who it is. What that person may do is read from their roles at every request, so a role that
//! was taken away is gone at once.

mod account;
mod authorize;
mod error;
mod password;
mod permission;
mod role;
mod session;

#[cfg(test)]
mod tests;

pub use account::{HeldRole, NewStaff, StaffView, change_password, create_staff, disable_staff, staff_of};
pub use authorize::{
    Authorized, CompanyAuthorized, StaffProject, authorize, authorize_company, company_roles, projects_of,
};
pub use error::StaffError;
pub use permission::{
    ApproveRefunds, ApproveVoids, DirectDesk, DirectReminders, LimitRefunds, LockShifts, ManageBills, ManageBindings,
    ManageHouses, ManagePayments, ManageReminders, ManageStaff, PERMISSIONS, Permission, PrintEvidence, RequestRefunds,
    ViewAudit, ViewBills, ViewHouses, ViewJobs, ViewPayments, ViewReminders,
};
pub use role::{Role, grant_role, revoke_role};
pub use session::{SignedIn, StaffSession, session, sign_in, sign_out};

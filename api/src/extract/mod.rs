//! Who asks and for which project: taking one of these in a handler *is* the check.

mod owner;
mod project;
mod request_id;
mod staff;

pub use owner::Owner;
pub use project::{Project, project_id};
pub use request_id::RequestId;
pub use staff::{SignedInStaff, Staff};

//! Tenancy: the control database, and one database per project that only a [`ProjectTx`] can touch.
//!
//! Nothing outside this module can turn a project's id into rows of that project, and no function that takes a
//! [`ProjectTx`] can see another project's: a query across projects cannot be written.

mod control;
mod keys;
mod project;
mod registry;

pub use control::{ControlDb, ControlTx};
pub use keys::{CONTROL_SCOPE, KeyError, add_seal_key, create_scope_keys, load_sealer, rewrap_all};
pub use project::{ProjectDb, ProjectInfo, ProjectTx};
pub use registry::{NewProject, Projects, TenancyError};

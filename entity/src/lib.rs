//! Rows: SeaORM models of the control database and of a project's database.

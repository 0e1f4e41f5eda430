//! Two frozen histories of the schema: control and project.

//! HTTP, thin: extract, call, view.

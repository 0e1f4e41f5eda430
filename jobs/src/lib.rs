//! Time, thin: clock jobs around the use cases.

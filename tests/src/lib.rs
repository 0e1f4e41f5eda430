//! Stories on the whole system, with the world simulated.

//! Whether a command did anything.

/// The answer of a command that may be repeated. `Already` wrote nothing and carries what the first time gave.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied<T> {
    /// Done now.
    Done(T),
    /// Had been done before.
    Already(T),
}

impl<T> Applied<T> {
    /// The result, whenever it was done.
    pub fn into_inner(self) -> T {
        match self {
            Self::Done(value) | Self::Already(value) => value,
        }
    }

    /// True when this call did it.
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }
}

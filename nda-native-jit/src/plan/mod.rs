//! What is found out of a function before code is emitted: each analysis is one or two passes over the same list of events, without
//! recursion.

pub(crate) mod fuel;
pub(crate) mod inline;
pub(crate) mod live;
pub(crate) mod loops;
pub(crate) mod nan;
pub(crate) mod walk;

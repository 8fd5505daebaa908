//! The rules, by the party that they bind.

pub(in crate::judge) mod app;
pub(in crate::judge) mod receiver;
pub(in crate::judge) mod sender;

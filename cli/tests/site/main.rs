//! Tests `wsclose site`: the pages, their links and findings, how they are published, and how they look in a browser.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests read files and start a browser"
)]

mod in_browser;
mod made;
mod pages;
mod publishing;
#[path = "../support/mod.rs"]
mod support;

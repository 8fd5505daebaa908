//! What the commands share.

pub mod corpus_entry;
pub mod error;
pub mod files;
pub mod hex;
pub mod interrupt;
pub mod live_run;
pub mod oracle;
pub mod output;
pub mod progress;
pub mod report_files;
pub mod runner;
pub mod subjects;

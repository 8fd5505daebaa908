//! Code that several commands use.

pub mod atomic_write;
pub mod baseline_file;
pub mod code_picture;
pub mod corpus_entry;
pub mod dump;
pub mod error;
pub mod files;
pub mod interrupt;
pub mod judged;
pub mod live_run;
pub mod oracle;
pub mod output;
pub mod pasted;
pub mod pcap_file;
pub mod progress;
pub mod report_dir;
pub mod report_files;
pub mod runner;
pub mod scripts;
pub mod subjects;
pub mod tips;
pub mod tshark;
pub mod user_scripts;

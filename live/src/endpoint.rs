//! Endpoints under test: how to start them, to connect to them, and to read what they report.

pub mod client_pool;
pub mod close_line;
pub mod connection;
pub mod connector;
pub mod features;
pub mod output_log;
pub mod process;
pub mod process_output;
pub mod server_process;
pub mod server_reports;
pub mod under_test;

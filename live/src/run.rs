//! Runs cases against an endpoint and summarizes the results.

pub mod batch;
pub mod behavior;
pub mod case_result;
pub mod case_trace;
pub mod cases;
pub mod comparer;
pub mod comparison;
pub mod config;
pub mod cover;
pub mod engine;
pub mod event;
pub mod generate;
pub mod kept_trace;
pub mod late;
pub mod lateness;
pub mod pace;
pub mod parallel;
pub mod player;
pub mod results;
pub mod retry;
pub mod runner;
pub mod scenarios;
pub mod shadow_model;
pub mod subject;
pub mod timeouts;
pub mod timing;

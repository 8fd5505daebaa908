//! TODO
pub mod cases;
pub mod config;
pub mod engine;
pub mod generate;
pub mod results;
pub mod retry;
pub mod runner;
pub mod shadow_model;
pub mod subject;
pub mod timing;

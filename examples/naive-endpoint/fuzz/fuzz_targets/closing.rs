//! Plays scripts to the endpoint.
#![no_main]

#[path = "../../tests/kit/mod.rs"]
mod kit;

wsclose_adapter::fuzz_target!(kit::suite());

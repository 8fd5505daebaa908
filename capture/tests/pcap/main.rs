//! Reads packet captures: those that tcpdump wrote, and synthesised ones.

#![allow(clippy::disallowed_methods, reason = "reads the recordings in its folder `data`")]

mod acknowledgements;
mod beginnings;
mod file_formats;
mod hostile_files;
mod link_types;
mod long_connections;
mod real_files;
mod reassembly;
mod round_trips;
mod support;

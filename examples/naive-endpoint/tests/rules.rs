//! A test for each rule.

mod kit;

fn main() -> std::process::ExitCode {
    wsclose_adapter::libtest::main(&kit::suite())
}

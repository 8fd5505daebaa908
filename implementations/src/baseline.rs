//! The violations of the in-process implementations that are confirmed in their source code.

use std::sync::LazyLock;

use wsclose::analysis::baseline::Baseline;

/// The baseline that ships with wsclose: `implementations/baseline.toml`.
///
/// # Panics
/// If that file is invalid, which a test excludes.
pub fn builtin() -> &'static Baseline {
    static BUILTIN: LazyLock<Baseline> = LazyLock::new(|| {
        Baseline::parse(include_str!("../baseline.toml")).expect("implementations/baseline.toml is valid")
    });
    &BUILTIN
}

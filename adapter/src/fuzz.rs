//! Fuzz targets and properties for the subject of a suite.

/// Defines a libFuzzer target that plays scripts to the subject of a suite, and fails on a violation that fails the suite.
///
/// The argument is an expression of type [`Suite`](crate::wsclose::suite::Suite). The crate of the target depends on
/// `libfuzzer-sys`, as `cargo fuzz init` writes it, and the file begins with `#![no_main]`:
///
/// ```text
/// #![no_main]
///
/// wsclose_adapter::fuzz_target!(my_crate_tests::suite());
/// ```
///
/// The target mutates scripts step by step. It fails with the shortest script, which
/// [`Suite::script`](crate::wsclose::suite::Suite::script) adds to the suite. An artifact is a script too.
#[macro_export]
macro_rules! fuzz_target {
    ($suite:expr) => {
        $crate::suite_fuzzer!($suite);

        ::libfuzzer_sys::fuzz_target!(|data: &[u8]| {
            WSCLOSE_FUZZER.with_borrow_mut(|fuzzer| fuzzer.check(data));
        });

        ::libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::wsclose::generate::mutate::script(
                data,
                size,
                max_size,
                seed,
                ::libfuzzer_sys::fuzzer_mutate,
            )
        });
    };
}

/// Checks the property that the subject of a suite violates no rule in any scenario, with bolero.
///
/// The argument is an expression of type [`Suite`](crate::wsclose::suite::Suite). It stands in a test of a crate that
/// depends on `bolero`, and on this crate with the feature `bolero`:
///
/// ```text
/// #[test]
/// fn closes_in_every_scenario() {
///     wsclose_adapter::bolero_check!(suite());
/// }
/// ```
///
/// Without cargo-bolero, the test checks random scenarios, and prints the seed of one that fails.
#[macro_export]
macro_rules! bolero_check {
    ($suite:expr) => {{
        $crate::suite_fuzzer!($suite);

        ::bolero::check!().with_type::<$crate::wsclose::scenario::Scenario>().for_each(|scenario| {
            WSCLOSE_FUZZER.with_borrow_mut(|fuzzer| {
                fuzzer.check_scenario(scenario);
            });
        });
    }};
}

/// Defines the fuzzer of a suite that the other macros use. Not for direct use.
#[doc(hidden)]
#[macro_export]
macro_rules! suite_fuzzer {
    ($suite:expr) => {
        ::std::thread_local! {
            static WSCLOSE_FUZZER: ::std::cell::RefCell<$crate::wsclose::suite::SuiteFuzzer> = {
                // A panic of the subject is a finding, but the hook of libFuzzer would end the process.
                $crate::panic::install_filtered_hook();
                match $crate::wsclose::suite::Suite::fuzzer(&$suite) {
                    Ok(fuzzer) => ::std::cell::RefCell::new(fuzzer),
                    Err(error) => panic!("{error}"),
                }
            };
        }
    };
}

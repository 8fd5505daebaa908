//! Compiles the C++ shim over Boost.Beast where its headers are installed, and says so by the cfg
//! `wsclose_beast`. Elsewhere the build goes on without that peer, unless `WSCLOSE_REQUIRE_BEAST=1`.
#![allow(clippy::disallowed_methods, reason = "a build script reads and writes files; the library does not")]

use std::path::PathBuf;
use std::{env, fs, io};

/// Boost 1.81, as `BOOST_VERSION` counts.
const OLDEST: u32 = 108_100;

const SHIM: &str = "beast/shim.cpp";

fn main() -> io::Result<()> {
    println!("cargo::rustc-check-cfg=cfg(wsclose_beast)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={SHIM}");
    println!("cargo::rerun-if-changed=beast/wire.hpp");
    println!("cargo::rerun-if-changed=beast/shim.h");
    println!("cargo::rerun-if-env-changed=WSCLOSE_REQUIRE_BEAST");
    // Which compiler, and where it looks for headers besides the usual places.
    for name in ["CXX", "CXXFLAGS", "CPATH", "CPLUS_INCLUDE_PATH"] {
        println!("cargo::rerun-if-env-changed={name}");
    }

    let required =
        env::var_os("WSCLOSE_REQUIRE_BEAST").is_some_and(|value| !value.is_empty() && value != "0");
    let version = installed()?;
    let missing = match version {
        Some(version) if version >= OLDEST => {
            compile().err().map(|error| format!("the Boost.Beast shim does not compile: {error}"))
        }
        Some(version) => Some(format!("Boost {}.{} is too old", version / 100_000, version / 100 % 1000)),
        None => Some("Boost.Beast headers not found".to_owned()),
    };
    let Some(why) = missing else {
        println!("cargo::rustc-cfg=wsclose_beast");
        return Ok(());
    };
    if required {
        println!(
            "cargo::error={why}: install libboost1.81-dev (Debian) or any Boost from 1.81 on, and a C++17 \
             compiler, or unset WSCLOSE_REQUIRE_BEAST to build without this peer"
        );
    } else if version.is_some() {
        println!("cargo::warning={why}: built without this peer");
    }
    Ok(())
}

fn compiler() -> cc::Build {
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17");
    build
}

/// `BOOST_VERSION`, if the C++ compiler finds Beast's headers; `None` too where there is no such compiler.
fn installed() -> io::Result<Option<u32>> {
    let probe = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("probe.cpp");
    fs::write(
        &probe,
        "#if __has_include(<boost/version.hpp>) && __has_include(<boost/beast/version.hpp>)\n\
         #include <boost/version.hpp>\n\
         wsclose_boost_version BOOST_VERSION\n\
         #endif\n",
    )?;
    // A failure is an answer: no output of the compiler's is passed on.
    let expanded = compiler().cargo_metadata(false).cargo_warnings(false).file(&probe).try_expand();
    Ok(expanded.ok().and_then(|octets| {
        let text = String::from_utf8_lossy(&octets).into_owned();
        // Compilers put line markers, which begin with `#`, between the word and what the macro became.
        let mut rest = text.lines().skip_while(|line| !line.starts_with("wsclose_boost_version"));
        let words = |line: &str| line.split_whitespace().find_map(|word| word.parse().ok());
        rest.by_ref().filter(|line| !line.starts_with('#')).find_map(words)
    }))
}

fn compile() -> Result<(), cc::Error> {
    compiler()
        .file(SHIM)
        // What a debug build of the harness is slow at should not be this.
        .opt_level(2)
        .debug(false)
        // Boost's headers warn about themselves.
        .warnings(false)
        .flag_if_supported("-w")
        .try_compile("wsclose_beast")
}

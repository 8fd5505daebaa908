//! Compiles the shims for the C and C++ implementations whose headers are installed, into one library.
//!
//! Sets the cfg `wsclose_NAME` for each. An implementation that is not installed is left out, unless
//! `WSCLOSE_REQUIRE_NATIVE=1`.
#![allow(clippy::disallowed_methods, reason = "a build script reads and writes files")]

use std::path::PathBuf;
use std::{env, fs, io};

/// An implementation that is compiled from `native/NAME.cpp` and enabled by the cfg `wsclose_NAME`.
struct NativeImplementation {
    name: &'static str,
    /// The name in messages.
    title: &'static str,
    /// A header of the library, which must be installed.
    header: &'static str,
    /// The minimum version, if older ones are incompatible.
    version: Option<Version>,
    /// The library to link, unless it is header-only.
    link: Option<&'static str>,
    /// What to install.
    install_hint: &'static str,
}

/// A version macro in a header, and its minimum value.
struct Version {
    header: &'static str,
    macro_name: &'static str,
    minimum: u32,
}

/// Why an implementation is unavailable.
enum Missing {
    /// The compiler does not find the library, or there is no compiler.
    NotInstalled(String),
    /// The installed library cannot be used.
    Unusable(String),
}

const IMPLEMENTATIONS: [NativeImplementation; 3] = [
    NativeImplementation {
        name: "beast",
        title: "Boost.Beast",
        header: "boost/beast/version.hpp",
        // Boost 1.81.
        version: Some(Version { header: "boost/version.hpp", macro_name: "BOOST_VERSION", minimum: 108_100 }),
        link: None,
        install_hint: "libboost1.81-dev (Debian) or any Boost from 1.81 on",
    },
    NativeImplementation {
        name: "websocketpp",
        title: "WebSocket++",
        header: "websocketpp/version.hpp",
        version: None,
        link: None,
        install_hint: "libwebsocketpp-dev (Debian)",
    },
    NativeImplementation {
        name: "wslay",
        title: "wslay",
        header: "wslay/wslay.h",
        version: None,
        link: Some("wslay"),
        install_hint: "libwslay-dev (Debian)",
    },
];

/// The source file that all shims share.
const COMMON: &str = "native/endpoint.cpp";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=native");
    println!("cargo::rerun-if-env-changed=WSCLOSE_REQUIRE_NATIVE");
    // These select the compiler and its search paths.
    for name in ["CXX", "CXXFLAGS", "CPATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    println!("cargo::rustc-check-cfg=cfg(wsclose_native)");
    let required =
        env::var_os("WSCLOSE_REQUIRE_NATIVE").is_some_and(|value| !value.is_empty() && value != "0");
    let mut shims = Vec::new();
    for implementation in &IMPLEMENTATIONS {
        println!("cargo::rustc-check-cfg=cfg(wsclose_{})", implementation.name);
        match implementation.compile()? {
            Ok(objects) => {
                println!("cargo::rustc-cfg=wsclose_{}", implementation.name);
                shims.push((implementation, objects));
            }
            Err(Missing::NotInstalled(why) | Missing::Unusable(why)) if required => println!(
                "cargo::error={why}: install {} and a C++17 compiler, or unset WSCLOSE_REQUIRE_NATIVE to build \
                 without this implementation",
                implementation.install_hint
            ),
            Err(Missing::Unusable(why)) => println!("cargo::warning=unavailable: {why}"),
            Err(Missing::NotInstalled(_)) => {}
        }
    }
    if shims.is_empty() {
        return Ok(());
    }
    let mut library = compiler();
    library.file(COMMON).objects(shims.iter().flat_map(|(_, objects)| objects));
    library.try_compile("wsclose_native").map_err(io::Error::other)?;
    println!("cargo::rustc-cfg=wsclose_native");
    // After the shims, which depend on them.
    for name in shims.iter().filter_map(|(implementation, _)| implementation.link) {
        println!("cargo::rustc-link-lib={name}");
    }
    Ok(())
}

fn compiler() -> cc::Build {
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        // Optimized also in a debug build of the harness.
        .opt_level(2)
        .debug(false)
        // Headers of the libraries cause warnings.
        .warnings(false)
        .flag_if_supported("-w");
    build
}

impl NativeImplementation {
    /// Compiles the shim to object files, if the library is usable.
    fn compile(&self) -> io::Result<Result<Vec<PathBuf>, Missing>> {
        let title = self.title;
        if !header_satisfies(self.header, "1")? {
            return Ok(Err(Missing::NotInstalled(format!("{title}: <{}> not found", self.header))));
        }
        if let Some(Version { header, macro_name, minimum }) = self.version
            && !header_satisfies(header, &format!("{macro_name} >= {minimum}"))?
        {
            return Ok(Err(Missing::Unusable(format!(
                "{title} is too old: {macro_name} is less than {minimum}"
            ))));
        }
        if let Some(name) = self.link
            && !can_link(name)?
        {
            return Ok(Err(Missing::Unusable(format!("{title}: found its headers, but no library to link"))));
        }
        let objects = compiler().file(format!("native/{}.cpp", self.name)).try_compile_intermediates();
        Ok(objects.map_err(|error| Missing::Unusable(format!("the {title} shim does not compile: {error}"))))
    }
}

/// A file in the output folder of this build script.
fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join(name)
}

/// Whether the preprocessor finds the header, and the condition is true after it. `false` without a compiler.
fn header_satisfies(header: &str, condition: &str) -> io::Result<bool> {
    let probe = scratch("probe.cpp");
    fs::write(
        &probe,
        format!(
            "#if __has_include(<{header}>)\n#include <{header}>\n#if {condition}\nwsclose_found\n#endif\n#endif\n"
        ),
    )?;
    // A failure is a valid result, so the output of the compiler is suppressed.
    let expanded = compiler().cargo_metadata(false).cargo_warnings(false).file(&probe).try_expand();
    Ok(expanded.is_ok_and(|octets| String::from_utf8_lossy(&octets).contains("wsclose_found")))
}

/// Whether the compiler can link this library, statically or dynamically.
fn can_link(library: &str) -> io::Result<bool> {
    let probe = scratch("links.cpp");
    fs::write(&probe, "int main() {}\n")?;
    let Ok(compiler) = compiler().cargo_warnings(false).try_get_compiler() else { return Ok(false) };
    let mut command = compiler.to_command();
    command.arg(&probe).arg(format!("-l{library}")).arg("-o").arg(scratch("links"));
    Ok(command.output().is_ok_and(|output| output.status.success()))
}

//! Compiles the shims over the C and C++ peers whose headers are installed, and says which by cfgs. Elsewhere
//! the build goes on without them, unless `WSCLOSE_REQUIRE_NATIVE=1`. They become one library.
#![allow(clippy::disallowed_methods, reason = "a build script reads and writes files; the library does not")]

use std::path::PathBuf;
use std::{env, fs, io};

/// A peer that is compiled from `native/NAME.cpp` and known to the crate by the cfg `wsclose_NAME`.
struct NativeImplementation {
    name: &'static str,
    /// What it is called.
    title: &'static str,
    /// What must be found: one header of its own.
    header: &'static str,
    /// Where its version stands, for what is older than the adapter knows.
    version: Option<Version>,
    /// The library to link, for what is more than headers.
    link: Option<&'static str>,
    /// How to get it.
    install_hint: &'static str,
}

/// A number in a header, and the least that will do.
struct Version {
    header: &'static str,
    macro_name: &'static str,
    minimum: u32,
}

/// Why a peer is not built.
enum Missing {
    /// It is not installed, as far as the compiler can see; or there is no compiler.
    NotInstalled(String),
    /// What is installed will not do.
    Unusable(String),
}

const IMPLEMENTATIONS: [NativeImplementation; 3] = [
    NativeImplementation {
        name: "beast",
        title: "Boost.Beast",
        header: "boost/beast/version.hpp",
        // As Boost counts: 1.81.
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

/// What every shim is made of.
const COMMON: &str = "native/endpoint.cpp";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=native");
    println!("cargo::rerun-if-env-changed=WSCLOSE_REQUIRE_NATIVE");
    // Which compiler, and where it looks for headers and libraries besides the usual places.
    for name in ["CXX", "CXXFLAGS", "CPATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    println!("cargo::rustc-check-cfg=cfg(wsclose_native)");
    let required =
        env::var_os("WSCLOSE_REQUIRE_NATIVE").is_some_and(|value| !value.is_empty() && value != "0");
    let mut shims = Vec::new();
    for peer in &IMPLEMENTATIONS {
        println!("cargo::rustc-check-cfg=cfg(wsclose_{})", peer.name);
        match peer.compile()? {
            Ok(objects) => {
                println!("cargo::rustc-cfg=wsclose_{}", peer.name);
                shims.push((peer, objects));
            }
            Err(Missing::NotInstalled(why) | Missing::Unusable(why)) if required => println!(
                "cargo::error={why}: install {} and a C++17 compiler, or unset WSCLOSE_REQUIRE_NATIVE to build \
                 without this peer",
                peer.install_hint
            ),
            Err(Missing::Unusable(why)) => println!("cargo::warning={why}: built without this peer"),
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
    // Behind the shims, which need them.
    for name in shims.iter().filter_map(|(peer, _)| peer.link) {
        println!("cargo::rustc-link-lib={name}");
    }
    Ok(())
}

fn compiler() -> cc::Build {
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        // What a debug build of the harness is slow at should not be this.
        .opt_level(2)
        .debug(false)
        // The libraries' headers warn about themselves.
        .warnings(false)
        .flag_if_supported("-w");
    build
}

impl NativeImplementation {
    /// The shim's objects, if all that it needs is there.
    fn compile(&self) -> io::Result<Result<Vec<PathBuf>, Missing>> {
        let title = self.title;
        if !header_satisfies(self.header, "1")? {
            return Ok(Err(Missing::NotInstalled(format!("{title}: <{}> not found", self.header))));
        }
        if let Some(Version { header, macro_name: word, minimum: oldest }) = self.version
            && !header_satisfies(header, &format!("{word} >= {oldest}"))?
        {
            return Ok(Err(Missing::Unusable(format!("{title} is too old: {word} is less than {oldest}"))));
        }
        if let Some(name) = self.link
            && !can_link(name)?
        {
            return Ok(Err(Missing::Unusable(format!(
                "{title}: its headers are there, but no library to link"
            ))));
        }
        let objects = compiler().file(format!("native/{}.cpp", self.name)).try_compile_intermediates();
        Ok(objects.map_err(|error| Missing::Unusable(format!("the {title} shim does not compile: {error}"))))
    }
}

/// A file in the build's own folder.
fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join(name)
}

/// Whether the preprocessor finds the header and holds the condition true behind it; false too where there is
/// no compiler.
fn header_satisfies(header: &str, condition: &str) -> io::Result<bool> {
    let probe = scratch("probe.cpp");
    fs::write(
        &probe,
        format!(
            "#if __has_include(<{header}>)\n#include <{header}>\n#if {condition}\nwsclose_found\n#endif\n#endif\n"
        ),
    )?;
    // A failure is an answer: no output of the compiler's is passed on.
    let expanded = compiler().cargo_metadata(false).cargo_warnings(false).file(&probe).try_expand();
    Ok(expanded.is_ok_and(|octets| String::from_utf8_lossy(&octets).contains("wsclose_found")))
}

/// Whether the compiler can link this library, static or dynamic.
fn can_link(library: &str) -> io::Result<bool> {
    let probe = scratch("links.cpp");
    fs::write(&probe, "int main() {}\n")?;
    let Ok(compiler) = compiler().cargo_warnings(false).try_get_compiler() else { return Ok(false) };
    let mut command = compiler.to_command();
    command.arg(&probe).arg(format!("-l{library}")).arg("-o").arg(scratch("links"));
    Ok(command.output().is_ok_and(|output| output.status.success()))
}

//! The options of `proxy`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args as Arguments;
use url::{Position, Url};
use wsclose::protocol::code::Profile;
use wsclose_live::redacted_url;

use crate::args::live::address;

/// `proxy`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose proxy --listen 127.0.0.1:9002 --to ws://127.0.0.1:9001/
  wsclose proxy --to ws://127.0.0.1:9001/ --json report.json --pcap session.pcapng

The proxy stands between a client and a server. Let the client connect to the \
address of --listen in place of the server. Every octet, FIN and RST is passed \
on unchanged, with the path and the field Host of the client. Each connection is \
judged when it ends, and all that are open when Ctrl-C ends the proxy.

The proxy does not decrypt: connections under TLS are passed on and not judged. \
Let a TLS terminator stand in front of it.

Of each direction of a long connection, the first and last MiB are kept.

Exit codes:
  0  no violation of level must, interop or robust (with --strict also should and
     lenient)
  1  a violation
  2  the command line is invalid
  3  no WebSocket connection passed, or a client found the server unreachable
If more than one applies, 1 comes before 3.")]
pub struct Proxy {
    /// Address to listen on; port 0 stands for a free port, which is printed
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9002", value_parser = address)]
    pub listen: SocketAddr,
    /// The server: ws://HOST:PORT
    #[arg(long, value_name = "URL", value_parser = server_address)]
    pub to: ServerAddress,
    /// Listen on an address that other machines can reach
    #[arg(long)]
    pub allow_remote: bool,
    /// Which close codes are valid: rfc6455, iana, beast or ws-rs
    #[arg(long, default_value_t = Profile::default(), value_name = "PROFILE")]
    pub profile: Profile,
    /// Also fail for violations of level should and lenient
    #[arg(long)]
    pub strict: bool,
    /// Write a JSON report at the end, as judge does
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the connections as pcapng, for Wireshark and judge
    ///
    /// The packets are synthesised. They have what passed, in the order in which the proxy received it.
    #[arg(long, value_name = "FILE", conflicts_with = "redact")]
    pub pcap: Option<PathBuf>,
    /// Show the payloads of messages by their lengths, and no hosts and header fields
    #[arg(long)]
    pub redact: bool,
    /// Print every connection in full
    #[arg(short, long)]
    pub verbose: bool,
}

/// The server behind a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// Its name or IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl std::fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ServerAddress { host, port } = self;
        if host.contains(':') { write!(f, "ws://[{host}]:{port}/") } else { write!(f, "ws://{host}:{port}/") }
    }
}

fn server_address(text: &str) -> Result<ServerAddress, String> {
    let expected = |found: &str| format!("expected a URL such as ws://127.0.0.1:9001/, found {found}");
    let url = Url::parse(text).map_err(|error| expected(&format!("`{}` ({error})", redacted_url(text))))?;
    match url.scheme() {
        "ws" => {}
        "wss" => {
            return Err("expected ws://, found wss://: the proxy judges what it can read, so it speaks plain TCP. Let a \
                        TLS terminator stand in front of it, and a TLS client such as `stunnel` behind it"
                .to_owned());
        }
        scheme => return Err(expected(&format!("the scheme `{scheme}`"))),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(expected("a name or password, which the client sends itself"));
    }
    let path = &url[Position::BeforePath..];
    if !["", "/"].contains(&path) {
        return Err(expected(&format!(
            "the path `{path}`: the proxy passes on the path that the client requests"
        )));
    }
    let host = match url.host() {
        Some(url::Host::Domain(name)) => name.to_owned(),
        Some(url::Host::Ipv4(ip)) => ip.to_string(),
        Some(url::Host::Ipv6(ip)) => ip.to_string(),
        None => return Err(expected("no host")),
    };
    let port = url.port_or_known_default().unwrap_or(80);
    Ok(ServerAddress { host, port })
}

#[cfg(test)]
mod tests {
    use super::server_address;

    #[test]
    fn server_is_a_host_and_a_port() {
        for (text, shown) in [
            ("ws://127.0.0.1:9001/", "ws://127.0.0.1:9001/"),
            ("ws://localhost:9001", "ws://localhost:9001/"),
            ("ws://[::1]:9001/", "ws://[::1]:9001/"),
            ("ws://chat.example", "ws://chat.example:80/"),
        ] {
            assert_eq!(server_address(text).map(|address| address.to_string()), Ok(shown.to_owned()));
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_works() {
        for (text, why) in [
            ("wss://localhost:9001/", "TLS terminator"),
            ("http://localhost:9001/", "the scheme `http`"),
            ("localhost:9001", "the scheme `localhost`"),
            ("127.0.0.1:9001", "expected a URL such as ws://"),
            ("ws://localhost:9001/chat", "the path `/chat`"),
            ("ws://localhost:9001/?a=b", "the path `/?a=b`"),
            ("ws://localhost:9001/#a", "the path `/#a`"),
            ("ws://me:secret@localhost:9001/", "a name or password"),
        ] {
            let error = server_address(text).expect_err(text);
            assert!(error.contains(why) && !error.contains("secret"), "{text}: {error}");
        }
    }
}

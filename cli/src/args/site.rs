//! The arguments of `wsclose site`.

use std::path::PathBuf;

use clap::Args as Arguments;

/// `site`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose site report/matrix.json --out site
  wsclose site report/matrix.json report/live.json --out site \\
    --known-bugs known-bugs/bugs.toml --findings docs/findings/pages.toml

The pages load nothing from elsewhere, and need no script to be read. The same \
results make the same files.

The folder is written whole or not at all, in place of an earlier site. A folder \
that holds other files is refused.")]
pub struct Site {
    /// Results: matrix.json or live.json, as `wsclose matrix --out` writes them
    #[arg(required = true, value_name = "RESULTS")]
    pub results: Vec<PathBuf>,
    /// Write the site to this folder
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// TOML file of bugs of earlier versions, such as known-bugs/bugs.toml
    #[arg(long, value_name = "FILE")]
    pub known_bugs: Option<PathBuf>,
    /// TOML file of the pages on findings, such as docs/findings/pages.toml
    #[arg(long, value_name = "FILE")]
    pub findings: Option<PathBuf>,
    /// File of URLs that were published before, one a line: each goes on resolving
    #[arg(long, value_name = "FILE")]
    pub urls: Option<PathBuf>,
    /// Address at which the site is published, for the badges
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

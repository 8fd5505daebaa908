//! Opens pages in a headless browser.
//!
//! A test appends a script to a page, and the script writes its observations into the document. Without a browser the
//! tests print that and pass, unless `WSCLOSE_REQUIRE_BROWSER` is set.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The browsers that the tests try. The first is Debian's headless shell, which may not be on the path.
const BROWSERS: [&str; 4] =
    ["/usr/lib/chromium/chromium-headless-shell", "/usr/bin/chromium", "chromium", "google-chrome"];

/// The option by which a page is shown in dark colors.
pub const DARK: &str = "--blink-settings=preferredColorScheme=0";

/// The browser of this machine, if there is one.
pub fn browser() -> Option<&'static str> {
    let runs = |browser: &&str| Command::new(browser).arg("--version").output().is_ok();
    let found = BROWSERS.into_iter().find(runs);
    if found.is_none() {
        assert!(std::env::var_os("WSCLOSE_REQUIRE_BROWSER").is_none(), "expected one of {BROWSERS:?}");
        eprintln!("no browser: install chromium-headless-shell to run this test");
    }
    found
}

/// Opens a page with these options, and returns the document as text, and the messages of the console.
fn open(page: &Path, hash: &str, options: &[&str]) -> Option<(String, Vec<String>)> {
    let mut command = Command::new(browser()?);
    let profile = tempfile::tempdir().expect("a folder");
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--virtual-time-budget=10000",
        "--dump-dom",
    ]);
    command.args(["--enable-logging=stderr"]).args(options);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    let ran = command.arg(format!("file://{}{hash}", page.display())).output();
    let Output { stdout, stderr, .. } = ran.expect("a browser");
    let text = |octets: Vec<u8>| String::from_utf8_lossy(&octets).into_owned();
    let console = text(stderr).lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned).collect();
    Some((text(stdout), console))
}

/// Opens the page with this fragment of the URL, runs the script in it, and returns the lines that the script wrote. In
/// the script, `see(NAME, VALUE)` writes a line, and the last call is `done()`.
pub fn run_in_browser(page: &Path, hash: &str, script: &str) -> Option<Vec<String>> {
    run_with_options(page, hash, script, &[])
}

/// The same with options of the browser. A message on the console is an error.
pub fn run_with_options(page: &Path, hash: &str, script: &str, options: &[&str]) -> Option<Vec<String>> {
    // Two tests may open the same page at a time.
    static COPIES: AtomicUsize = AtomicUsize::new(0);
    browser()?;
    let html = fs::read_to_string(page).expect("a page");
    let setup = "<pre id=\"seen\"></pre><script>\n\
        const seen = document.getElementById('seen');\n\
        const see = (name, value) => { seen.textContent += `${name} ${encodeURIComponent(value)}\\n`; };\n\
        const done = () => { seen.textContent += 'done'; };\n\
        addEventListener('error', event => see('error', event.message));\n\
        addEventListener('load', () => setTimeout(async () => {\n";
    let copy = page.with_extension(format!("copy-{}.html", COPIES.fetch_add(1, Ordering::Relaxed)));
    let html = html.replace("</body>", &format!("{setup}{script}\n}}));</script></body>"));
    fs::write(&copy, html).expect("a folder to write in");
    let (dom, console) = open(&copy, hash, options)?;
    fs::remove_file(&copy).expect("the copy");
    assert!(console.is_empty(), "{}: {console:#?}", page.display());
    let seen = dom.split("<pre id=\"seen\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let seen = seen.unwrap_or_else(|| panic!("expected a document, found {dom}"));
    let lines: Vec<String> = seen.lines().map(str::to_owned).collect();
    assert_eq!(lines.last().map(String::as_str), Some("done"), "{}: {lines:?}", page.display());
    Some(lines)
}

/// Asserts that a script wrote these lines and no error.
#[track_caller]
pub fn assert_lines(lines: &[String], expected: &[&str]) {
    for line in expected {
        assert!(lines.iter().any(|other| other == line), "expected `{line}` in {lines:#?}");
    }
    assert!(lines.iter().all(|line| !line.starts_with("error")), "{lines:#?}");
}

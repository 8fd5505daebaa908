//! `wsclose site`: makes pages for people from the results of `wsclose matrix`.

mod badge;
mod chart;
mod chart_svg;
mod detail_pages;
mod finding_view;
mod history;
mod input;
mod pages;
mod prose;
mod publish;
mod results;
mod rule_row;
mod search;
mod square;
mod standing;
mod urls;

use std::io::Write;

use wsclose::analysis::code_map::CodeReaction;
use wsclose::rules::Rule;

use crate::args;
use crate::support::code_picture::{color, ink};
use crate::support::error::{CliError, ExitStatus};
use crate::support::files;
use crate::support::output::Stdout;
use badge::Badge;
use chart::Chart;
use detail_pages::Context;
use history::Documents;
use publish::{Files, SiteFolder};
use results::Results;
use urls::PublishedUrl;

/// Makes the site.
pub fn run(args: &args::Site, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let folder = SiteFolder::open(&args.out)?;
    let inputs = args.results.iter().map(|path| input::read(path)).collect::<Result<Vec<_>, _>>()?;
    let documents = Documents::read(args.known_bugs.as_deref(), args.findings.as_deref())?;
    let urls = args.urls.as_deref().map(urls::read).transpose()?.unwrap_or_default();
    let results = Results::of(inputs).map_err(|error| CliError::Usage(error.to_string()))?;
    let url = args.url.as_deref().map(|url| url.trim_end_matches('/'));
    let site = site(&Context { results: &results, documents: &documents, url }, urls)?;
    let count = folder.publish(site)?;
    let model = if results.has_model() { " and the model" } else { "" };
    writeln!(
        out,
        "wrote {}: {} implementations{model}, {count} files; open index.html",
        files::display_path(&args.out),
        results.compared().count()
    )?;
    Ok(ExitStatus::Conforms)
}

/// The files of the site.
fn site(context: &Context<'_>, urls: Vec<PublishedUrl>) -> Result<Files, CliError> {
    let results = context.results;
    let charts = Chart::all(results);
    let mut site = Files::new();
    let mut add = |path: &str, text: String| site.insert(path.to_owned(), text.into_bytes());
    add(pages::INDEX, pages::index(results, &charts));
    add(pages::RULES, pages::rules(results));
    add(pages::CODES, pages::codes(&charts));
    add(pages::DISAGREEMENTS, pages::disagreements(results));
    add(pages::READING, pages::reading());
    add("assets/site.css", style());
    add("assets/site.js", include_str!("../../templates/site/site.js").to_owned());
    add("assets/search.js", search::script(results));
    for chart in &charts {
        add(&format!("codes-{}.svg", chart.origin), chart_svg::picture(chart));
    }
    for rule in Rule::ALL {
        add(&format!("rules/{rule}.html"), detail_pages::rule(rule, results));
    }
    for one in &results.implementations {
        add(&format!("implementations/{}.html", one.slug), detail_pages::implementation(one, context));
        add(&format!("badges/{}.json", one.slug), Badge::of(one).json());
    }
    for PublishedUrl { path, successor } in urls {
        if site.contains_key(&path) {
            continue;
        }
        if let Some(successor) = successor.as_ref().filter(|successor| !site.contains_key(*successor)) {
            let why =
                format!("the list of URLs names `{successor}` for `{path}`, and the site has no such page");
            return Err(CliError::Usage(why));
        }
        let of_successor = successor.as_ref().and_then(|successor| site.get(successor)).cloned();
        let text = match path.rsplit_once('.') {
            Some((_, "json")) => of_successor.unwrap_or_else(|| Badge::absent().json().into_bytes()),
            Some((_, "svg")) => of_successor.unwrap_or_else(|| chart_svg::absent().into_bytes()),
            Some((_, "html")) => pages::moved(&path, successor.as_deref()).into_bytes(),
            Some(_) | None => {
                let why = format!(
                    "the list of URLs has `{path}`, which the results do not give; name more results"
                );
                return Err(CliError::Usage(why));
            }
        };
        site.insert(path, text);
    }
    Ok(site)
}

/// The style sheet, with the colors of the reactions to codes.
fn style() -> String {
    let mut style = include_str!("../../templates/site/site.css").to_owned();
    for reaction in CodeReaction::ALL {
        let (name, color, ink) = (reaction.name(), color(reaction), ink(reaction));
        style += &format!(
            ".q.{name} {{ background: {color}; color: {ink}; }}\n.square .{name} {{ fill: {color}; }}\n"
        );
    }
    style
}

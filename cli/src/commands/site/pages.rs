//! The pages of the site that are about all implementations. The templates escape everything that comes from results.

use std::cmp::Reverse;

use askama::Template;
use wsclose::analysis::code_map::CodeReaction;
use wsclose::rules::{Family, Level, Rule};

use super::chart::{self, Chart};
use super::input::{Kind, Topic};
use super::results::{Implementation, Results, Tested};
use super::rule_row::RuleRow;
use super::standing::Standing;

/// What every page has.
pub struct Frame {
    /// The way to the root of the site: empty, or `../`.
    pub root: &'static str,
    /// The title.
    pub title: String,
    /// The path of the page in the navigation that it belongs to.
    pub active: &'static str,
}

impl Frame {
    /// The frame of a page in the root of the site.
    pub fn in_root(title: &str, active: &'static str) -> Frame {
        Frame { root: "", title: title.to_owned(), active }
    }

    /// The pages of the navigation: path and name.
    pub fn links(&self) -> [(&'static str, &'static str); 5] {
        [
            (INDEX, "Overview"),
            (RULES, "Rules"),
            (CODES, "Codes"),
            (DISAGREEMENTS, "Disagreements"),
            (READING, "How to read this"),
        ]
    }

    /// The address of the repository of wsclose.
    pub fn repository(&self) -> &'static str {
        env!("CARGO_PKG_REPOSITORY")
    }

    /// The version of wsclose that makes the site.
    pub fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

/// The paths of the pages of the navigation.
pub const INDEX: &str = "index.html";
pub const RULES: &str = "rules.html";
pub const CODES: &str = "codes.html";
pub const DISAGREEMENTS: &str = "disagreements.html";
pub const READING: &str = "reading.html";

/// The text of a page.
pub fn text(page: &impl Template) -> String {
    page.render().expect("a page of text and numbers is written to a string")
}

/// The id of a family in URLs.
pub fn family_anchor(family: Family) -> String {
    format!("family-{}", family.name().replace(' ', "-").to_lowercase())
}

#[derive(Template)]
#[template(path = "site/index.html")]
struct IndexPage<'a> {
    frame: Frame,
    results: &'a Results,
    implementations: usize,
    has_model: bool,
    rules: usize,
    families: [Family; 9],
    groups: Vec<OverviewGroup<'a>>,
    chart: Option<&'a Chart<'a>>,
    legend: &'a [CodeReaction],
}

struct OverviewGroup<'a> {
    tested: Tested,
    rows: Vec<OverviewRow<'a>>,
}

struct OverviewRow<'a> {
    one: &'a Implementation,
    cells: Vec<FamilyCell>,
}

/// The rules of one topic, by how an implementation stands on them.
struct FamilyCell {
    anchor: String,
    /// The number of rules for each standing that the cell has a mark for.
    marks: Vec<(Standing, usize)>,
    conform: usize,
    text: String,
}

impl OverviewRow<'_> {
    /// Whether the name of the library adds something to that of the implementation.
    fn shows_library(&self) -> bool {
        let Implementation { name, tested_library, .. } = self.one;
        tested_library != name
    }
}

impl FamilyCell {
    fn of(one: &Implementation, family: Family) -> FamilyCell {
        let counts = Standing::ALL.map(|standing| (standing, one.count_in(family, standing)));
        let counts = counts.into_iter().filter(|(_, count)| *count > 0);
        let parts: Vec<String> = counts
            .clone()
            .filter_map(|(standing, count)| Some(format!("{count} {}", in_cell(standing)?)))
            .collect();
        let text = if parts.is_empty() { "not tested".to_owned() } else { parts.join(", ") };
        FamilyCell {
            anchor: family_anchor(family),
            marks: counts.filter(|(standing, _)| standing.is_violation()).collect(),
            conform: one.count_in(family, Standing::Conforms),
            text: format!("{}: {text}", family.name()),
        }
    }

    fn is_clean(&self) -> bool {
        self.marks.is_empty() && self.conform > 0
    }

    fn is_empty(&self) -> bool {
        self.marks.is_empty() && self.conform == 0
    }
}

/// The words in a cell of the overview, after the number of rules; `None` if the overview does not count the standing.
const fn in_cell(standing: Standing) -> Option<&'static str> {
    match standing {
        Standing::Violates => Some("violated"),
        Standing::Warns => Some("with a warning"),
        Standing::ViolatesOnRequest => Some("violated only on request"),
        Standing::WarnsOnRequest => Some("with a warning only on request"),
        Standing::Conforms => Some("conform"),
        Standing::Differs
        | Standing::Program
        | Standing::Unsure
        | Standing::Inconclusive
        | Standing::NotExercised
        | Standing::LeftToProgram => None,
    }
}

/// The overview.
pub fn index(results: &Results, charts: &[Chart<'_>]) -> String {
    let row = |one| OverviewRow { one, cells: Family::ALL.map(|family| FamilyCell::of(one, family)).into() };
    let groups = Tested::ALL
        .into_iter()
        .map(|tested| OverviewGroup { tested, rows: results.tested(tested).map(row).collect() });
    let legend = charts.first().map(Chart::legend).unwrap_or_default();
    text(&IndexPage {
        frame: Frame::in_root("Overview", INDEX),
        results,
        implementations: results.compared().count(),
        has_model: results.has_model(),
        rules: Rule::ALL.len(),
        families: Family::ALL,
        groups: groups.filter(|group| !group.rows.is_empty()).collect(),
        chart: charts.first(),
        legend: &legend,
    })
}

#[derive(Template)]
#[template(path = "site/rules.html")]
struct RulesPage {
    frame: Frame,
    families: Vec<RuleFamily>,
    has_model: bool,
}

struct RuleFamily {
    anchor: String,
    name: &'static str,
    rows: Vec<RuleRow>,
}

/// The index of the rules.
pub fn rules(results: &Results) -> String {
    let family = |family: Family| RuleFamily {
        anchor: family_anchor(family),
        name: family.name(),
        rows: Rule::ALL
            .into_iter()
            .filter(|rule| rule.family() == family)
            .map(|rule| RuleRow::of(results, rule))
            .collect(),
    };
    text(&RulesPage {
        frame: Frame::in_root("Rules", RULES),
        families: Family::ALL.into_iter().map(family).collect(),
        has_model: results.has_model(),
    })
}

#[derive(Template)]
#[template(path = "site/codes.html")]
struct CodesPage<'a> {
    frame: Frame,
    charts: &'a [Chart<'a>],
    legend: &'a [CodeReaction],
}

/// The page of the charts of close codes.
pub fn codes(charts: &[Chart<'_>]) -> String {
    text(&CodesPage { frame: Frame::in_root("Close codes", CODES), charts, legend: &chart::legend(charts) })
}

/// The most rules that divide the implementations.
const MOST_DIVIDED: usize = 20;

/// The most kinds of disagreement that are shown for one rule, the most frequent first.
const MOST_KINDS: usize = 3;

#[derive(Template)]
#[template(path = "site/disagreements.html")]
struct DisagreementsPage<'a> {
    frame: Frame,
    divided: Vec<RuleRow>,
    topics: Vec<TopicView<'a>>,
}

struct TopicView<'a> {
    rule: Rule,
    scripts: usize,
    differing: usize,
    kinds: &'a [Kind],
    /// The number of kinds that are not shown.
    left: usize,
}

/// The page of the disagreements.
pub fn disagreements(results: &Results) -> String {
    let mut divided: Vec<RuleRow> = Rule::ALL.into_iter().map(|rule| RuleRow::of(results, rule)).collect();
    divided.retain(|row| row.smaller_side() > 0);
    divided.sort_by_key(|row| (Reverse(row.smaller_side()), row.rule));
    divided.truncate(MOST_DIVIDED);
    text(&DisagreementsPage {
        frame: Frame::in_root("Disagreements", DISAGREEMENTS),
        divided,
        topics: results.topics.iter().map(topic_view).collect(),
    })
}

fn topic_view(topic: &Topic) -> TopicView<'_> {
    let shown = topic.kinds.len().min(MOST_KINDS);
    TopicView {
        rule: topic.rule,
        scripts: topic.scripts,
        differing: topic.kinds.iter().map(|kind| kind.scripts).sum(),
        kinds: &topic.kinds[..shown],
        left: topic.kinds.len() - shown,
    }
}

#[derive(Template)]
#[template(path = "site/reading.html")]
struct ReadingPage {
    frame: Frame,
    standings: [Standing; 11],
    levels: Vec<(&'static str, &'static str)>,
    ways: [Tested; 3],
}

/// The page on how to read the site.
pub fn reading() -> String {
    text(&ReadingPage {
        frame: Frame::in_root("How to read this", READING),
        standings: Standing::ALL,
        levels: Level::ALL.into_iter().map(|level| (level.name(), level.meaning())).collect(),
        ways: Tested::ALL,
    })
}

#[derive(Template)]
#[template(path = "site/moved.html")]
struct MovedPage<'a> {
    frame: Frame,
    subject: &'a str,
    successor: Option<&'a str>,
}

/// The page at an address that the newest results do not have: a link to what took its place, if something did.
pub fn moved(path: &str, successor: Option<&str>) -> String {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let subject = file.trim_end_matches(".html");
    // The list of addresses has folders of one level.
    let root = if folder.is_empty() { "" } else { "../" };
    text(&MovedPage { frame: Frame { root, title: subject.to_owned(), active: "" }, subject, successor })
}

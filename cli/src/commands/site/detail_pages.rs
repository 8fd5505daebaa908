//! The pages of one rule and of one implementation.

use askama::Template;
use wsclose::analysis::code_map::CodeReaction;
use wsclose::analysis::rule_page;
use wsclose::generate::vectors::CodeOrigin;
use wsclose::rules::{Advice, Family, Level, Rule};

use super::badge::Badge;
use super::chart::{self, Chart};
use super::finding_view::FindingView;
use super::history::{Bug, Documents};
use super::input::Nearest;
use super::pages::{Frame, INDEX, RULES, family_anchor, text};
use super::prose::thousands;
use super::results::{Implementation, Results, Tested};
use super::rule_row::RuleRow;
use super::square::{self, Square};
use super::standing::{Share, Standing};

#[derive(Template)]
#[template(path = "site/rule.html")]
struct RulePage<'a> {
    frame: Frame,
    rule: Rule,
    family_anchor: String,
    level_effect: &'static str,
    sections: Vec<(String, Option<String>)>,
    applies_to: String,
    violations_heading: &'static str,
    row: RuleRow,
    violations: Vec<FindingView<'a>>,
    others: Vec<OtherGroup<'a>>,
    criterion: Vec<String>,
    advice: Advice,
}

/// The implementations that stand alike on a rule.
struct OtherGroup<'a> {
    standing: Standing,
    implementations: Vec<&'a Implementation>,
}

/// The page of a rule.
pub fn rule(rule: Rule, results: &Results) -> String {
    let of_standing =
        |standing: Standing| results.compared().filter(move |one| one.standing(rule) == standing);
    let has_article = |standing: &Standing| match standing.share() {
        Share::Against | Share::OnRequest => true,
        Share::Conforms | Share::Open => false,
    };
    let (with_article, others): (Vec<Standing>, Vec<Standing>) =
        Standing::ALL.into_iter().partition(has_article);
    let mut violations: Vec<FindingView<'_>> = with_article
        .into_iter()
        .flat_map(of_standing)
        .filter_map(|one| FindingView::of(one, rule, one.outcomes.get(&rule)?))
        .collect();
    if let Some(first) = violations.first_mut() {
        first.is_open = true;
    }
    let group = |standing| OtherGroup { standing, implementations: of_standing(standing).collect() };
    text(&RulePage {
        frame: Frame { root: "../", title: rule.id().to_owned(), active: RULES },
        rule,
        family_anchor: family_anchor(rule.family()),
        level_effect: rule_page::level_effect(rule.level()),
        sections: rule_page::sections(rule),
        applies_to: rule_page::applies_to(rule),
        violations_heading: match rule.level() {
            Level::Info => "Implementations that differ",
            Level::Must | Level::Interop | Level::Robust | Level::Should | Level::Lenient => {
                "Implementations that violate it"
            }
        },
        row: RuleRow::of(results, rule),
        violations,
        others: others.into_iter().map(group).filter(|group| !group.implementations.is_empty()).collect(),
        criterion: rule_page::criterion_paragraphs(rule),
        advice: rule.advice(),
    })
}

#[derive(Template)]
#[template(path = "site/implementation.html")]
struct ImplementationPage<'a> {
    frame: Frame,
    one: &'a Implementation,
    summary: String,
    nearest_slug: Option<&'a str>,
    nearest_extent: String,
    relatives: Vec<&'a Implementation>,
    findings_page: Option<String>,
    badge: Badge,
    badge_markdown: Option<String>,
    groups: Vec<FindingGroup<'a>>,
    code_charts: Vec<Chart<'a>>,
    legend: Vec<CodeReaction>,
    squares: Vec<Square>,
    bugs: Vec<&'a Bug>,
    families: Vec<EveryFamily<'a>>,
    reproduce: String,
}

/// The findings of one standing.
struct FindingGroup<'a> {
    id: &'static str,
    heading: &'static str,
    about: &'static str,
    findings: Vec<FindingView<'a>>,
}

struct EveryFamily<'a> {
    anchor: String,
    name: &'static str,
    rows: Vec<EveryRow<'a>>,
}

/// How the implementation stands on one rule.
struct EveryRow<'a> {
    rule: Rule,
    standing: Standing,
    counts: [usize; 3],
    why: Option<&'a str>,
    /// Whether the page has evidence.
    has_article: bool,
}

/// What the pages of implementations need besides the results.
pub struct Context<'a> {
    /// All results.
    pub results: &'a Results,
    /// What documents the implementations.
    pub documents: &'a Documents,
    /// The address of the site, without `/` at its end, if it is known.
    pub url: Option<&'a str>,
}

/// The page of an implementation.
pub fn implementation(one: &Implementation, context: &Context<'_>) -> String {
    let Context { results, documents, url } = context;
    let findings_page = documents.findings_page(one);
    let is_relative = |other: &&Implementation| {
        other.slug != one.slug && findings_page.is_some() && documents.findings_page(other) == findings_page
    };
    let nearest = one.nearest.as_ref();
    let same_name = |other: &&Implementation| nearest.is_some_and(|nearest| nearest.name == other.name);
    let code_charts: Vec<Chart<'_>> =
        CodeOrigin::ALL.into_iter().filter_map(|origin| Chart::of(origin, &[one])).collect();
    text(&ImplementationPage {
        frame: Frame { root: "../", title: one.name.clone(), active: INDEX },
        one,
        summary: summary(one),
        nearest_slug: results.tested(one.tested).find(same_name).map(|other| other.slug.as_str()),
        nearest_extent: nearest.map(nearest_extent).unwrap_or_default(),
        relatives: results.implementations.iter().filter(is_relative).collect(),
        badge: Badge::of(one),
        badge_markdown: url.map(|url| badge_markdown(one, url)),
        groups: Standing::ALL.into_iter().filter_map(|standing| finding_group(one, standing)).collect(),
        legend: chart::legend(&code_charts),
        code_charts,
        squares: square::squares(one),
        bugs: documents.bugs(one).collect(),
        families: Family::ALL.into_iter().map(|family| every_family(one, family)).collect(),
        reproduce: reproduce(one),
        findings_page,
    })
}

/// How the implementation stands, in a sentence.
fn summary(one: &Implementation) -> String {
    let part = |verb: &str, standing| match one.count(standing) {
        0 => None,
        1 => Some(format!("{verb} 1 rule")),
        count => Some(format!("{verb} {count} rules")),
    };
    let on_its_own = list(&[
        part("violates", Standing::Violates),
        part("has a warning on", Standing::Warns),
        Some(part("conforms to", Standing::Conforms).unwrap_or_else(|| "conforms to 0 rules".to_owned())),
    ]);
    let on_request = list(&[
        part("violates", Standing::ViolatesOnRequest),
        part("has a warning on", Standing::WarnsOnRequest),
    ]);
    let on_request = match on_request.as_str() {
        "" => String::new(),
        list => format!(" Only on request of its application, it {list}."),
    };
    let end = if one.is_complete { "" } else { " The run did not come to its end." };
    format!("It {on_its_own}, of those that were tested.{on_request}{end}")
}

/// The parts that there are, with commas and `and`.
fn list(parts: &[Option<String>]) -> String {
    let parts: Vec<&str> = parts.iter().flatten().map(String::as_str).collect();
    match parts.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

/// How much an implementation differs from its nearest. `matrix` compares fewer scripts than it plays.
fn nearest_extent(nearest: &Nearest) -> String {
    let [differ, of] = [nearest.scripts, nearest.of_scripts].map(|count| thousands(count as u64));
    format!(
        "{differ} of {of} compared scripts differ; other segmentations and generated scenarios are not compared"
    )
}

/// The badge as Markdown for a README.
fn badge_markdown(one: &Implementation, url: &str) -> String {
    let encode = |text: &str| {
        let is_kept = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
        let encoded = text.bytes().map(|byte| match is_kept(&byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        });
        encoded.collect::<String>()
    };
    let (slug, label) = (&one.slug, Badge::of(one).label);
    let endpoint = encode(&format!("{url}/badges/{slug}.json"));
    format!("[![{label}](https://img.shields.io/endpoint?url={endpoint})]({url}/implementations/{slug}.html)")
}

/// The section of the findings of a standing, as id and heading; `None` if they have no evidence.
const fn section(standing: Standing) -> Option<(&'static str, &'static str)> {
    match standing {
        Standing::Violates => Some(("violations", "Violations")),
        Standing::Warns => Some(("warnings", "Warnings")),
        Standing::ViolatesOnRequest => Some(("violations-on-request", "Violations only on request")),
        Standing::WarnsOnRequest => Some(("warnings-on-request", "Warnings only on request")),
        Standing::Differs => Some(("differences", "What the RFC leaves open")),
        Standing::Program => Some(("program", "Caused by the echo program")),
        Standing::Unsure => Some(("unconfirmed", "Not confirmed")),
        Standing::Inconclusive | Standing::Conforms | Standing::NotExercised | Standing::LeftToProgram => {
            None
        }
    }
}

fn finding_group(one: &Implementation, standing: Standing) -> Option<FindingGroup<'_>> {
    let of_standing = one.outcomes.iter().filter(|(_, outcome)| outcome.standing == standing);
    let findings: Vec<FindingView<'_>> =
        of_standing.filter_map(|(rule, outcome)| FindingView::of(one, *rule, outcome)).collect();
    let (id, heading) = section(standing)?;
    (!findings.is_empty()).then_some(FindingGroup { id, heading, about: standing.meaning(), findings })
}

fn every_family(one: &Implementation, family: Family) -> EveryFamily<'_> {
    let row = |rule: Rule| {
        let outcome = one.outcomes.get(&rule);
        let standing = one.standing(rule);
        EveryRow {
            rule,
            standing,
            counts: outcome.map_or([0; 3], |outcome| outcome.counts),
            why: outcome.and_then(|outcome| outcome.inconclusive_reason.as_deref()),
            has_article: section(standing).is_some()
                && outcome.is_some_and(|outcome| outcome.finding.is_some()),
        }
    };
    EveryFamily {
        anchor: family_anchor(family),
        name: family.name(),
        rows: Rule::ALL.into_iter().filter(|rule| rule.family() == family).map(row).collect(),
    }
}

/// The command that repeats the run.
fn reproduce(one: &Implementation) -> String {
    let Implementation { name, profile_option, .. } = one;
    match one.tested {
        Tested::InProcess => format!("wsclose-full matrix --subject {name}{profile_option}"),
        Tested::Live(_) => format!("wsclose matrix --live --subject {name}{profile_option}"),
    }
}

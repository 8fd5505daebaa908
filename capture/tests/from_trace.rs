//! Writes what the model and faulty models did as packets, and judges the packets: the verdicts are those of the script.

use std::collections::BTreeMap;
use std::time::Duration;

use wsclose::Harness;
use wsclose::harness::Subject;
use wsclose::model::endpoint::Model;
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Rule, RuleSet};
use wsclose::script::{ScriptBuf, corpus};
use wsclose_capture::from_trace::{Clock, recorded_connections};
use wsclose_capture::judgement::{Settings, judge};
use wsclose_capture::pcap::PcapngWriter;
use wsclose_capture::pcap::{self, PcapOptions};
use wsclose_capture::recording::RecordedConnection;
use wsclose_capture::session::Session;
use wsclose_capture::side::TICK;
use wsclose_capture::undecided::why_undecided;

/// The curated scripts, for an endpoint in this role.
fn scripts(role: Role) -> Vec<(&'static str, ScriptBuf)> {
    let script = |(name, script): (&'static str, ScriptBuf)| {
        let octets = script.as_script().for_role(role).encode();
        (name, ScriptBuf::read(&octets).expect("a script"))
    };
    corpus::curated().map(script).collect()
}

/// The connections, written as packets and read again.
fn through_packets(connections: &[RecordedConnection]) -> Vec<RecordedConnection> {
    let mut writer = PcapngWriter::new(Vec::new(), Duration::ZERO).expect("a header");
    connections.iter().for_each(|connection| writer.write(connection).expect("packets"));
    let file = writer.finish().expect("a file");
    let mut read = Vec::new();
    pcap::read(&file[..], &PcapOptions::default(), &mut |connection| read.push(connection))
        .expect("a capture");
    read
}

/// What a subject violated in a script, and what the packets show. `None` if a recording shows too little of it.
fn violations(
    harness: &mut Harness,
    script: &ScriptBuf,
    subject: &mut dyn Subject,
) -> Option<(RuleSet, RuleSet)> {
    let playback = harness.play(script.as_script(), subject);
    let of_script = playback.findings.iter().map(|finding| finding.rule).collect();
    let role = playback.trace.role;
    let recorded: Option<Vec<_>> =
        recorded_connections(playback.trace, Clock::Tick(TICK), "/").into_iter().collect();
    let recorded = recorded?;
    let read = through_packets(&recorded);
    assert_eq!(read.len(), recorded.len());
    let of_packets = read.iter().flat_map(|connection| {
        let session = Session::of(connection).expect("a session");
        judge(&session, Settings::default())
            .side(role)
            .violations
            .iter()
            .map(|it| it.rule)
            .collect::<Vec<_>>()
    });
    Some((of_script, of_packets.collect()))
}

#[test]
fn packets_of_the_model_accuse_nobody() {
    for role in Role::ALL {
        let mut harness = Harness::new(Profile::default());
        let mut model = Model::new(Profile::default());
        for (name, script) in scripts(role) {
            if let Some((_, of_packets)) = violations(&mut harness, &script, &mut model) {
                assert!(of_packets.is_empty(), "{name}: {of_packets:?}");
            }
        }
    }
}

const NO_REPLY: &str = "a missing reply is the one violation that is reported, whatever its cause";

/// Rules that packets leave open for some faults which break them, each with the reason.
const LESS: [(Rule, &str); 20] = [
    (Rule::FreshMaskKey, "several connections decide it"),
    (Rule::OneClose, "this fault sends behind its FIN, which TCP does not carry"),
    (Rule::QuietAfterClose, "this fault sends behind its FIN, which TCP does not carry"),
    (
        Rule::NothingAfterFail,
        "these faults send behind their FIN, which TCP does not carry, or deliver messages",
    ),
    (Rule::TcpClosedAfterHandshake, "how long a client waits for the server's FIN is its own decision"),
    (Rule::TlsClosedCleanly, "the packets have no TLS"),
    (Rule::AcceptsDefinedCodes, NO_REPLY),
    (Rule::AcceptsRegisteredCodes, NO_REPLY),
    (Rule::AcceptsLibraryAndPrivateCodes, NO_REPLY),
    (Rule::AcceptsEmptyClose, NO_REPLY),
    (Rule::AcceptsLongestReason, NO_REPLY),
    (Rule::AcceptsAnyUtf8Reason, NO_REPLY),
    (Rule::DiscardsAfterClose, "packets do not show which messages the application received"),
    (Rule::FailCodeFits, "the application may have closed with that code"),
    (Rule::RejectsUndefinedCodes, "only a report shows that a reply was accepted"),
    (Rule::RejectsUnassignedCodes, "only a report shows that a reply was accepted"),
    (Rule::RejectsOneByteBody, "only a report shows that a reply was accepted"),
    (Rule::RejectsLongClose, "only a report shows that a reply was accepted"),
    (Rule::RejectsRsv, "only a report shows that an end without Close counts as a clean one"),
    (Rule::ServerRejectsUnmasked, "only a report shows that an end without Close counts as a clean one"),
];

/// Rules that packets show as violated for some faults which break another rule, each with the reason.
const MORE: [(Rule, &str); 2] = [
    (Rule::ValidatesReason, "the weaker form of rejects-bad-utf8-reason"),
    (Rule::ClientLetsServerCloseFirst, "the weaker form of reads-until-answer"),
];

#[test]
fn packets_show_what_the_script_showed() {
    let (mut more, mut less, mut same) = (BTreeMap::new(), BTreeMap::new(), 0);
    for role in Role::ALL {
        let mut harness = Harness::new(Profile::default());
        let scripts = scripts(role);
        for fault in Fault::ALL {
            let (mut of_scripts, mut of_packets) = (RuleSet::EMPTY, RuleSet::EMPTY);
            for (_, script) in &scripts {
                let played = violations(&mut harness, script, &mut FaultyModel::new(fault));
                if let Some((of_script, shown)) = played {
                    of_scripts = of_scripts.union(of_script);
                    of_packets = of_packets.union(shown);
                }
            }
            let decided: RuleSet = of_scripts.iter().filter(|rule| why_undecided(*rule).is_none()).collect();
            same += decided.intersection(of_packets).len();
            for (rules, differences) in
                [(decided.without(of_packets), &mut less), (of_packets.without(of_scripts), &mut more)]
            {
                for rule in rules.iter() {
                    differences.entry(rule).or_insert_with(Vec::new).push((fault.slug(), role));
                }
            }
        }
    }
    let listed = |list: &[(Rule, &str)]| list.iter().map(|(rule, _)| *rule).collect::<RuleSet>();
    let found = |differences: &BTreeMap<Rule, Vec<_>>| differences.keys().copied().collect::<RuleSet>();
    assert_eq!(found(&less), listed(&LESS), "{less:#?}");
    assert_eq!(found(&more), listed(&MORE), "{more:#?}");
    let differing = less.values().chain(more.values()).map(Vec::len).sum::<usize>();
    assert!(same > 10 * less.values().map(Vec::len).sum::<usize>(), "{same} agree, {differing} differ");
}

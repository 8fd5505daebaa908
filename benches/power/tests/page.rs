//! Checks that `docs/power.csv`, and so the page next to it, is about the faults that there are.

use std::collections::BTreeSet;

use wsclose::model::faults::Fault;

#[test]
fn the_table_has_the_faults_of_the_model() {
    let csv = include_str!("../../../docs/power.csv");
    let page = include_str!("../../../docs/power.md");
    let listed: BTreeSet<&str> = csv.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    let faults: BTreeSet<&str> = Fault::ALL.into_iter().map(Fault::slug).collect();
    let removed: Vec<_> = listed.difference(&faults).collect();
    assert!(removed.is_empty(), "docs/power.csv lists faults that the model does not have: {removed:?}");
    let new: Vec<_> = faults.difference(&listed).collect();
    // A run of the table takes hours, so a new fault does not need one. `cargo test -- --nocapture` shows the list.
    println!("{} faults are newer than docs/power.csv: {new:?}", new.len());
    let count = format!("The table has {} planted faults", listed.len());
    assert!(page.contains(&count), "docs/power.md does not say: {count}");
    for slug in listed {
        assert!(page.contains(&format!("\n| `{slug}` |")), "docs/power.md has no line for {slug}");
    }
}

//! A property: the endpoint violates no rule in any scenario.

mod kit;

#[test]
fn closes_in_every_scenario() {
    wsclose_adapter::bolero_check!(kit::suite());
}

//! Random closing scenarios, and changes of them.

use crate::generate::random::Random;
use crate::protocol::role::Role;
use crate::scenario::Scenario;
use crate::scenario::parameters::{Parameter, Parameters, Partial};

/// One parameter in this many gets any of its values. The others keep their defaults: of two flaws, an endpoint would
/// react to the first alone.
const VARIED_EVERY_N: usize = 3;

/// A random scenario for an endpoint in this role.
pub(super) fn random(role: Role, random: &mut Random) -> Scenario {
    let mut values = Partial::from(Parameters::default());
    for parameter in Parameter::ALL {
        if random.one_in(VARIED_EVERY_N) {
            values.set(parameter, Some(random.below(parameter.levels())));
        }
    }
    nearest(role, &values)
}

/// The scenario with another value of one parameter, or of several, or for the other role.
#[cfg(feature = "arbitrary")]
pub(super) fn changed(parent: Scenario, count: usize, random: &mut Random) -> Scenario {
    let mut values = Partial::from(*parent.parameters());
    for _ in 0..count {
        let parameter = random.pick(&Parameter::ALL);
        // Every other change goes back to the default, so that values do not pile up.
        let level = if random.one_in(2) { 0 } else { random.below(parameter.levels()) };
        values.set(parameter, Some(level));
    }
    let role = if random.one_in(16) { parent.role().peer() } else { parent.role() };
    nearest(role, &values)
}

fn nearest(role: Role, values: &Partial) -> Scenario {
    Scenario::nearest(role, values.complete().expect("every parameter has a value"))
}

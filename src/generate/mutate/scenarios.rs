//! Steps of whole closing scenarios, which single changes of steps would put together too seldom.

use crate::generate::random::Random;
use crate::protocol::role::Role;
use crate::scenario::Scenario;
use crate::scenario::parameters::{Parameter, Parameters, Partial};
use crate::script::ScriptBuf;

/// One parameter in this many gets any of its values. The others keep their defaults: of two flaws, an endpoint would
/// react to the first alone.
const VARIED_EVERY_N: usize = 3;

/// The script of a random scenario for an endpoint in this role.
pub(super) fn random(role: Role, random: &mut Random) -> ScriptBuf {
    let mut values = Partial::from(Parameters::default());
    for parameter in Parameter::ALL {
        if random.one_in(VARIED_EVERY_N) {
            values.set(parameter, Some(random.below(parameter.levels())));
        }
    }
    Scenario::nearest(role, values.complete().expect("every parameter has a value")).script()
}

//! Scenarios from the bytes of a fuzzer. Any bytes give a scenario that exists.

use super::closing::Scenario;
use super::parameters::Parameters;
use crate::protocol::role::Role;

/// The scenario nearest to the values, for a server if `is_server`.
fn scenario(is_server: bool, parameters: Parameters) -> Scenario {
    Scenario::nearest(if is_server { Role::Server } else { Role::Client }, parameters)
}

#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Scenario {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Scenario> {
        Ok(scenario(u.arbitrary()?, u.arbitrary()?))
    }

    fn size_hint(depth: usize) -> (usize, Option<usize>) {
        arbitrary::size_hint::and(bool::size_hint(depth), Parameters::size_hint(depth))
    }
}

#[cfg(feature = "bolero")]
impl bolero_generator::TypeGenerator for Scenario {
    fn generate<D: bolero_generator::Driver>(driver: &mut D) -> Option<Scenario> {
        Some(scenario(driver.produce()?, driver.produce()?))
    }
}

//! Scenarios from the bytes of a fuzzer. Any bytes give a scenario that exists.

use super::closing::Scenario;
use super::parameters::Parameters;
#[cfg(feature = "arbitrary")]
use super::parameters::{Parameter, Partial};
use crate::protocol::role::Role;

/// The scenario nearest to the values, for a server if `is_server`.
fn scenario(is_server: bool, parameters: Parameters) -> Scenario {
    Scenario::nearest(if is_server { Role::Server } else { Role::Client }, parameters)
}

/// Reads the role, and then pairs of a parameter and its value until no octets are left. Parameters without a pair have their
/// defaults. So short inputs are simple scenarios, and a fuzzer that shortens an input removes values.
#[cfg(feature = "arbitrary")]
impl<'a> arbitrary::Arbitrary<'a> for Scenario {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Scenario> {
        let is_server = u.arbitrary()?;
        let mut values = Partial::from(Parameters::default());
        for _ in Parameter::ALL {
            if u.is_empty() {
                break;
            }
            let parameter = *u.choose(&Parameter::ALL)?;
            values.set(parameter, Some(u.choose_index(parameter.levels())?));
        }
        Ok(scenario(is_server, values.complete().unwrap_or_default()))
    }

    fn size_hint(_depth: usize) -> (usize, Option<usize>) {
        (0, Some(1 + 2 * Parameter::ALL.len()))
    }
}

#[cfg(feature = "arbitrary")]
impl Scenario {
    /// The scenario that the octets of a fuzzer stand for, as a target `|scenario: Scenario|` reads them. Zeros stand for
    /// octets that are missing.
    pub fn from_fuzzer(octets: &[u8]) -> Scenario {
        use arbitrary::{Arbitrary, Unstructured};
        Scenario::arbitrary_take_rest(Unstructured::new(octets)).expect("any octets are a scenario")
    }

    /// The octets that stand for the scenario, with which a fuzzer begins: [`Scenario::from_fuzzer`] reads them back.
    ///
    /// The first octet is the role. Two octets follow for each value that is not the default: the index of the parameter and
    /// that of the value in the table.
    pub fn to_fuzzer(&self) -> Vec<u8> {
        let mut octets = vec![u8::from(self.role() == Role::Server)];
        for (parameter, level) in (0..).zip(self.parameters().levels()) {
            if level > 0 {
                octets.extend([parameter, level]);
            }
        }
        octets
    }
}

#[cfg(feature = "bolero")]
impl bolero_generator::TypeGenerator for Scenario {
    fn generate<D: bolero_generator::Driver>(driver: &mut D) -> Option<Scenario> {
        Some(scenario(driver.produce()?, driver.produce()?))
    }
}

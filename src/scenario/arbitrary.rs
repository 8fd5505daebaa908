//! Scenarios from the bytes of a fuzzer. Any bytes give a scenario that exists.

use super::closing::Scenario;
#[cfg(feature = "arbitrary")]
use super::parameters::Parameter;
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
    /// The first octet is the role. Four octets follow for each parameter in the order of the table. They are a number in
    /// little endian that `arbitrary` scales to the number of values, so that the last of them decides.
    pub fn to_fuzzer(&self) -> Vec<u8> {
        let mut octets = vec![u8::from(self.role() == Role::Server)];
        for (parameter, level) in Parameter::ALL.into_iter().zip(self.parameters().levels()) {
            // The least octet of the value's share of the 256. No parameter has more values than that.
            let first = (usize::from(level) * 256).div_ceil(parameter.levels());
            octets.extend([0, 0, 0, u8::try_from(first).expect("a level below the number of values")]);
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

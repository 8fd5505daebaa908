//! The types that peers have for close codes: in comes a value, out comes what such a type makes of it.

use wsclose::code::CloseCode;

/// What a peer's own type of close codes makes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// The value that comes back out.
    pub back: u16,
    /// Whether the type has a variant or a name for this value alone.
    pub own_variant: bool,
    /// Whether the peer's own check lets it pass; `None` where the type has none.
    pub allowed: Option<bool>,
}

/// Puts a value through a peer's type.
pub type Spell = fn(u16) -> Spelling;

/// Every peer whose type of codes can be asked, by name.
const VOCABULARIES: &[(&str, Spell)] =
    &[("tungstenite", tungstenite), ("ws-rs", ws_rs), ("ws-rs-frames", ws_rs)];

/// What the type of this peer makes of a value, if it has one that can be asked.
pub fn of(peer: &str) -> Option<Spell> {
    VOCABULARIES.iter().find(|(name, _)| *name == peer).map(|(_, spell)| *spell)
}

fn tungstenite(code: u16) -> Spelling {
    use tungstenite::protocol::frame::coding::CloseCode as Code;
    let spelled = Code::from(code);
    let own_variant = !matches!(spelled, Code::Bad(_) | Code::Reserved(_) | Code::Iana(_) | Code::Library(_));
    Spelling { back: spelled.into(), own_variant, allowed: Some(spelled.is_allowed()) }
}

fn ws_rs(code: u16) -> Spelling {
    let spelled = ws::CloseCode::from(code);
    let own_variant =
        !matches!(wsclose::dialect::WsRs::from_code(CloseCode(code)), wsclose::dialect::WsRs::Other(_));
    Spelling { back: spelled.into(), own_variant, allowed: None }
}

#[cfg(test)]
mod tests {
    use super::{VOCABULARIES, of};
    use crate::PEERS;

    #[test]
    fn every_vocabulary_is_a_peers_and_keeps_every_value() {
        for (name, spell) in VOCABULARIES {
            assert!(PEERS.iter().any(|peer| peer.name == *name), "{name}");
            for code in 0..=u16::MAX {
                assert_eq!(spell(code).back, code, "{name}");
            }
        }
        assert!(of("nobody").is_none());
    }
}

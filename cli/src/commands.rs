//! The commands, one module each.

pub mod adopt;
pub mod check;
pub mod codes;
pub mod decode;
pub mod diff;
pub mod doctor;
pub mod echo;
pub mod explain_case;
pub mod explain_rule;
pub mod judge;
pub mod manual;
pub mod matrix;
pub mod proxy;
pub mod replay;
pub mod rules;
pub mod serve;
pub mod site;
pub mod vectors;

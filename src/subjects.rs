//! Subjects of our own: the [`model`], which no script must ever find fault with, and the [`faulty`] ones,
//! the model with one fault each, which the judge must always find.

pub mod conduct;
pub mod faulty;
pub mod model;

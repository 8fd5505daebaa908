//! Small plans, the model, and models with a planted fault.

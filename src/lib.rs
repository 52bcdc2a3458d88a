//! zoom2drive.

#[cfg(feature = "sandbox")]
pub mod sandbox;

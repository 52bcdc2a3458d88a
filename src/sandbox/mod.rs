//! A Zoom and a Google on loopback: strict, stateful, and able to misbehave.

pub mod content;
pub mod faults;
pub mod google;
pub mod serve;
pub mod transcript;
pub mod zoom;

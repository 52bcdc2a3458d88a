//! A Google on loopback.

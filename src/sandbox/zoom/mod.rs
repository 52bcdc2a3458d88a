//! A Zoom on loopback.

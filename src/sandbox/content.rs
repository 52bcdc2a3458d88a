//! Recordings out of nothing: bytes that are computed, never stored.

//! What the tests share; it holds no promise and no test.
//!
//! `world` has what most tests begin with: a sandbox, a database and the real program in between. `command` runs a
//! command line in this process, `program` the compiled binary, `server` one router on loopback.

pub mod archive;
pub mod command;
pub mod crash;
pub mod pgbouncer;
pub mod postgres;
pub mod program;
pub mod server;
pub mod steps;
pub mod tcp_proxy;
pub mod world;

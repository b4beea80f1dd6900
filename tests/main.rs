//! venvyard from outside: the program, the shims, the house itself.

mod commands;
mod generated;
mod house;
mod readme;
mod stories;
mod support;

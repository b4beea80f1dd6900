//! venvyard from outside: the program, the shims, the house itself.

mod cache;
mod clones;
mod commands;
mod dropin;
mod faults;
mod fish;
mod foreign;
mod generated;
mod house;
mod install;
mod interpreters;
mod interrupt;
mod names;
mod original;
mod pages;
mod picture;
mod profile;
mod pypi;
mod readme;
mod settings;
mod shellcheck;
mod stories;
mod support;
mod templates;
mod terminal;
mod words;

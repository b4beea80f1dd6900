//! venvyard from outside: the program, the shims, the house itself.

mod support;

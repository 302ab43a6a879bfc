//! The run against devices that flap, get lost, refuse and leave residue.

mod asking;
mod changing;
mod fake_lab;

//! The VRP dialogue against scripted devices: every trap of prompts, echoes, pagers and questions.

mod answers;
mod configuration;
mod device;
mod login;
mod pager;
mod trouble;

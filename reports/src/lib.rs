//! What a person or a machine reads of a run: console, HTML, JSON and JUnit, all made from its events.
//!
//! The runner emits [`event::Event`]s and formats nothing; everything here consumes them and touches no device.

pub mod bundle;
pub mod console;
pub mod event;
pub mod html;
pub mod json;
pub mod junit;
pub mod model;
pub mod plot;
pub mod visible;

mod duration;
mod error;
mod timing;

pub use error::ReportError;
pub use model::Report;

#[cfg(test)]
mod scene;

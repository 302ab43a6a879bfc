//! Why a report cannot be made.

use crate::bundle::BundleError;
use crate::event::EVENT_FORMAT;

/// Why a report cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The bundle cannot be read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The events do not begin with the start of a run.
    #[error("the events do not begin with `run_started`: what was to be run is not known, so nothing can be reported")]
    NoStart,
    /// The events are of another format.
    #[error(
        "the events are of format {0}, and this netverdict reads format {EVENT_FORMAT}: use the version that wrote them"
    )]
    Format(u32),
    /// The template and the data do not fit, which is a bug.
    #[error("the HTML report cannot be rendered: {0}")]
    Template(#[from] minijinja::Error),
    /// The data cannot be written as JSON, which is a bug.
    #[error("the JSON report cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// The data cannot be written as XML.
    #[error("the JUnit report cannot be written: {0}")]
    Junit(#[from] quick_junit::SerializeError),
}

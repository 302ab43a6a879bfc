//! `report.html`: one file to read, print and sign. It needs no network and no script.

mod drawing;
mod excerpt;
mod layout;
mod view;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, Value};

use crate::bundle::Bundle;
use crate::error::ReportError;
use crate::model::Report;
use crate::visible::{bounded, visible};

/// The most characters of one text; the whole is in `report.json`.
const MOST: usize = 8_000;

/// The template that is no HTML.
const STYLE: &str = "report.css";

const TEMPLATES: [(&str, &str); 8] = [
    ("report.html", include_str!("templates/report.html")),
    ("parts.html", include_str!("templates/parts.html")),
    ("summary.html", include_str!("templates/summary.html")),
    ("lab.html", include_str!("templates/lab.html")),
    ("suite.html", include_str!("templates/suite.html")),
    ("changes.html", include_str!("templates/changes.html")),
    ("files.html", include_str!("templates/files.html")),
    (STYLE, include_str!("templates/report.css")),
];

/// The report of a bundle as one HTML file.
///
/// # Errors
/// If the events are not those of a run.
pub fn render(bundle: &Bundle) -> Result<String, ReportError> {
    let report = Report::of_bundle(bundle)?;
    let environment = environment()?;
    let view = view::view(&report, bundle);
    Ok(environment
        .get_template("report.html")?
        .render(Value::from(Serde(&view)))?)
}

fn environment() -> Result<Environment<'static>, ReportError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|name| match name {
        // It takes no values.
        STYLE => AutoEscape::None,
        _ => AutoEscape::Html,
    });
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_formatter(write_value);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// Everything that the templates put in goes through here: hidden characters are made visible, long texts cut, and
/// what means something in HTML is escaped, in text and in attributes alike.
fn write_value(output: &mut Output, _: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    if value.is_safe() {
        write!(output, "{value}")?;
    } else if let Some(text) = value.as_str() {
        escape(output, &visible(&bounded(text, MOST)))?;
    } else if !value.is_none() {
        escape(output, &value.to_string())?;
    }
    Ok(())
}

fn escape(output: &mut Output, text: &str) -> std::fmt::Result {
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'&' => "&amp;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            _ => continue,
        };
        output.write_str(&text[plain..at])?;
        output.write_str(entity)?;
        plain = at + 1;
    }
    output.write_str(&text[plain..])
}

#[cfg(test)]
mod capture_tests;
#[cfg(test)]
mod tests;

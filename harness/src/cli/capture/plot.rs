//! `--plot`: the figures of captures.

use std::path::Path;

use anyhow::{Context, bail};
use reports::plot::{Figure, MOST_FLOWS, svg};

use super::Shown;
use crate::study::{PointFiles, is_between};

/// Refuses a figure that cannot be drawn, or that would take the place of something else.
pub(super) fn is_possible(file: &Path, points: &[PointFiles]) -> anyhow::Result<()> {
    if file
        .extension()
        .is_none_or(|ending| !ending.eq_ignore_ascii_case("svg"))
    {
        bail!("`--plot {}`: figures are SVG; name the file `….svg`", file.display());
    }
    if file.is_dir() {
        bail!("`--plot {}`: it is a directory", file.display());
    }
    can_be_read_twice("--plot", points)?;
    let links = points.iter().flat_map(|point| &point.links);
    for path in links.flat_map(|link| &link.files) {
        if let (Ok(figure), Ok(capture)) = (file.canonicalize(), path.canonicalize())
            && figure == capture
        {
            bail!("`--plot {}` would take the place of a capture", file.display());
        }
    }
    if let Some(folder) = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())
    {
        bail!("`--plot {}`: there is no folder `{}`", file.display(), folder.display());
    }
    Ok(())
}

/// Refuses what can be read once only, where an option reads captures twice.
pub(super) fn can_be_read_twice(option: &str, points: &[PointFiles]) -> anyhow::Result<()> {
    let links = points.iter().flat_map(|point| &point.links);
    for path in links.flat_map(|link| &link.files) {
        let what = if path.as_path() == Path::new("-") {
            "standard input".to_owned()
        } else {
            // Whoever opens it says what is wrong.
            match path.metadata() {
                Ok(known) if !known.is_file() && !known.is_dir() => format!("`{}`", path.display()),
                _ => continue,
            }
        };
        bail!("`{option}` reads the captures twice, and {what} can be read once only: save it to a file first");
    }
    Ok(())
}

/// Packets a second around the failure, for each point.
pub(super) fn packets(shown: &Shown<'_>) -> anyhow::Result<String> {
    let mut drawn = Vec::new();
    for point in &shown.study.points {
        let plot = shown
            .study
            .event_plot(point, &shown.meant())
            .context("cannot draw the figure")?;
        let Some(plot) = plot else { continue };
        let around = match plot.origin_is.as_str() {
            "failure" => "packets around the failure",
            _ => "packets; no flow was interrupted",
        };
        drawn.push((heading(shown, &format!("{}: {around}", point.name)), plot));
    }
    let figures: Vec<Figure<'_>> = drawn
        .iter()
        .map(|(heading, plot)| Figure::Packets(heading, plot))
        .collect();
    Ok(svg(&figures))
}

/// Which flow used which link, for each point.
pub(super) fn matrices(shown: &Shown<'_>) -> anyhow::Result<String> {
    let drawn: Vec<_> = shown
        .study
        .points
        .iter()
        .map(|point| {
            let wanted = |key: &_| shown.flow.is_none_or(|between| is_between(key, between));
            let matrix = point.flow_matrix(wanted, MOST_FLOWS);
            (heading(shown, &format!("{}: flows by link", point.name)), matrix)
        })
        .collect();
    let figures: Vec<Figure<'_>> = drawn
        .iter()
        .map(|(heading, matrix)| Figure::Matrix(heading, matrix))
        .collect();
    Ok(svg(&figures))
}

fn heading(shown: &Shown<'_>, text: &str) -> String {
    match shown.flow {
        Some((from, to)) => format!("{text}, flows {from} -> {to} alone"),
        None => text.to_owned(),
    }
}

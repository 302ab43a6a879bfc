//! Packets a second around an event: phases above, a lane for each link below, one axis of time.

use std::fmt::Write;

use super::paper::{Align, INK, Paper, RULE, SOFT, WIDTH, shortened};
use super::scale::{grouped, nice_step, ticks, unit_of};
use super::{EventPlot, MOST_BINS, MOST_LINKS, MOST_MARKS};

const LEFT: f64 = 92.0;
const RIGHT: f64 = 14.0;
const PHASE_ROW: f64 = 19.0;
const LANE: f64 = 74.0;
const GAP: f64 = 24.0;

const TRAFFIC: &str = "#9dbbe0";
const OUTLINE: &str = "#2f5f9e";
const FAILURE: &str = "#b3261e";
const MARK: &str = "#5b21b6";

/// Where an instant stands on the paper.
struct Axis {
    from: i64,
    to: i64,
}

impl Axis {
    fn x(&self, at: i64) -> f64 {
        let span = self.to.saturating_sub(self.from).max(1) as f64;
        let since = at.clamp(self.from, self.to).saturating_sub(self.from) as f64;
        LEFT + (WIDTH - LEFT - RIGHT) * since / span
    }

    fn holds(&self, at: i64) -> bool {
        (self.from..=self.to).contains(&at)
    }
}

/// When a bin begins.
fn begin_of(plot: &EventPlot, bin: usize) -> i64 {
    let bins = i64::try_from(bin).unwrap_or(i64::MAX);
    plot.from.saturating_add(plot.bin.saturating_mul(bins))
}

fn colour_of(phase: &str) -> &'static str {
    match phase {
        "detection" => "#e8a33d",
        "propagation" => "#8f7cc9",
        "switch-over" => "#4c8f8b",
        _ => "#6aa36f",
    }
}

pub fn draw(paper: &mut Paper, heading: &str, plot: &EventPlot) {
    paper.heading(heading);
    let bins = plot.lanes.iter().map(|lane| lane.packets.len()).max().unwrap_or(0);
    let bins = bins.min(MOST_BINS);
    if bins == 0 || plot.bin <= 0 {
        paper.small((LEFT, paper.top + 12.0), Align::Start, "no packets were counted");
        paper.top += 24.0;
        return;
    }
    let axis = Axis {
        from: plot.from,
        to: begin_of(plot, bins),
    };
    let phases_from = paper.top;
    let lengths = phases(paper, plot, &axis);
    let lanes_from = paper.top + 8.0;
    let titles = lanes(paper, plot, &axis, bins);
    let lanes_to = paper.top;
    edges(paper, plot, &axis, (phases_from, lanes_from, lanes_to));
    // Over the lines, so that they stay readable.
    for (at, align, text) in lengths {
        paper.text_over_lines(at, align, (11.0, INK), &text, false);
    }
    for (at, text) in titles {
        paper.text_over_lines(at, Align::Start, (12.0, INK), &text, true);
    }
    time_axis(paper, plot, &axis);
    legend(paper, plot, &axis);
}

/// A row for each phase; returns where its length is to be written: beside the bar, or below it where there is no room.
fn phases(paper: &mut Paper, plot: &EventPlot, axis: &Axis) -> Vec<((f64, f64), Align, String)> {
    let mut lengths = Vec::new();
    for phase in plot.phases.iter().take(MOST_MARKS) {
        let (x1, x2) = (axis.x(phase.from.min(phase.to)), axis.x(phase.from.max(phase.to)));
        let y = paper.top;
        paper.area(
            (x1, y + 3.0),
            ((x2 - x1).max(1.5), PHASE_ROW - 7.0),
            colour_of(&phase.name),
        );
        let text = format!("{} {}", phase.name, phase.took);
        let text = shortened(&text, 100);
        // A letter is about six units wide.
        let width = 6.0 * text.chars().count() as f64;
        let (at, align) = if x2 + 5.0 + width < WIDTH {
            ((x2 + 5.0, y + 13.0), Align::Start)
        } else if x1 - 5.0 - width > 0.0 {
            ((x1 - 5.0, y + 13.0), Align::End)
        } else {
            paper.top += PHASE_ROW - 5.0;
            (((x1 + 4.0).min(WIDTH - width).max(4.0), paper.top + 13.0), Align::Start)
        };
        lengths.push((at, align, text));
        paper.top += PHASE_ROW;
    }
    lengths
}

/// A lane for each link; returns where its title is to be written.
fn lanes(paper: &mut Paper, plot: &EventPlot, axis: &Axis, bins: usize) -> Vec<((f64, f64), String)> {
    let mut titles = Vec::new();
    let shown = || plot.lanes.iter().take(MOST_LINKS);
    let most = shown()
        .flat_map(|lane| lane.packets.iter().take(bins))
        .max()
        .copied()
        .unwrap_or(0);
    let rate = |packets: u32| f64::from(packets) * 1e9 / plot.bin as f64;
    // One scale for all lanes, so that they can be compared.
    let step = nice_step((rate(most) / 2.0).ceil() as i64);
    let top_rate = step.saturating_mul(2).max(1);
    for lane in shown() {
        let top = paper.top + GAP;
        let bottom = top + LANE;
        let y = |rate: f64| bottom - LANE * (rate / top_rate as f64).clamp(0.0, 1.0);
        let title = format!("{}, packets/s", shortened(&lane.link, 70));
        titles.push(((LEFT, top - 6.0), title));
        for tick in [0, step, top_rate] {
            let at = y(tick as f64);
            paper.line((LEFT, at), (WIDTH - RIGHT, at), RULE, false);
            let label = grouped(u64::try_from(tick).unwrap_or(0));
            paper.small((LEFT - 6.0, at + 4.0), Align::End, &label);
        }
        let mut path = format!("M{LEFT:.1} {bottom:.1}");
        for (index, packets) in lane.packets.iter().take(bins).enumerate() {
            let begin = begin_of(plot, index);
            let (x, at) = (axis.x(begin), y(rate(*packets)));
            // Writing into a string cannot fail.
            let _ = write!(path, "L{x:.1} {at:.1}H{:.1}", axis.x(begin.saturating_add(plot.bin)));
        }
        let _ = write!(path, "V{bottom:.1}Z");
        paper.path(&path, TRAFFIC, OUTLINE);
        paper.top = bottom;
    }
    titles
}

/// Lines through all lanes where phases begin and end and where something happened.
fn edges(paper: &mut Paper, plot: &EventPlot, axis: &Axis, (top, lanes, bottom): (f64, f64, f64)) {
    let held = || {
        let marks = (1..).zip(plot.marks.iter().take(MOST_MARKS));
        marks.filter(|(_, mark)| axis.holds(mark.at))
    };
    for (_, mark) in held() {
        paper.line((axis.x(mark.at), lanes + 6.0), (axis.x(mark.at), bottom), MARK, true);
    }
    for phase in plot.phases.iter().take(MOST_MARKS) {
        for at in [phase.from, phase.to] {
            if axis.holds(at) && at != 0 {
                paper.line((axis.x(at), top), (axis.x(at), bottom), SOFT, true);
            }
        }
    }
    if axis.holds(0) && is_failure(plot) {
        paper.line((axis.x(0), top), (axis.x(0), bottom + 4.0), FAILURE, false);
    }
    for (number, mark) in held() {
        let number: i32 = number;
        let at = (axis.x(mark.at), lanes + 3.0);
        paper.text_over_lines(at, Align::Middle, (10.0, MARK), &number.to_string(), true);
    }
}

fn is_failure(plot: &EventPlot) -> bool {
    plot.origin_is == "failure"
}

fn time_axis(paper: &mut Paper, plot: &EventPlot, axis: &Axis) {
    let span = axis.to.saturating_sub(axis.from);
    let step = nice_step(span / 10);
    let (unit, nanoseconds) = unit_of(step);
    let y = paper.top;
    for tick in ticks(axis.from, axis.to, step) {
        let x = axis.x(tick);
        paper.line((x, y), (x, y + 4.0), SOFT, false);
        let sign = if tick > 0 { "+" } else { "" };
        let text = format!("{sign}{}", tick / nanoseconds);
        // A letter is about seven units wide; the last one must not run over the edge.
        let half = 3.5 * text.chars().count() as f64;
        paper.small((x.min(WIDTH - half), y + 16.0), Align::Middle, &text);
    }
    let within = match plot.origin_within {
        ..=0 => String::new(),
        within => format!(", known to ±{}", duration(within)),
    };
    let text = format!(
        "{unit} since the {}{within}; bins of {}",
        plot.origin_is,
        duration(plot.bin)
    );
    paper.small((LEFT, y + 33.0), Align::Start, &text);
    paper.top = y + 40.0;
}

fn legend(paper: &mut Paper, plot: &EventPlot, axis: &Axis) {
    for (number, mark) in plot.marks.iter().take(MOST_MARKS).enumerate() {
        let sign = if mark.at < 0 { "−" } else { "+" };
        let away = if axis.holds(mark.at) {
            ""
        } else {
            " (outside the figure)"
        };
        let text = format!(
            "{} at {sign}{}{away}: {}",
            number + 1,
            duration(mark.at.saturating_abs()),
            mark.text
        );
        paper.text((4.0, paper.top + 13.0), Align::Start, (11.0, MARK), &text, false);
        paper.top += 16.0;
    }
    let hidden = (plot.lanes.len().saturating_sub(MOST_LINKS) as u64).saturating_add(plot.lanes_left_out);
    if hidden > 0 {
        let text = format!("{hidden} more links are not drawn");
        paper.small((LEFT, paper.top + 13.0), Align::Start, &text);
        paper.top += 16.0;
    }
    paper.top += 10.0;
}

/// A length of time to four digits or so.
fn duration(nanoseconds: i64) -> String {
    let value = nanoseconds as f64;
    let trimmed = |value: f64| {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match nanoseconds {
        1_000_000_000.. => format!("{} s", trimmed(value / 1e9)),
        1_000_000.. => format!("{} ms", trimmed(value / 1e6)),
        1_000.. => format!("{} µs", trimmed(value / 1e3)),
        _ => format!("{nanoseconds} ns"),
    }
}

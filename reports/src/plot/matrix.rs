//! Which flow used which link: a row for each flow, a column for each link, shaded by the flow's share.

use super::paper::{Align, INK, Paper, RULE, WIDTH, shortened, shortened_within};
use super::scale::grouped;
use super::{FlowMatrix, MOST_FLOWS, MOST_LINKS};

const NAMES: f64 = 330.0;
const ROW: f64 = 19.0;
const WIDEST: f64 = 130.0;
/// About as wide is a letter of a name.
const LETTER: f64 = 6.8;
/// Letters of a link's name at most.
const MOST_OF_NAME: usize = 44;

pub fn draw(paper: &mut Paper, heading: &str, matrix: &FlowMatrix) {
    paper.heading(heading);
    let links = matrix.links.len().min(MOST_LINKS);
    if links == 0 || matrix.flows.is_empty() {
        paper.small((4.0, paper.top + 12.0), Align::Start, "no packets were counted");
        paper.top += 24.0;
        return;
    }
    let width = ((WIDTH - NAMES - 4.0) / links as f64).min(WIDEST);
    let letters = ((width / LETTER) as usize).max(2);
    let names: Vec<String> = matrix
        .links
        .iter()
        .take(links)
        .map(|link| shortened_within(link, MOST_OF_NAME))
        .collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let upwards = longest > letters;
    if upwards {
        // What stands upright beneath each other needs as much room as the longest name is long.
        paper.top += (LETTER * longest as f64 - 12.0).max(0.0);
    }
    let top = paper.top;
    paper.text(
        (4.0, top + 12.0),
        Align::Start,
        (11.0, INK),
        "flow, and its packets on each link",
        false,
    );
    for (column, name) in names.iter().enumerate() {
        let x = NAMES + width * (column as f64 + 0.5);
        if upwards {
            paper.upwards((x + 4.0, top + 13.0), (11.0, INK), name);
        } else {
            paper.text((x, top + 12.0), Align::Middle, (11.0, INK), name, true);
        }
    }
    paper.top += ROW;
    for flow in matrix.flows.iter().take(MOST_FLOWS) {
        let y = paper.top;
        let all = flow
            .packets
            .iter()
            .fold(0_u64, |sum, packets| sum.saturating_add(*packets));
        paper.text(
            (4.0, y + 13.0),
            Align::Start,
            (11.0, INK),
            &shortened(&flow.flow, 54),
            false,
        );
        for column in 0..links {
            let packets = flow.packets.get(column).copied().unwrap_or(0);
            let x = NAMES + width * column as f64;
            if packets > 0 {
                let share = packets as f64 / all.max(1) as f64;
                paper.area((x + 1.0, y + 1.0), (width - 2.0, ROW - 2.0), &shade(share));
                let text = shortened(&grouped(packets), letters);
                paper.text((x + width / 2.0, y + 13.0), Align::Middle, (11.0, INK), &text, false);
            }
        }
        paper.line((4.0, y + ROW), (NAMES + width * links as f64, y + ROW), RULE, false);
        paper.top += ROW;
    }
    let hidden = (matrix.flows.len().saturating_sub(MOST_FLOWS) as u64).saturating_add(matrix.left_out);
    let hidden_links = matrix.links.len().saturating_sub(MOST_LINKS);
    for (count, what) in [(hidden, "flows"), (hidden_links as u64, "links")] {
        if count > 0 {
            let text = format!("{count} more {what} are not drawn");
            paper.small((4.0, paper.top + 13.0), Align::Start, &text);
            paper.top += 16.0;
        }
    }
    paper.top += 12.0;
}

/// From pale to strong, always light enough for black digits.
fn shade(share: f64) -> String {
    let share = share.clamp(0.0, 1.0).sqrt();
    let between = |pale: f64, strong: f64| (pale + (strong - pale) * share).round() as u8;
    format!(
        "#{:02x}{:02x}{:02x}",
        between(240.0, 125.0),
        between(245.0, 168.0),
        between(251.0, 219.0)
    )
}

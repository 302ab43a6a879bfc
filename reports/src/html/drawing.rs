//! The drawing of a lab: boxes, lines and interface names with their places on paper.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::layout::{Point, distance_to, places};
use crate::model::Lab;
use crate::visible::visible_line;

/// Beyond this many devices or links a drawing is no help.
const MOST_DEVICES: usize = 60;
const MOST_LINKS: usize = 200;
/// Pixels of an average link.
const LINK: f64 = 185.0;
/// Room between the drawing and its edge.
const MARGIN: f64 = 24.0;
const NODE_HEIGHT: f64 = 30.0;
const LABEL_HEIGHT: f64 = 13.0;

/// A drawing ready for the template.
#[derive(Debug, Serialize)]
pub struct Drawing {
    pub width: f64,
    pub height: f64,
    pub nodes: Vec<Node>,
    pub lines: Vec<Line>,
    pub labels: Vec<Label>,
}

/// A device.
#[derive(Debug, Serialize)]
pub struct Node {
    pub name: String,
    pub full: String,
    pub x: f64,
    pub y: f64,
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    pub customer: bool,
}

/// A link.
#[derive(Debug, Serialize)]
pub struct Line {
    pub x1: f64,
    pub y1: f64,
    pub x2: f64,
    pub y2: f64,
}

/// An interface's name at an end of a link.
#[derive(Debug, Serialize)]
pub struct Label {
    pub text: String,
    pub full: String,
    pub x: f64,
    pub y: f64,
}

#[derive(Debug, Clone, Copy)]
struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Area {
    fn around(middle: Point, width: f64, height: f64) -> Self {
        Self {
            left: middle.x - width / 2.0,
            top: middle.y - height / 2.0,
            right: middle.x + width / 2.0,
            bottom: middle.y + height / 2.0,
        }
    }

    fn overlap(&self, other: &Self) -> f64 {
        let width = self.right.min(other.right) - self.left.max(other.left);
        let height = self.bottom.min(other.bottom) - self.top.max(other.top);
        width.max(0.0) * height.max(0.0)
    }

    fn middle(&self) -> Point {
        Point {
            x: f64::midpoint(self.left, self.right),
            y: f64::midpoint(self.top, self.bottom),
        }
    }

    /// Whether a stretch of line comes into it; sampled, which is good enough to place a name.
    fn meets(&self, from: Point, to: Point) -> bool {
        let half = (self.right - self.left).hypot(self.bottom - self.top) / 2.0;
        distance_to(self.middle(), from, to) <= half
            && (0..=40).any(|step| {
                let along = f64::from(step) / 40.0;
                let x = from.x + along * (to.x - from.x);
                let y = from.y + along * (to.y - from.y);
                x >= self.left && x <= self.right && y >= self.top && y <= self.bottom
            })
    }
}

/// The drawing of a lab; none where there is nothing to draw or too much.
pub fn draw(lab: &Lab) -> Option<Drawing> {
    let position: HashMap<&str, usize> = lab
        .devices
        .iter()
        .enumerate()
        .map(|(at, device)| (device.name.as_str(), at))
        .collect();
    let ends: Vec<(usize, usize, &str, &str)> = lab
        .links
        .iter()
        .filter_map(|link| {
            let a = *position.get(link.a.device.as_str())?;
            let b = *position.get(link.b.device.as_str())?;
            (a != b).then_some((a, b, link.a.interface.as_str(), link.b.interface.as_str()))
        })
        .collect();
    if ends.is_empty() || lab.devices.len() > MOST_DEVICES || ends.len() > MOST_LINKS {
        return None;
    }
    let pairs: Vec<(usize, usize)> = ends.iter().map(|end| (end.0, end.1)).collect();
    let unique: HashSet<(usize, usize)> = pairs.iter().map(|&(a, b)| (a.min(b), a.max(b))).collect();
    let mut distinct: Vec<_> = unique.into_iter().collect();
    distinct.sort_unstable();
    let places = places(lab.devices.len(), &distinct);
    let nodes = nodes(lab, &places, &distinct);
    let areas: Vec<Area> = nodes
        .iter()
        .map(|node| Area::around(Point { x: node.x, y: node.y }, node.width, node.height))
        .collect();
    let lines = lines(&pairs, &areas);
    let labels = labels(&ends, &lines, &areas);
    Some(framed(nodes, lines, labels))
}

fn nodes(lab: &Lab, places: &[Point], links: &[(usize, usize)]) -> Vec<Node> {
    let far = |a: usize, b: usize| (places[a].x - places[b].x).hypot(places[a].y - places[b].y);
    let mean = links.iter().map(|&(a, b)| far(a, b)).sum::<f64>() / links.len().max(1) as f64;
    let nearest = (0..places.len())
        .flat_map(|a| (0..a).map(move |b| far(a, b)))
        .fold(f64::INFINITY, f64::min);
    let scale = (LINK / mean.max(0.1)).max(100.0 / nearest.max(0.1));
    lab.devices
        .iter()
        .zip(places)
        .map(|(device, place)| {
            let name = shortened(&device.name, 16);
            let width = (name.chars().count() as f64 * 8.2 + 22.0).max(56.0);
            let (x, y) = (place.x * scale, place.y * scale * 0.92);
            Node {
                customer: device.name.to_ascii_uppercase().starts_with("CE"),
                name,
                full: format!("{} ({})", device.name, device.platform),
                x,
                y,
                left: x - width / 2.0,
                top: y - NODE_HEIGHT / 2.0,
                width,
                height: NODE_HEIGHT,
            }
        })
        .collect()
}

/// Each link from box to box; several between the same two devices run side by side.
fn lines(pairs: &[(usize, usize)], areas: &[Area]) -> Vec<Line> {
    let key = |&(a, b): &(usize, usize)| (a.min(b), a.max(b));
    let mut of_pair: HashMap<(usize, usize), usize> = HashMap::new();
    for pair in pairs {
        *of_pair.entry(key(pair)).or_default() += 1;
    }
    let mut drawn: HashMap<(usize, usize), usize> = HashMap::new();
    pairs
        .iter()
        .map(|pair| {
            let many = of_pair.get(&key(pair)).copied().unwrap_or(1);
            let number = drawn.entry(key(pair)).or_default();
            let gap = (24.0 / many as f64).clamp(3.0, 12.0);
            let aside = (*number as f64 - (many - 1) as f64 / 2.0) * gap;
            *number += 1;
            // The side is that of the pair, not of the direction in which the link is written.
            let (first, second) = (areas[key(pair).0].middle(), areas[key(pair).1].middle());
            let length = (second.x - first.x).hypot(second.y - first.y).max(1e-6);
            let (nx, ny) = (
                -(second.y - first.y) / length * aside,
                (second.x - first.x) / length * aside,
            );
            let (a, b) = (areas[pair.0].middle(), areas[pair.1].middle());
            let a = Point {
                x: a.x + nx,
                y: a.y + ny,
            };
            let b = Point {
                x: b.x + nx,
                y: b.y + ny,
            };
            let (from, to) = (edge(&areas[pair.0], a, b), edge(&areas[pair.1], b, a));
            Line {
                x1: from.x,
                y1: from.y,
                x2: to.x,
                y2: to.y,
            }
        })
        .collect()
}

/// Where the line from a point inside an area to one outside leaves the area.
fn edge(area: &Area, from: Point, to: Point) -> Point {
    let part = |way: f64, low: f64, high: f64| {
        if way > 0.0 {
            high / way
        } else if way < 0.0 {
            low / way
        } else {
            f64::INFINITY
        }
    };
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let across = part(dx, area.left - from.x, area.right - from.x);
    let down = part(dy, area.top - from.y, area.bottom - from.y);
    let along = across.min(down).clamp(0.0, 1.0);
    Point {
        x: from.x + along * dx,
        y: from.y + along * dy,
    }
}

/// Interface names, each near its end of the link and where it covers least.
fn labels(ends: &[(usize, usize, &str, &str)], lines: &[Line], areas: &[Area]) -> Vec<Label> {
    let mut placed: Vec<Area> = Vec::new();
    let mut labels = Vec::new();
    for (number, (_, _, at_a, at_b)) in ends.iter().enumerate() {
        let line = &lines[number];
        let (a, b) = (Point { x: line.x1, y: line.y1 }, Point { x: line.x2, y: line.y2 });
        for (from, to, interface) in [(a, b, at_a), (b, a, at_b)] {
            let text = shortened(&abbreviated(interface), 14);
            let width = text.chars().count() as f64 * 6.3 + 4.0;
            let area = best(from, to, width, number, lines, areas, &placed);
            placed.push(area);
            let middle = area.middle();
            labels.push(Label {
                text,
                full: (*interface).to_owned(),
                x: middle.x,
                y: middle.y,
            });
        }
    }
    labels
}

fn best(from: Point, to: Point, width: f64, own: usize, lines: &[Line], areas: &[Area], placed: &[Area]) -> Area {
    let centre = centre(areas);
    let length = (to.x - from.x).hypot(to.y - from.y).max(1e-6);
    let (dx, dy) = ((to.x - from.x) / length, (to.y - from.y) / length);
    // How far a box beside the line must stand off so as not to cover it.
    let aside = (width / 2.0 * dy.abs() + LABEL_HEIGHT / 2.0 * dx.abs()) + 2.0;
    let mut best: Option<(f64, Area)> = None;
    for step in 0..12 {
        let along =
            (8.0 + width / 2.0 * dx.abs() + LABEL_HEIGHT / 2.0 * dy.abs() + f64::from(step) * 6.0).min(length * 0.48);
        for side in [-1.0, 1.0, 0.0] {
            let middle = Point {
                x: from.x + dx * along - dy * aside * side,
                y: from.y + dy * along + dx * aside * side,
            };
            let area = Area::around(middle, width, LABEL_HEIGHT);
            let boxes = areas.iter().map(|node| area.overlap(node)).sum::<f64>();
            let names = placed.iter().map(|other| area.overlap(other)).sum::<f64>();
            let crossed = lines
                .iter()
                .enumerate()
                .filter(|(number, line)| {
                    let (a, b) = (Point { x: line.x1, y: line.y1 }, Point { x: line.x2, y: line.y2 });
                    *number != own && area.meets(a, b)
                })
                .count();
            let on_own = if side == 0.0 { 12.0 } else { 0.0 };
            // Outside is where the room is, and both names of a link come to stand on one side of it.
            let outwards = (middle.x - centre.x).hypot(middle.y - centre.y)
                - (from.x + dx * along - centre.x).hypot(from.y + dy * along - centre.y);
            let inside = if outwards < -1.0 { 4.0 } else { 0.0 };
            let cost = boxes * 10.0 + names * 10.0 + crossed as f64 * 25.0 + on_own + inside + f64::from(step) * 1.5;
            if best.as_ref().is_none_or(|(least, _)| cost < *least - 1e-9) {
                best = Some((cost, area));
            }
        }
    }
    best.map_or_else(|| Area::around(from, width, LABEL_HEIGHT), |(_, area)| area)
}

/// The middle of the devices.
fn centre(areas: &[Area]) -> Point {
    let n = areas.len().max(1) as f64;
    Point {
        x: areas.iter().map(|area| area.middle().x).sum::<f64>() / n,
        y: areas.iter().map(|area| area.middle().y).sum::<f64>() / n,
    }
}

/// Moves everything into a frame that begins at the origin, in tenths of a pixel.
fn framed(mut nodes: Vec<Node>, mut lines: Vec<Line>, mut labels: Vec<Label>) -> Drawing {
    let areas = nodes
        .iter()
        .map(|node| (node.left, node.top, node.left + node.width, node.top + node.height));
    let names = labels.iter().map(|label| {
        let half = label.text.chars().count() as f64 * 3.2 + 2.0;
        (label.x - half, label.y - 7.0, label.x + half, label.y + 7.0)
    });
    let frame = areas.chain(names).fold(
        (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY),
        |frame, area| {
            (
                frame.0.min(area.0),
                frame.1.min(area.1),
                frame.2.max(area.2),
                frame.3.max(area.3),
            )
        },
    );
    let tenths = |value: f64| (value * 10.0).round() / 10.0;
    let x = |value: &mut f64| *value = tenths(*value - frame.0 + MARGIN);
    let y = |value: &mut f64| *value = tenths(*value - frame.1 + MARGIN);
    for node in &mut nodes {
        [&mut node.x, &mut node.left].into_iter().for_each(x);
        [&mut node.y, &mut node.top].into_iter().for_each(y);
        node.width = tenths(node.width);
    }
    for line in &mut lines {
        [&mut line.x1, &mut line.x2].into_iter().for_each(x);
        [&mut line.y1, &mut line.y2].into_iter().for_each(y);
    }
    for label in &mut labels {
        x(&mut label.x);
        y(&mut label.y);
    }
    Drawing {
        width: (frame.2 - frame.0 + 2.0 * MARGIN).ceil(),
        height: (frame.3 - frame.1 + 2.0 * MARGIN).ceil(),
        nodes,
        lines,
        labels,
    }
}

/// `GE0/1/0` for `GigabitEthernet0/1/0`: the short forms that engineers and the devices themselves use.
fn abbreviated(interface: &str) -> String {
    const SHORT: [(&str, &str); 5] = [
        ("GigabitEthernet", "GE"),
        ("XGigabitEthernet", "XGE"),
        ("Ethernet", "Eth"),
        ("TenGigE", "Te"),
        ("HundredGigE", "Hu"),
    ];
    let short = SHORT
        .iter()
        .find_map(|(long, short)| interface.strip_prefix(long).map(|rest| format!("{short}{rest}")));
    short.unwrap_or_else(|| interface.to_owned())
}

fn shortened(text: &str, most: usize) -> String {
    let text = visible_line(text);
    if text.chars().count() <= most {
        return text.into_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{LabKind, LinkEnd, LinkInfo};
    use crate::model::Report;
    use crate::scene::Scene;

    fn lab() -> Lab {
        Report::from_events(&Scene::begin(LabKind::Live).events)
            .expect("a report")
            .lab
    }

    fn area(label: &Label) -> Area {
        Area::around(
            Point { x: label.x, y: label.y },
            label.text.chars().count() as f64 * 6.3,
            LABEL_HEIGHT,
        )
    }

    #[test]
    fn no_name_of_the_five_router_lab_covers_another_or_a_device() {
        let drawing = draw(&lab()).expect("a drawing");
        assert_eq!(
            (drawing.nodes.len(), drawing.lines.len(), drawing.labels.len()),
            (5, 6, 12)
        );
        for (number, label) in drawing.labels.iter().enumerate() {
            for other in &drawing.labels[..number] {
                assert!(area(label).overlap(&area(other)) < 1.0, "{label:?} and {other:?}");
            }
            for node in &drawing.nodes {
                let node_area = Area::around(Point { x: node.x, y: node.y }, node.width, node.height);
                assert!(area(label).overlap(&node_area) < 1.0, "{label:?} and {node:?}");
            }
            assert!(label.x > 0.0 && label.x < drawing.width && label.y > 0.0 && label.y < drawing.height);
        }
        assert!(drawing.width > drawing.height);
    }

    #[test]
    fn strange_links_are_no_harm() {
        let mut lab = lab();
        let end = |device: &str| LinkEnd {
            device: device.to_owned(),
            interface: "\u{202e}<x>".repeat(40),
        };
        lab.links.push(LinkInfo {
            a: end("PE1"),
            b: end("PE1"),
        });
        lab.links.push(LinkInfo {
            a: end("PE1"),
            b: end("nowhere"),
        });
        lab.links.push(LinkInfo {
            a: end("PE3"),
            b: end("PE1"),
        });
        let drawing = draw(&lab).expect("a drawing");
        assert_eq!(drawing.lines.len(), 7);
        assert!(drawing.labels.iter().all(|label| label.text.chars().count() <= 14));
        lab.links.clear();
        assert!(draw(&lab).is_none());
    }
}

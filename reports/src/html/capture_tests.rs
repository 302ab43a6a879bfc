//! What an HTML report says of captures.

use checks::capture::measure::{Measured, Method};
use chrono::TimeDelta;

use super::tests::html;
use crate::event::{Captured, CapturedLink, Event, LabKind, MeasuredFlow, MeasuredPoint, Part};
use crate::plot::{EventPlot, PlotLane, PlotMark};
use crate::scene::{Scene, case};

impl Scene {
    /// Captures of links of one point, `ce1`: two flows, of which one never came back, and a figure. Without traffic they
    /// are files that were there before.
    pub fn captured(&mut self, at: usize, links: &[&str], traffic: bool) {
        let flow = |port: u16, interruption: Measured, lost: u64| MeasuredFlow {
            flow: format!("10.3.1.2:{port} -> 1.1.1.1:7000 udp"),
            received: 1000 - lost,
            lost: Some(lost),
            interruption,
            links: links.iter().take(2).map(|link| ((*link).to_owned(), 500)).collect(),
        };
        let short = Measured::duration(0, 0, 1_000_000, Method::SendTimes, 1_000_000);
        let plot = EventPlot {
            version: EventPlot::VERSION,
            origin: 1_795_222_207_000_000_000,
            origin_within: 0,
            origin_is: "failure".to_owned(),
            from: 0,
            bin: 1_000_000,
            lanes: links
                .iter()
                .map(|link| PlotLane {
                    link: (*link).to_owned(),
                    packets: vec![1; 40],
                })
                .collect(),
            lanes_left_out: 0,
            phases: Vec::new(),
            marks: vec![PlotMark {
                at: 1,
                text: "BFD Up → Down".to_owned(),
            }],
        };
        self.emit(Event::Captured(Box::new(Captured {
            case: case(at),
            part: Part::Expect,
            from: self.now,
            to: self.now + TimeDelta::milliseconds(if traffic { 2500 } else { 0 }),
            traffic_stopped: traffic.then_some(self.now),
            changed: Vec::new(),
            emulated: traffic,
            traffic: if traffic {
                vec!["to CE1: from CE2".to_owned()]
            } else {
                Vec::new()
            },
            links: links
                .iter()
                .map(|link| CapturedLink {
                    point: "ce1".to_owned(),
                    link: (*link).to_owned(),
                    from: format!("taps/{link}.pcapng"),
                    evidence: Vec::new(),
                })
                .collect(),
            points: vec![MeasuredPoint {
                point: "ce1".to_owned(),
                flows_seen: 2,
                affected: 1,
                received: 1990,
                lost: 10,
                flows: vec![
                    flow(7000, short.clone().open_ended("it never came back"), 10),
                    flow(7001, short, 0),
                ],
                findings: vec!["two packets were seen twice".to_owned()],
                plot: Some(plot),
            }],
        })));
    }
}

fn captured(links: &[&str], traffic: bool) -> String {
    let mut scene = Scene::passing(LabKind::Emulated);
    scene.captured(0, links, traffic);
    html(&scene)
}

#[test]
fn captures_say_who_wrote_them_and_from_where() {
    let own = captured(&["ce1-pe1", "ce1-pe2"], true);
    assert!(own.contains("Captures, written by the emulated lab"));
    assert!(own.contains("2.5 s; to CE1: from CE2; captured: ce1-pe1 (taps/ce1-pe1.pcapng), ce1-pe2"));
    // Files are nobody's but whose they were.
    let files = captured(&["a"], false);
    assert!(!files.contains("written by the emulated lab"));
    assert!(files.contains("<p class=\"source\">captured: a (taps/a.pcapng)</p>"));
    assert!(files.contains("2 flows, 1 interrupted; 1990 packets received, at least 10 lost"));
    assert!(files.contains("<td class=\"count\">at least 10</td>") && files.contains("<td class=\"count\">0</td>"));
}

#[test]
fn many_links_have_no_column_each() {
    let few = captured(&["a", "b", "c", "d"], true);
    assert_eq!(few.matches("<th class=\"count\">on ").count(), 4);
    let names: Vec<String> = (0..16).map(|link| format!("aggregation-{link}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let many = captured(&names, true);
    assert_eq!(many.matches("<th class=\"count\">on ").count(), 0);
    assert!(many.contains("<td>aggregation-0 500, aggregation-1 500</td>"));
}

//! Every protocol's messages as events.

use checks::capture::event::{ControlFindingKind, ControlPlane, ControlPlaneReport, RenderedReport};

use crate::reading::feed;
use crate::samples;

fn report(segment_size: usize) -> ControlPlaneReport {
    let mut observer = ControlPlane::new();
    feed(&mut observer, 0, 0, &samples::all(segment_size));
    observer.finish()
}

fn told(report: &ControlPlaneReport) -> String {
    let mut text = String::new();
    for event in &report.events {
        text.push_str(&format!("{} > {}  {}\n", event.from, event.to, event.summary()));
    }
    for finding in &report.findings {
        text.push_str(&format!("{:?} x{}  {}\n", finding.kind, finding.count, finding.text));
    }
    text
}

#[test]
fn every_message_is_told_in_order() {
    insta::assert_snapshot!(told(&report(1_460)));
}

#[test]
fn segments_of_any_size_tell_the_same() {
    let whole = told(&report(1_460));
    for size in [1, 7, 19, 64, 100] {
        assert_eq!(told(&report(size)), whole, "segments of {size} bytes");
    }
    let report = report(64);
    assert!(
        report
            .findings
            .iter()
            .all(|finding| finding.kind != ControlFindingKind::StreamGap)
    );
}

#[test]
fn a_report_is_json_and_back() {
    let rendered = RenderedReport::from(&report(1_460));
    let text = serde_json::to_string_pretty(&rendered).unwrap();
    let back: RenderedReport = serde_json::from_str(&text).unwrap();
    assert_eq!(back, rendered);
    let event = rendered
        .events
        .iter()
        .find(|event| event.kind == "withdrawn" && event.summary.contains("VPNv4"))
        .unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(event).unwrap());
}

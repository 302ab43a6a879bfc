//! What stands between the packets of a point and a verdict on all of them.

use checks::capture::measure::{Finding, FindingKind, Nanoseconds, Spoils};

use super::PointStudy;
use super::source::FileRead;

/// Clocks that are no coarser, in nanoseconds, do for bounds of tens of milliseconds.
const COARSEST: i64 = 1_000_000;

impl PointStudy {
    /// Why nothing can be concluded from its packets, if so.
    pub(super) fn doubt(&self) -> Option<&str> {
        let mut findings = self.outages.findings.iter();
        let spoiling = findings.find(|finding| finding.spoils == Spoils::Both)?;
        Some(&spoiling.text)
    }
}

/// What reading the files showed that stands between numbers and verdicts.
pub(super) fn of_files(files: &[FileRead], refused: u64) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let name = file.name();
        for doubt in &file.integrity.packet_doubts {
            let text = format!("{name}: {doubt}");
            findings.push(Finding::of_all(FindingKind::Truncated, Spoils::Both, text));
        }
        for doubt in &file.integrity.time_doubts {
            let text = format!("{name}: {doubt}");
            findings.push(Finding::of_all(FindingKind::ImplausibleTime, Spoils::Both, text));
        }
        if file.integrity.resolution_ns > COARSEST {
            let step = Nanoseconds(file.integrity.resolution_ns);
            let text =
                format!("{name}: its clock goes in steps of {step}, too coarse for what is measured in milliseconds");
            findings.push(Finding::of_all(FindingKind::ImplausibleTime, Spoils::Both, text));
        }
        if let Some(dropped) = file.integrity.dropped.filter(|dropped| *dropped > 0) {
            let text = format!("{name}: {dropped} packets were dropped while capturing");
            // Losses may be the capture's own; what it saw, it saw.
            findings.push(Finding::of_all(FindingKind::CaptureDrops, Spoils::Fail, text));
        }
        let unmeasured = file.unmeasured;
        let mut counts = |count: u64, what: &str| {
            if count > 0 {
                let text = format!("{name}: {count} {what}");
                findings.push(Finding::of_all(FindingKind::Truncated, Spoils::Both, text));
            }
        };
        counts(unmeasured.without_time, "packets without a time");
        counts(unmeasured.cut_probes, "probes of which too few octets were captured");
        counts(
            unmeasured.fragments_meant,
            "parts of datagrams of measured flows, which show neither ports nor numbers",
        );
        counts(unmeasured.of_refused_flows, "packets of more flows than are measured");
    }
    if refused > 0 {
        let text = format!("{refused} packets of more flows than are measured");
        findings.push(Finding::of_all(FindingKind::TooManyEvents, Spoils::Both, text));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use checks::capture::container::Integrity;

    #[test]
    fn a_clock_that_goes_in_steps_of_centiseconds_measures_no_milliseconds() {
        let found = |resolution_ns| {
            let file = FileRead {
                called: None,
                path: "x.pcapng".into(),
                interface: None,
                integrity: Integrity {
                    resolution_ns,
                    ..Integrity::default()
                },
                unmeasured: checks::capture::observe::Unmeasured::default(),
                packets: 1,
                interfaces: 1,
            };
            of_files(&[file], 0)
        };
        assert_eq!(found(1_000_000), []);
        let [finding] = &found(10_000_000)[..] else {
            panic!("one finding");
        };
        assert_eq!(finding.spoils, Spoils::Both);
        assert!(finding.text.contains("steps of 10 ms"), "{}", finding.text);
    }
}

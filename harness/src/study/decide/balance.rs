//! Phrases about how load is shared among links.

use checks::Verdict;
use checks::capture::measure::Spoils;
use checks::phrase::BalanceMode;

use super::{Decided, Deciding, Found};
use crate::study::PointStudy;

impl Deciding<'_> {
    pub fn balanced(&self, mode: BalanceMode, links: &[String]) -> Decided {
        let of_point = |point: &&PointStudy| {
            let own: Vec<&str> = point.links.iter().map(|link| link.name.as_str()).collect();
            own.len() == links.len() && links.iter().all(|link| own.contains(&link.as_str()))
        };
        let mut points = self.study.points.iter().filter(of_point);
        let (Some(point), None) = (points.next(), points.next()) else {
            return Err(Found::doubt(format!(
                "{} are not the links of one point of observation, neither more nor fewer",
                links.join(", ")
            )));
        };
        if let Some(at) = self.at.filter(|at| *at != point.name) {
            return Err(Found::doubt(format!(
                "{} are links of {}, not of {at}",
                links.join(", "),
                point.name
            )));
        }
        let findings = point.outages.findings.iter();
        let doubt = findings
            .filter(|finding| finding.spoils == Spoils::Both)
            .map(|finding| finding.text.clone())
            .next();
        let Some(report) = &point.balance else {
            return Err(Found::doubt("how flows are spread over the links was not looked at"));
        };
        let even = &report.evenness;
        let (verdict, actual) = match mode {
            BalanceMode::PerFlow => (
                report.balanced_per_flow(),
                format!("{}; {}", report.reason, even.reason),
            ),
            BalanceMode::PerPacket => (
                report.balanced_per_packet(),
                format!("{}; {}", report.reason, even.reason),
            ),
            BalanceMode::Symmetric => {
                let symmetry = point.symmetry();
                let changing = report.violating_flows;
                match changing {
                    0 => (symmetry.verdict, symmetry.reason),
                    _ => (
                        Verdict::of_all([symmetry.verdict, Verdict::Inconclusive]),
                        format!("{}; {changing} flows use several links", symmetry.reason),
                    ),
                }
            }
        };
        let (verdict, actual) = match doubt {
            Some(doubt) => (Verdict::Inconclusive, format!("{actual}, but {doubt}")),
            None => (verdict, actual),
        };
        Ok(Found {
            verdict,
            actual,
            points: vec![point.name.clone()],
            warnings: report.notes.clone(),
        })
    }
}

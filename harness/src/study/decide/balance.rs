//! Phrases about how load is shared among links.

use checks::Verdict;
use checks::capture::measure::balance::{BalanceReport, SprayReport, Symmetry};
use checks::phrase::BalanceMode;

use super::{Decided, Deciding, Found};
use crate::study::packet_number::packet_numbers;
use crate::study::{Directions, PointStudy};

/// Packets out of turn, and conversations, that are named.
const NAMED: usize = 5;

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
        let doubt = point.doubt().map(str::to_owned).or_else(|| point.copies());
        let Some(balance) = &point.balance else {
            return Err(Found::doubt("how flows are spread over the links was not looked at"));
        };
        let in_words = |report: &BalanceReport| format!("{}; {}", report.reason, report.evenness.reason);
        let (verdict, actual) = match mode {
            BalanceMode::PerFlow => balance.judged(BalanceReport::balanced_per_flow, in_words),
            BalanceMode::PerPacket => balance.judged(BalanceReport::balanced_per_packet, in_words),
            BalanceMode::RoundRobin => balance.judged(
                match balance.directions {
                    // Two routers that take turns show no turns together.
                    Directions::Unclear(_) => BalanceReport::balanced_per_packet,
                    _ => BalanceReport::balanced_round_robin,
                },
                |report| match &report.spray {
                    Some(spray) => point.spray_in_words(spray),
                    None => report.reason.clone(),
                },
            ),
            BalanceMode::Symmetric => {
                let symmetry = point.symmetry();
                // Also those that changed their link while the network changed: of them no pair is compared.
                let changing = point.on_links.values().filter(|links| links.len() > 1).count();
                match changing {
                    0 => (symmetry.verdict, point.symmetry_in_words(&symmetry)),
                    _ => (
                        Verdict::of_all([symmetry.verdict, Verdict::Inconclusive]),
                        format!(
                            "{}; {changing} flows use several links",
                            point.symmetry_in_words(&symmetry)
                        ),
                    ),
                }
            }
        };
        let (verdict, actual) = match doubt {
            Some(doubt) => (Verdict::Inconclusive, format!("{actual}, but {doubt}")),
            None => (verdict, actual),
        };
        let fragments = self.study.fragments(point);
        let mut warnings = balance.notes(&point.links);
        let (verdict, actual) = match (mode, fragments.in_words()) {
            (_, None) => (verdict, actual),
            // Whatever else is not known: they are packets of one flow.
            (BalanceMode::PerFlow, Some(parts)) if fragments.apart > 0 => (Verdict::Fail, format!("{parts}; {actual}")),
            (BalanceMode::PerFlow, Some(parts)) if fragments.left_out.is_some() => (
                Verdict::of_all([verdict, Verdict::Inconclusive]),
                format!("{actual}, but {parts}"),
            ),
            (_, Some(parts)) => {
                warnings.push(parts);
                (verdict, actual)
            }
        };
        Ok(Found {
            verdict,
            actual,
            points: vec![point.name.clone()],
            warnings,
        })
    }
}

impl PointStudy {
    /// Why packets of a flow that are on several links may be the same ones: a tenth of them came more than once.
    fn copies(&self) -> Option<String> {
        let is_spread = |flow| self.on_links.get(&flow).is_some_and(|links| links.len() > 1);
        let mut twice = self.outages.flows.iter().filter(|flow| {
            let many = flow.duplicates > 1 && flow.duplicates >= flow.received / 10;
            many && is_spread(flow.flow)
        });
        let flow = twice.next()?;
        let key = self.seen(flow.flow)?.key;
        Some(format!(
            "of {} flows on several links packets were captured more than once, {} of {} of {key}: copies on two links show \
             no balance; capture each packet on one link alone, or name the points",
            1 + twice.count(),
            flow.duplicates,
            flow.received,
        ))
    }

    /// Whether both directions use one link, and some of the conversations of which they do not.
    pub(crate) fn symmetry_in_words(&self, symmetry: &Symmetry) -> String {
        let named = symmetry.disagreeing.iter().take(NAMED).filter_map(|pair| {
            let key = self.seen(pair.forward)?.key;
            let (there, back) = (self.link_name(pair.forward_link), self.link_name(pair.reverse_link));
            Some(format!("{key} on {there} and back on {back}"))
        });
        let named: Vec<String> = named.collect();
        match named.as_slice() {
            [] => symmetry.reason.clone(),
            some => format!("{}: {}", symmetry.reason, some.join("; ")),
        }
    }

    /// How packets are spread, and what is out of turn: flow, number, links, and the packet's number in its file.
    pub(crate) fn spray_in_words(&self, spray: &SprayReport) -> String {
        let begin = self.outages.window.map_or(0, |window| window.from);
        let named = spray.out_of_turn.iter().take(NAMED).map(|packet| {
            let flow = self
                .seen(packet.flow)
                .map_or_else(|| format!("flow {}", packet.flow.0), |seen| seen.key.to_string());
            let number = packet
                .sequence
                .map_or_else(String::new, |number| format!(" number {number}"));
            let place = self
                .links
                .get(usize::from(packet.link.0))
                .and_then(|link| packet_numbers(link, &[packet.time]).first().copied().flatten())
                .map_or_else(String::new, |number| format!(", packet {number} there"));
            format!(
                "{flow}{number} on {} instead of {}{place}, {:.6} s into the capture",
                self.link_name(packet.link),
                self.link_name(packet.expected),
                packet.time.saturating_sub(begin) as f64 / 1e9
            )
        });
        let named: Vec<String> = named.collect();
        match named.as_slice() {
            [] => spray.reason.clone(),
            some => format!("{}: {}", spray.reason, some.join("; ")),
        }
    }
}

//! `ping`: the answers one by one and the statistics below them, which must agree.

use std::net::IpAddr;
use std::sync::LazyLock;

use regex::Regex;

use super::command::Request;
use super::lines::{Account, Line, open};
use super::printed::read;
use crate::rows::{PingReply, PingResult};
use crate::table::{AnyTable, LineSpan, Parsed, Rows};

/// `PING 10.1.1.1: 56  data bytes, press CTRL_C to break`, `PING host (10.1.1.1): …`, `PING 2001:DB8::1 : …`, and
/// `PING 2001:DB8::1 56  data bytes` without a colon of its own.
static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^PING\s+(\S+?)\s*(?:\(([^()]+)\)\s*)?(?::\s*|\s)(\d+)\s+data\s+bytes\s*(?:,\s*(.*))?$")
        .expect("constant")
});
/// `bytes=56 Sequence=1 ttl=255 time=130 ms`, `… hop limit=64  time<1 ms`.
static REPLY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^bytes\s*=\s*(\d+)\s+Sequence\s*=\s*(\d+)\s+(?:ttl|hop\s+limit)\s*=\s*(\d+)\s+time\s*(=|<|=\s*<)\s*(\d+(?:\.\d+)?)\s*ms$",
    )
    .expect("constant")
});
static FROM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^Reply\s+from\s+([0-9A-Fa-f:.]+?)\s*(?::\s+|:?$)(.*)$").expect("constant"));
static TITLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^---\s*(\S+)\s+ping\s+statistics\s*---$").expect("constant"));
static PACKETS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^(\d+)\s+packets?(?:\(s\))?\s+(transmitted|received)$").expect("constant"));
static LOSS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^(\d+(?:\.\d+)?)\s*%\s+packet\s+loss$").expect("constant"));
static ROUND_TRIP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^round-trip\s+min/avg/max\s*=\s*(\d+(?:\.\d+)?)/(\d+(?:\.\d+)?)/(\d+(?:\.\d+)?)\s*ms$")
        .expect("constant")
});

/// More answers than `ping -c` can ask for.
const MOST_REPLIES: usize = 100_000;

/// Parses `ping …`.
pub(super) fn parse(request: &Request, text: &str) -> Parsed {
    let (lines, mut account) = open(request, text);
    let mut ping: Option<Ping> = None;
    for line in lines {
        let text = line.trimmed();
        if let Some(header) = HEADER.captures(text).filter(|_| ping.is_none()) {
            let address = header.get(2).map_or(&header[1], |address| address.as_str());
            ping = Some(Ping {
                result: PingResult {
                    target: read(&mut account, line, "target", address),
                    vrf: request.vrf.clone(),
                    size: read(&mut account, line, "size", &header[3]),
                    ..PingResult::default()
                },
                first: line.number,
                last: line.number,
                tail: header.get(4).map_or(String::new(), |tail| tail.as_str().to_owned()),
                ..Ping::default()
            });
            continue;
        }
        let known = match &mut ping {
            Some(ping) => ping.reads(line, &mut account),
            None => is_name_lookup(text),
        };
        if !known {
            account.unexplained(line);
        } else if let Some(ping) = &mut ping {
            ping.last = line.number;
        }
    }
    let mut rows = Rows::default();
    match ping {
        Some(ping) => {
            ping.check(request, &mut account);
            rows.push(ping.result, LineSpan::new(ping.first, ping.last));
        }
        None => account.no_header(request),
    }
    account.finish(AnyTable::Ping(rows))
}

/// `Trying DNS server (10.1.1.1)`, `Resolved Host ( name -> 10.1.1.1 )`.
pub(super) fn is_name_lookup(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.starts_with("trying dns") || lower.starts_with("resolved host")
}

/// Whether a line is the end of `press CTRL_C to break`, wrapped from the header above it.
pub(super) fn ends_header(tail: &str, text: &str) -> bool {
    let joined: String = tail
        .chars()
        .chain(text.chars())
        .filter(|c| !c.is_whitespace())
        .collect();
    let joined = joined.to_ascii_lowercase();
    !tail.to_ascii_lowercase().trim_end().ends_with("break")
        && ["pressctrl_ctobreak", "pressctrl_qtobreak"].contains(&joined.as_str())
}

#[derive(Default)]
struct Ping {
    result: PingResult,
    first: u32,
    last: u32,
    /// What follows the comma in the header, which may be wrapped.
    tail: String,
    /// The address of an IPv6 answer, whose other half stands on the next line.
    pending: Option<(Option<IpAddr>, u32)>,
    recorded_route: bool,
    title: Option<(String, u32)>,
    figures: Option<u32>,
    below_1_ms: bool,
    round_trip: Option<u32>,
}

impl Ping {
    fn reads(&mut self, line: Line<'_>, account: &mut Account) -> bool {
        let text = line.trimmed();
        if self.last == self.first && self.result.replies.is_empty() && ends_header(&self.tail, text) {
            self.tail.clear();
            self.tail.push_str("break");
            return true;
        }
        if self.title.is_some() {
            return self.statistics(line, account);
        }
        if let Some(from) = FROM.captures(text) {
            if self.pending.is_some() {
                return false;
            }
            let address = read(account, line, "replies", &from[1]);
            self.recorded_route = false;
            if from[2].is_empty() {
                self.pending = Some((address, line.number));
                return true;
            }
            return self.reply(address, &from[2], line, account);
        }
        if let Some((address, above)) = self.pending.take() {
            return line.number > above && self.reply(address, text, line, account);
        }
        if line.says("Request time out") || line.says("Request timeout") || line.says("Request timed out") {
            self.push(PingReply {
                timeout: true,
                ..PingReply::default()
            });
            return true;
        }
        if line.says("Record Route:") {
            self.recorded_route = true;
            return true;
        }
        if self.recorded_route && text.parse::<IpAddr>().is_ok() {
            return true;
        }
        if let Some(title) = TITLE.captures(text) {
            self.title = Some((title[1].to_owned(), line.number));
            return true;
        }
        false
    }

    fn push(&mut self, reply: PingReply) {
        if self.result.replies.len() < MOST_REPLIES {
            self.result.replies.push(reply);
        }
    }

    fn reply(&mut self, from: Option<IpAddr>, text: &str, line: Line<'_>, account: &mut Account) -> bool {
        let Some(reply) = REPLY.captures(text.trim()) else {
            return false;
        };
        let below = reply[4].ends_with('<');
        self.below_1_ms |= below;
        let reply = PingReply {
            seq: read(account, line, "replies", &reply[2]),
            from,
            ttl: read(account, line, "replies", &reply[3]),
            rtt_ms: read(account, line, "replies", &reply[5]),
            timeout: false,
        };
        self.push(reply);
        true
    }

    /// The lines below `--- … ping statistics ---`, each at most once.
    fn statistics(&mut self, line: Line<'_>, account: &mut Account) -> bool {
        let text = line.trimmed();
        let result = &mut self.result;
        if let Some(packets) = PACKETS.captures(text) {
            let (place, field) = if packets[2].eq_ignore_ascii_case("transmitted") {
                (&mut result.sent, "sent")
            } else {
                (&mut result.received, "received")
            };
            if place.is_some() {
                return false;
            }
            *place = read(account, line, field, &packets[1]);
            self.figures = self.figures.or(Some(line.number));
            return true;
        }
        if let Some(loss) = LOSS.captures(text).filter(|_| result.loss_pct.is_none()) {
            result.loss_pct = read(account, line, "loss_pct", &loss[1]);
            return true;
        }
        if let Some(times) = ROUND_TRIP.captures(text).filter(|_| self.round_trip.is_none()) {
            self.round_trip = Some(line.number);
            // Where nothing came back, some releases print 0/0/0, which is no time.
            if result.received != Some(0) {
                result.rtt_min_ms = read(account, line, "rtt_min_ms", &times[1]);
                result.rtt_avg_ms = read(account, line, "rtt_avg_ms", &times[2]);
                result.rtt_max_ms = read(account, line, "rtt_max_ms", &times[3]);
            }
            return true;
        }
        false
    }

    /// Compares the statistics with the answers and with themselves.
    fn check(&self, request: &Request, account: &mut Account) {
        let result = &self.result;
        if self.pending.is_some() {
            account.error(self.last, "an answer ends in its middle: the answer was cut".to_owned());
        }
        let Some((target, title)) = &self.title else {
            account.error(
                0,
                "the ping statistics are missing: the answer was cut, or the ping interrupted".to_owned(),
            );
            return;
        };
        if let (Ok(stated), Some(asked)) = (target.parse::<IpAddr>(), result.target)
            && stated != asked
        {
            account.error(
                *title,
                format!("the ping is of {asked}, the statistics are of {stated}"),
            );
        }
        if let (Some(asked), Some(answered)) = (request.address, result.target)
            && asked != answered
        {
            account.error(
                self.first,
                format!("the command asks for {asked}, the answer is of {answered}"),
            );
        }
        let (Some(sent), Some(received), Some(loss)) = (result.sent, result.received, result.loss_pct) else {
            account.error(0, "the ping statistics lack a figure: the answer was cut".to_owned());
            return;
        };
        let line = self.figures.unwrap_or(*title);
        if received > sent {
            account.error(line, format!("{sent} packets sent, and {received} received"));
        } else {
            let expected = if sent == 0 {
                0.0
            } else {
                f64::from(sent - received) * 100.0 / f64::from(sent)
            };
            if (expected - loss).abs() > 0.51 {
                account.error(
                    line,
                    format!(
                        "{received} of {sent} packets received is a loss of {expected:.2} %, the device says {loss} %"
                    ),
                );
            }
        }
        // `-q` shows no answers.
        let quiet = request.has("-q") || request.command.split(' ').any(|word| word == "-q");
        if !(quiet && result.replies.is_empty()) {
            let answered = result.replies.iter().filter(|reply| !reply.timeout).count() as u64;
            account.expect_count(line, "packets sent", u64::from(sent), result.replies.len() as u64);
            account.expect_count(line, "packets received", u64::from(received), answered);
        }
        if received > 0 && self.round_trip.is_none() {
            account.error(0, "the round-trip times are missing: the answer was cut".to_owned());
        }
        self.check_times(account);
    }

    fn check_times(&self, account: &mut Account) {
        let times: Vec<f64> = self.result.replies.iter().filter_map(|reply| reply.rtt_ms).collect();
        let (Some(min), Some(max), Some(line)) = (self.result.rtt_min_ms, self.result.rtt_max_ms, self.round_trip)
        else {
            return;
        };
        if times.is_empty() || self.below_1_ms {
            return;
        }
        let found_min = times.iter().copied().fold(f64::INFINITY, f64::min);
        let found_max = times.iter().copied().fold(0.0, f64::max);
        if (found_min - min).abs() > 1.0 || (found_max - max).abs() > 1.0 {
            account.warning(
                line,
                format!("the device says {min} to {max} ms, its answers took {found_min} to {found_max} ms"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_every_release_are_read() {
        for (text, target, size) in [
            ("PING 10.1.1.1: 56  data bytes, press CTRL_C to break", "10.1.1.1", "56"),
            (
                "PING 2001:DB8::2 : 56  data bytes, press CTRL_C to break",
                "2001:DB8::2",
                "56",
            ),
            ("PING 10.1.1.1: 1500  data bytes, press CT", "10.1.1.1", "1500"),
        ] {
            let header = HEADER.captures(text).unwrap();
            assert_eq!((&header[1], &header[3]), (target, size));
        }
        let header = HEADER
            .captures("PING www.example.com (10.1.1.1): 56  data bytes, press CTRL_C to break")
            .unwrap();
        assert_eq!(&header[2], "10.1.1.1");
        assert!(ends_header("press CT", "RL_C to break"));
        assert!(ends_header("press CTRL_C", "to break"));
        assert!(!ends_header("press CTRL_C to break", "to break"));
        assert!(!ends_header("press CT", "1 10.1.1.1 4 ms"));
    }

    #[test]
    fn replies_of_every_release_are_read() {
        assert!(REPLY.is_match("bytes=56 Sequence=1 ttl=255 time=130 ms"));
        assert!(REPLY.is_match("bytes=56 Sequence=1 ttl=255 time<1 ms"));
        assert!(REPLY.is_match("bytes=56 Sequence=1 hop limit=64  time = 22 ms"));
        let from = |text| {
            FROM.captures(text)
                .map(|found| (found[1].to_owned(), found[2].to_owned()))
        };
        assert_eq!(
            from("Reply from 2001:DB8::2"),
            Some(("2001:DB8::2".into(), String::new()))
        );
        assert_eq!(from("Reply from 10.1.1.1: bytes=56").unwrap().0, "10.1.1.1");
    }
}

//! `tracert`: one line a hop, with the addresses that answered, their times, labels and annotations.

use std::net::IpAddr;
use std::sync::LazyLock;

use regex::Regex;

use super::command::Request;
use super::lines::{Account, Line, open};
use super::ping::{ends_header, is_name_lookup};
use super::printed::read;
use crate::rows::{Hop, Probe, TracerouteResult};
use crate::table::{AnyTable, LineSpan, Parsed, Rows};

/// `traceroute to  10.3.1.2(10.3.1.2), max hops: 30 ,packet length: 40,press CTRL_C to break`, with the VPN instance
/// before the address in some releases.
static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^traceroute\s+to\s+(?:\S+\s+)?\S+?\s*\(\s*([^()\s]+)\s*\)\s*,?\s*max\s+hops\s*:\s*(\d+)\s*,\s*packet\s+length\s*:\s*(\d+)\s*(?:,\s*(.*))?$",
    )
    .expect("constant")
});
/// `traceroute to 2001:DB8::3 30 hops max,60 bytes packet`, also with a name or VPN instance before the address.
static HEADER_IPV6: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^traceroute\s+to\s+(?:\S+\s+)?\(?([0-9A-Fa-f:.]+)\)?\s+(\d+)\s+hops\s+max\s*,\s*(\d+)\s+bytes\s+packet\s*(?:,\s*(.*))?$",
    )
    .expect("constant")
});
/// The pieces of a hop's line.
static PIECE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^(?:(?P<star>\*)(?:\s|$)",
        r"|(?P<time><?\s*\d+(?:\.\d+)?)\s*ms(?:\s|$)",
        r"|<\s*AS\s*=\s*(?P<asn>[0-9.]+)\s*>",
        r"|\[\s*MPLS\s+Labels?\s*=\s*(?P<labels>[0-9/]+)(?:\s+(?:Exp|S|TTL)\s*=\s*[0-9/]+)*\s*\]",
        r"|(?P<annotation>![A-Za-z0-9]{0,4})(?:\s|$)",
        r"|(?:[A-Za-z0-9][A-Za-z0-9._-]*\s?\(\s*(?P<named>[0-9A-Fa-f:.]+)\s*\))",
        r"|(?P<address>[0-9A-Fa-f]*[:.][0-9A-Fa-f:.]*))",
    ))
    .expect("constant")
});

/// TTL is one byte, and a line may come again for each probe.
const MOST_PROBES: usize = 65_536;

/// Parses `tracert …`.
pub(super) fn parse(request: &Request, text: &str) -> Parsed {
    let (lines, mut account) = open(request, text);
    let mut trace: Option<Trace> = None;
    let mut half: Option<Line<'_>> = None;
    for line in lines {
        let text = line.trimmed();
        if let Some(trace) = &mut trace {
            if trace.reads(line, &mut account) {
                trace.last = line.number;
            } else {
                account.unexplained(line);
            }
            continue;
        }
        // A header that is wrapped before its end is read together with the line below it.
        let joined = half.take().map(|above| (above, format!("{}{text}", above.trimmed())));
        if let Some((above, joined)) = joined {
            if let Some(found) = Trace::begin(request, &joined, above, &mut account) {
                trace = Some(Trace {
                    last: line.number,
                    ..found
                });
                continue;
            }
            account.unexplained(above);
        }
        if let Some(found) = Trace::begin(request, text, line, &mut account) {
            trace = Some(found);
        } else if line.after("traceroute to").is_some() {
            half = Some(line);
        } else if !is_name_lookup(text) {
            account.unexplained(line);
        }
    }
    if let Some(line) = half {
        account.unexplained(line);
    }
    let mut rows = Rows::default();
    match trace {
        Some(mut trace) => {
            trace.check(request, &mut account);
            rows.push(trace.result, LineSpan::new(trace.first, trace.last));
        }
        None => account.no_header(request),
    }
    account.finish(AnyTable::Traceroute(rows))
}

struct Trace {
    result: TracerouteResult,
    first: u32,
    last: u32,
    tail: String,
    probes: usize,
}

impl Trace {
    fn begin(request: &Request, text: &str, line: Line<'_>, account: &mut Account) -> Option<Self> {
        let header = HEADER.captures(text).or_else(|| HEADER_IPV6.captures(text))?;
        Some(Self {
            result: TracerouteResult {
                target: read(account, line, "target", &header[1]),
                vrf: request.vrf.clone(),
                max_hops: read(account, line, "max_hops", &header[2]),
                packet_length: read(account, line, "packet_length", &header[3]),
                ..TracerouteResult::default()
            },
            first: line.number,
            last: line.number,
            tail: header.get(4).map_or(String::new(), |tail| tail.as_str().to_owned()),
            probes: 0,
        })
    }

    /// Reads a hop's line, or its continuation, which begins with an address, a label stack or a star.
    fn reads(&mut self, line: Line<'_>, account: &mut Account) -> bool {
        let text = line.trimmed();
        if self.result.hops.is_empty() && ends_header(&self.tail, text) {
            self.tail.clear();
            self.tail.push_str("break");
            return true;
        }
        let (ttl, pieces) = match text.split_once(char::is_whitespace) {
            Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                let Ok(ttl) = number.parse::<u32>() else { return false };
                // `40 ms` is the end of a line that was wrapped in the middle of a time.
                if ttl == 0 || ttl > 255 || rest.trim_start().starts_with("ms") {
                    return false;
                }
                (Some(ttl), rest)
            }
            _ => (None, text),
        };
        let Some(part) = read_pieces(pieces) else {
            return false;
        };
        self.probes += part.probes.len();
        if self.probes > MOST_PROBES {
            return false;
        }
        let last_ttl = self.result.hops.last().and_then(|hop| hop.ttl);
        match (ttl, last_ttl) {
            (None, None) => false,
            (Some(ttl), last) if last != Some(ttl) => {
                gap(ttl, last, line, account);
                self.result.hops.push(Hop { ttl: Some(ttl), ..part });
                true
            }
            _ => {
                if let Some(hop) = self.result.hops.last_mut() {
                    hop.probes.extend(part.probes);
                    hop.as_numbers.extend(part.as_numbers);
                    hop.labels.extend(part.labels);
                }
                true
            }
        }
    }

    fn check(&mut self, request: &Request, account: &mut Account) {
        if let (Some(asked), Some(answered)) = (request.address, self.result.target)
            && asked != answered
        {
            account.error(
                self.first,
                format!("the command asks for {asked}, the answer is of {answered}"),
            );
        }
        let first_ttl = option(request, "-f").unwrap_or(1);
        // Some releases send two probes where nothing is said of their number.
        let most_probes = self.result.hops.iter().map(|hop| hop.probes.len()).max();
        let expected_probes = match option(request, "-q") {
            Some(asked) => asked as usize,
            None if self.result.hops.len() > 1 => most_probes.unwrap_or(3),
            None => 3,
        };
        let (Some(first), Some(last)) = (self.result.hops.first(), self.result.hops.last()) else {
            account.error(
                0,
                "no hop follows the header: the answer was cut, or the trace interrupted".to_owned(),
            );
            return;
        };
        if let Some(ttl) = first.ttl.filter(|ttl| *ttl != first_ttl) {
            account.error(0, format!("the first hop is {ttl}, not {first_ttl}: lines are missing"));
        }
        for hop in &self.result.hops {
            if hop.probes.len() != expected_probes {
                let (ttl, found) = (hop.ttl.unwrap_or_default(), hop.probes.len());
                account.warning(
                    self.first,
                    format!(
                        "hop {ttl} shows {found} probes instead of {expected_probes}: the answer may have been cut"
                    ),
                );
            }
        }
        let answered = |probe: &Probe| probe.address.is_some() && probe.address == self.result.target;
        let reached = last
            .probes
            .iter()
            .any(|probe| answered(probe) && probe.annotation.is_none());
        let exhausted = last.ttl.is_some() && last.ttl >= self.result.max_hops;
        // A router answers from the interface towards the tracer, which need not be the target's address: a trace may
        // end in a whole hop of another address. It never ends by itself in a hop that nobody answered.
        let silent = last.probes.iter().all(|probe| probe.address.is_none());
        if silent && !exhausted {
            let ttl = last.ttl.unwrap_or_default();
            account.warning(
                self.last,
                format!(
                    "the trace ends at hop {ttl}, which nobody answered: the answer was cut, or the trace interrupted"
                ),
            );
        }
        self.result.reached = reached;
    }
}

/// Hops are numbered without gaps.
fn gap(ttl: u32, last: Option<u32>, line: Line<'_>, account: &mut Account) {
    if let Some(last) = last
        && ttl != last.saturating_add(1)
    {
        account.error(line.number, format!("hop {ttl} follows hop {last}: lines are missing"));
    }
}

/// The value of an option of the command line.
fn option(request: &Request, name: &str) -> Option<u32> {
    let mut words = request.command.split_whitespace();
    words.find(|word| *word == name)?;
    words.next()?.parse().ok()
}

/// Reads the pieces of a hop's line; `None` where one is not understood.
fn read_pieces(text: &str) -> Option<Hop> {
    let mut hop = Hop::default();
    let mut address: Option<IpAddr> = None;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let piece = PIECE.captures(rest)?;
        if piece.name("star").is_some() {
            hop.probes.push(Probe {
                timeout: true,
                ..Probe::default()
            });
        } else if let Some(time) = piece.name("time") {
            let time = time.as_str().trim_start_matches('<').trim();
            hop.probes.push(Probe {
                address: Some(address?),
                rtt_ms: Some(time.parse().ok()?),
                ..Probe::default()
            });
        } else if let Some(asn) = piece.name("asn") {
            hop.as_numbers.push(as_number(asn.as_str())?);
        } else if let Some(labels) = piece.name("labels") {
            for label in labels.as_str().split('/') {
                hop.labels.push(label.parse().ok()?);
            }
        } else if let Some(annotation) = piece.name("annotation") {
            let probe = hop
                .probes
                .last_mut()
                .filter(|probe| !probe.timeout && probe.annotation.is_none())?;
            probe.annotation = Some(annotation.as_str().to_owned());
        } else {
            let printed = piece.name("named").or_else(|| piece.name("address"))?;
            address = Some(printed.as_str().parse().ok()?);
        }
        rest = rest[piece[0].len()..].trim_start();
    }
    // An address alone, whose times are missing, is a line that was cut.
    (!hop.probes.is_empty()).then_some(hop)
}

/// `65010` or `1.10`.
fn as_number(text: &str) -> Option<u32> {
    match text.split_once('.') {
        Some((high, low)) => Some(u32::from(high.parse::<u16>().ok()?) << 16 | u32::from(low.parse::<u16>().ok()?)),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_addresses_answer_in_one_hop() {
        let hop = read_pieces("10.1.1.2 20 ms 10.2.1.2 1 ms 10.1.1.2 40 ms").unwrap();
        let seen: Vec<_> = hop
            .probes
            .iter()
            .map(|probe| (probe.address.unwrap().to_string(), probe.rtt_ms))
            .collect();
        assert_eq!(
            seen,
            [
                ("10.1.1.2".to_owned(), Some(20.0)),
                ("10.2.1.2".to_owned(), Some(1.0)),
                ("10.1.1.2".to_owned(), Some(40.0))
            ]
        );
    }

    #[test]
    fn labels_systems_and_annotations_are_read() {
        let hop = read_pieces("10.0.23.3[MPLS Label=1024/1027/1026 Exp=0/0/0 S=0/0/1 TTL=1/1/1] 60 ms  50 ms  50 ms")
            .unwrap();
        assert_eq!((hop.labels, hop.probes.len()), (vec![1024, 1027, 1026], 3));
        let hop = read_pieces("10.2.1.2 < AS=100 > 6 ms  5 ms  2 ms").unwrap();
        assert_eq!((hop.as_numbers, hop.probes.len()), (vec![100], 3));
        let hop = read_pieces("* 2001:db8:3::2 45 ms  !N 5 ms  !N").unwrap();
        assert!(hop.probes[0].timeout);
        assert_eq!(hop.probes[2].annotation.as_deref(), Some("!N"));
        assert_eq!(as_number("1.10"), Some(65546));
    }

    #[test]
    fn what_is_not_understood_is_not_guessed() {
        for text in [
            "",
            "10.1.1.2",
            "5 ms",
            "10.1.1.2 5 ms what",
            "10.1.1.999 5 ms",
            "!N",
            "* !N",
            "10.1.1.2 5",
            "10.1.1.2 ms",
        ] {
            assert!(read_pieces(text).is_none(), "{text}");
        }
    }

    #[test]
    fn headers_of_every_release_are_read() {
        for text in [
            "traceroute to  10.3.1.2(10.3.1.2), max hops: 30 ,packet length: 40",
            "traceroute to  10.3.1.2(10.3.1.2), max hops: 30 ,packet length: 40,press CT",
            "traceroute to ROSA 9.9.9.10(10.3.1.2), max hops: 30,packet length: 40,press CTRL_C to break",
        ] {
            assert_eq!(&HEADER.captures(text).unwrap()[1], "10.3.1.2");
        }
        for text in [
            "traceroute to 2001:DB8::3 30 hops max,60 bytes packet",
            "traceroute to vpna 2001:DB8::3  30 hops max, 60 bytes packet,press CTRL_C to break",
            "traceroute to www.example.com (2001:DB8::3)  30 hops max,60 bytes packet",
        ] {
            assert_eq!(&HEADER_IPV6.captures(text).unwrap()[1], "2001:DB8::3");
        }
    }
}

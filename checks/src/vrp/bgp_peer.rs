//! `display bgp peer` and its forms for other address families: one line a peer, a block for each VPN instance.

use std::net::{IpAddr, Ipv4Addr};

use super::command::Request;
use super::lines::{Account, Line, after, after_colon, count, open};
use crate::rows::{AddressFamily, BgpPeer, BgpState, LinkType, SubsequentFamily};
use crate::table::{AnyTable, LineSpan, Parsed, Rows};
use crate::value::Vrf;

/// What the device counts, from the line that says so to the next such line.
struct Totals {
    line: u32,
    first_row: usize,
    peers: Option<u64>,
    established: Option<(u32, u64)>,
    dynamic: Option<(u32, u64)>,
}

struct Reader<'a> {
    request: &'a Request,
    account: Account,
    peers: Rows<BgpPeer>,
    totals: Vec<Totals>,
    vrf: Vrf,
    afi: AddressFamily,
    safi: SubsequentFamily,
    router_id: Option<Ipv4Addr>,
    local_as: Option<u32>,
    /// A peer's address that stands on a line of its own because it is too long for its column.
    long_address: Option<Line<'a>>,
    /// Lengths of the lines of peers: the shortest but the last, and the last.
    lengths: (usize, usize),
}

pub(super) fn parse(request: &Request, text: &str) -> Parsed {
    let (lines, account) = open(request, text);
    let ends_mid_line = lines.ends_mid_line();
    let (afi, safi) = family(request);
    let mut reader = Reader {
        request,
        account,
        peers: Rows::default(),
        totals: Vec::new(),
        vrf: request.vrf.clone(),
        afi,
        safi,
        router_id: None,
        local_as: None,
        long_address: None,
        lengths: (usize::MAX, usize::MAX),
    };
    for line in lines {
        reader.line(line);
    }
    reader.finish(ends_mid_line)
}

fn family(request: &Request) -> (AddressFamily, SubsequentFamily) {
    let afi = if request.has("ipv6") || request.has("vpnv6") {
        AddressFamily::Ipv6
    } else if request.has("evpn") {
        return (AddressFamily::L2vpn, SubsequentFamily::Evpn);
    } else {
        AddressFamily::Ipv4
    };
    let safi = if request.has("all") {
        SubsequentFamily::Vpn
    } else {
        SubsequentFamily::Unicast
    };
    (afi, safi)
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: Line<'a>) {
        if let Some(first) = self.long_address.take() {
            let address = first.trimmed().trim_start_matches('*');
            let dynamic = first.trimmed().starts_with('*');
            if let Some(peer) = self.peer(address, dynamic, line.trimmed()) {
                let span = LineSpan::new(first.number, line.number);
                self.push(peer, span, line);
                return;
            }
            self.account.unexplained(first);
        }
        if let Some(id) = line.after("BGP local router ID") {
            match after_colon(id).parse() {
                Ok(id) => self.router_id = Some(id),
                Err(_) => self.account.unexplained(line),
            }
        } else if let Some(number) = line.after("Local AS number") {
            match as_number(after_colon(number)) {
                Some(number) => self.local_as = Some(number),
                None => self.account.unexplained(line),
            }
        } else if let Some(rest) = line.after("Total number of dynamic peers") {
            self.count(line, rest, |totals, said| totals.dynamic = Some((line.number, said)));
        } else if let Some(rest) = line.after("Total number of peers") {
            self.total(line, rest);
        } else if let Some(rest) = line.after("Peers in established state") {
            self.count(line, rest, |totals, said| {
                totals.established = Some((line.number, said));
            });
        } else if let Some(rest) = line.after("VPN-Instance") {
            self.instance(line, rest);
        } else if let Some(family) = instance_family(line.trimmed()) {
            if family != AddressFamily::Unknown {
                self.afi = family;
            }
        } else if is_header(line) {
            // Known; a block without peers ends with it.
        } else if !self.row(line) {
            self.account.unexplained(line);
        }
    }

    /// `Total number of peers : 2`, on V8 with `Peers in established state : 2` in the same line or the next.
    fn total(&mut self, line: Line<'_>, rest: &str) {
        let (peers, established) = match rest.find("Peers in") {
            Some(at) => (&rest[..at], after(&rest[at..], "Peers in established state")),
            None => (rest, None),
        };
        let said = number_alone(peers);
        let established = established.map(number_alone);
        if said.is_none() || established == Some(None) {
            self.account.unexplained(line);
            return;
        }
        self.totals.push(Totals {
            line: line.number,
            first_row: self.peers.rows().len(),
            peers: said,
            established: established.flatten().map(|said| (line.number, said)),
            dynamic: None,
        });
    }

    fn count(&mut self, line: Line<'_>, rest: &str, set: impl FnOnce(&mut Totals, u64)) {
        match (number_alone(rest), self.totals.last_mut()) {
            (Some(said), Some(totals)) => set(totals, said),
            _ => self.account.unexplained(line),
        }
    }

    /// `VPN-Instance vpna, Router ID 1.1.1.1:`.
    fn instance(&mut self, line: Line<'_>, rest: &str) {
        let parts = rest.rsplit_once(',');
        let id = parts.and_then(|(_, id)| after(id, "router id"));
        let id = id.and_then(|id| id.trim_end_matches(':').trim().parse().ok());
        let (Some((name, _)), Some(id)) = (parts, id) else {
            self.account.unexplained(line);
            return;
        };
        let vrf = Vrf::named(name);
        if !self.request.has("all") && vrf != self.request.vrf {
            self.account.error(
                line.number,
                format!("the answer is about {vrf}, the question was about {}", self.request.vrf),
            );
        }
        self.vrf = vrf;
        self.safi = SubsequentFamily::Unicast;
        self.router_id = Some(id);
    }

    fn row(&mut self, line: Line<'a>) -> bool {
        let text = line.trimmed();
        let dynamic = text.starts_with('*');
        let text = text.trim_start_matches('*').trim_start();
        let (address, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        if rest.is_empty() && address.contains(':') && address.parse::<IpAddr>().is_ok() {
            self.long_address = Some(line);
            return true;
        }
        match self.peer(address, dynamic, rest) {
            Some(peer) => {
                self.push(peer, LineSpan::line(line.number), line);
                true
            }
            None => false,
        }
    }

    fn push(&mut self, mut peer: BgpPeer, span: LineSpan, line: Line<'_>) {
        if peer.state == BgpState::Unknown {
            self.account.unexplained_field(line, "state");
        }
        peer.router_id = self.router_id;
        self.lengths = (self.lengths.0.min(self.lengths.1), line.text.len());
        self.peers.push(peer, span);
    }

    /// `4   100      205      202       0 03:05:25 Established       0`, after the peer's address.
    fn peer(&self, address: &str, dynamic: bool, rest: &str) -> Option<BgpPeer> {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let [version, asn, received, sent, queue, up, state @ ..] = &words[..] else {
            return None;
        };
        if *version != "4" {
            return None;
        }
        // A long state touches the time before it.
        let (up, touching) = up.split_at(up.find(|first: char| first.is_ascii_uppercase()).unwrap_or(up.len()));
        let state: Vec<&str> = [touching].into_iter().chain(state.iter().copied()).collect();
        let state = state.strip_prefix(&[""]).unwrap_or(&state);
        let (state, prefixes) = match state {
            // The two last columns may touch.
            [glued] => {
                let letters = glued.trim_end_matches(|last: char| last.is_ascii_digit());
                (letters.to_owned(), &glued[letters.len()..])
            }
            [words @ .., prefixes] if words.len() <= 2 => (words.concat(), *prefixes),
            _ => return None,
        };
        let remote_as = as_number(asn)?;
        let link_type = match self.local_as {
            Some(local) if local == remote_as => LinkType::Ibgp,
            Some(_) => LinkType::Ebgp,
            None => LinkType::Unknown,
        };
        Some(BgpPeer {
            vrf: self.vrf.clone(),
            afi: self.afi,
            safi: self.safi,
            peer: Some(address.parse().ok()?),
            remote_as: Some(remote_as),
            local_as: self.local_as,
            link_type,
            state: state_of(&state),
            uptime_s: Some(uptime(up)?),
            msg_received: Some(received.parse().ok()?),
            msg_sent: Some(sent.parse().ok()?),
            out_queue: Some(queue.parse().ok()?),
            prefixes_received: Some(prefixes.parse().ok()?),
            dynamic: Some(dynamic),
            ..BgpPeer::default()
        })
    }

    fn finish(mut self, ends_mid_line: bool) -> Parsed {
        if let Some(line) = self.long_address.take() {
            self.account.unexplained(line);
        }
        if self.request.filtered {
            if self.peers.rows().is_empty() {
                self.account.no_header(self.request);
            }
        } else {
            self.compare_totals();
        }
        let (others, last) = self.lengths;
        if ends_mid_line && last < others && others != usize::MAX {
            let line = self.peers.iter().last().map_or(0, |(_, span)| span.last);
            self.account.error(
                line,
                "the last line has no line end and is shorter than all others; it may have been cut".to_owned(),
            );
        }
        self.account.finish(AnyTable::BgpPeers(self.peers))
    }

    fn compare_totals(&mut self) {
        if self.totals.is_empty() {
            self.account.no_header(self.request);
            return;
        }
        let ends = self.totals.iter().skip(1).map(|totals| totals.first_row);
        let ends: Vec<usize> = ends.chain([self.peers.rows().len()]).collect();
        if self.totals[0].first_row > 0 {
            let line = self.totals[0].line;
            self.account
                .error(line, "peers stand before the device's count of them".to_owned());
        }
        for (totals, end) in self.totals.iter().zip(ends) {
            let rows = &self.peers.rows()[totals.first_row..end];
            let of = |wanted: fn(&BgpPeer) -> bool| rows.iter().filter(|peer| wanted(peer)).count() as u64;
            if let Some(said) = totals.peers {
                self.account
                    .expect_count(totals.line, "BGP peers", said, rows.len() as u64);
            }
            let splits = [
                (
                    totals.established,
                    "established peers",
                    of(|peer| peer.state == BgpState::Established),
                ),
                (totals.dynamic, "dynamic peers", of(|peer| peer.dynamic == Some(true))),
            ];
            for (said, what, found) in splits {
                if let Some((line, said)) = said.filter(|(_, said)| *said != found) {
                    self.account
                        .warning(line, format!("the device counts {said} {what}, the rows show {found}"));
                }
            }
        }
    }
}

/// The number after a colon, where nothing else follows.
fn number_alone(text: &str) -> Option<u64> {
    let said = count(text)?;
    (after_colon(text).split_whitespace().count() == 1).then_some(said)
}

/// Header and legend lines.
fn is_header(line: Line<'_>) -> bool {
    line.after("Peer V AS MsgRcvd MsgSent OutQ Up/Down State")
        .is_some_and(|rest| rest.eq_ignore_ascii_case("PrefRcv"))
        || line.says("Status codes: * - Dynamic")
        || line.is_rule()
}

/// `Peer of IPv4-family for vpn instance :`, `Peer of vpn instance:`: the family of the peers that follow, unknown
/// where it is not told.
fn instance_family(line: &str) -> Option<AddressFamily> {
    let rest = after(line, "Peer of")?;
    let (family, rest) = match rest.split_once(' ') {
        Some((family, rest)) if family.eq_ignore_ascii_case("ipv4-family") => (AddressFamily::Ipv4, rest),
        Some((family, rest)) if family.eq_ignore_ascii_case("ipv6-family") => (AddressFamily::Ipv6, rest),
        _ => (AddressFamily::Unknown, rest),
    };
    let rest = after(rest, "for").unwrap_or(rest);
    let rest = after(rest, "vpn instance").or_else(|| after(rest, "vpn-instance"))?;
    matches!(rest.trim(), "" | ":").then_some(family)
}

fn state_of(word: &str) -> BgpState {
    match word.to_ascii_lowercase().as_str() {
        "idle" => BgpState::Idle,
        "idle(admin)" | "idle(ignore)" => BgpState::IdleAdmin,
        // Held down by the device: too many prefixes, overload, a failed check.
        idle if idle.starts_with("idle(") && idle.ends_with(')') => BgpState::Idle,
        "connect" => BgpState::Connect,
        "active" => BgpState::Active,
        "opensent" => BgpState::OpenSent,
        "openconfirm" => BgpState::OpenConfirm,
        "established" => BgpState::Established,
        "noneg" => BgpState::NoNeg,
        _ => BgpState::Unknown,
    }
}

/// `65410`, or `1.24` in dotted notation (RFC 5396).
fn as_number(text: &str) -> Option<u32> {
    match text.split_once('.') {
        Some((high, low)) => Some(u32::from(high.parse::<u16>().ok()?) << 16 | u32::from(low.parse::<u16>().ok()?)),
        None => text.parse().ok(),
    }
}

/// `03:05:25`, `0626h43m`, `9d99h99m`, in seconds.
fn uptime(text: &str) -> Option<u64> {
    let number = |digits: &str| {
        let plain = !digits.is_empty() && digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse::<u64>().ok()).flatten()
    };
    if let [hours, minutes, seconds] = text.split(':').collect::<Vec<_>>()[..] {
        return Some((number(hours)? * 60 + number(minutes)?) * 60 + number(seconds)?);
    }
    let (days, rest) = match text.split_once('d') {
        Some((days, rest)) => (number(days)?, rest),
        None => (0, text),
    };
    let (hours, rest) = rest.split_once('h')?;
    let minutes = match rest {
        "" => 0,
        minutes => number(minutes.strip_suffix('m')?)?,
    };
    Some(((days * 24 + number(hours)?) * 60 + minutes) * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_spelling() {
        assert_eq!(uptime("03:05:25"), Some(11_125));
        assert_eq!(uptime("0626h43m"), Some(2_256_180));
        assert_eq!(uptime("9d99h99m"), Some(1_139_940));
        assert_eq!(uptime("1d02h"), Some(93_600));
        for bad in ["", "never", "1:2", "h", "1d", "-1:00:00", "99999999999h1m"] {
            assert_eq!(uptime(bad), None, "{bad}");
        }
    }

    #[test]
    fn numbers_of_autonomous_systems_may_be_dotted() {
        assert_eq!(as_number("65410"), Some(65410));
        assert_eq!(as_number("1.14"), Some(65550));
        assert_eq!(as_number("65536.1"), None);
        assert_eq!(as_number("4294967296"), None);
    }

    #[test]
    fn only_the_known_words_are_states() {
        assert_eq!(state_of("Established"), BgpState::Established);
        assert_eq!(state_of("Idle(Ovlmt)"), BgpState::Idle);
        assert_eq!(state_of("Establish"), BgpState::Unknown);
    }
}

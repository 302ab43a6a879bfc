//! `display ip routing-table`, plain and verbose, of one routing table or of all.

mod plain_row;
mod protocol_word;
mod quick_row;
mod section;
mod verbose;
mod word_cache;

use std::collections::HashSet;
use std::net::IpAddr;

use self::plain_row::{PlainRow, plain_row};
use self::protocol_word::protocol_name;
use self::quick_row::quick_row;
use self::section::{Section, Tally};
use self::verbose::Block;
use self::word_cache::WordCache;
use super::command::Request;
use super::lines::{Account, Line, open, without_pager};
use crate::rows::{Flags, HopEntry, Protocol, Route, RouteEntry, RouteTable};
use crate::table::{AnyTable, LineSpan, Parsed};
use crate::value::{InterfaceName, Vrf};

/// Fewer bytes than any line of a table with a row on it; bounds what is reserved for hostile input.
const SHORTEST_ROW: usize = 24;

/// What stands in the column of interfaces for a route whose next hop is not reachable.
const UNKNOWN_INTERFACE: &str = "Unknown";

pub(super) fn parse(request: &Request, text: &str) -> Parsed {
    let (lines, account) = open(request, text);
    let (text, mut number) = lines.rest();
    let rows = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
    let rows = rows.min(text.len() / SHORTEST_ROW + 1);
    let mut reader = Reader {
        request,
        account,
        table: RouteTable::with_capacity(rows, rows),
        tally: Tally::default(),
        vrf: request.vrf.clone(),
        vrf_number: 0,
        begun: HashSet::new(),
        active: true,
        table_section: None,
        part: None,
        without_flags: false,
        current: None,
        block: None,
        verbose: false,
        pending: None,
        wrapped: None,
        protocols: WordCache::default(),
        flags: WordCache::default(),
        interfaces: WordCache::default(),
    };
    reader.vrf_number = reader.table.vrf_number(&request.vrf);
    let mut at = 0;
    while at < text.len() {
        if let Some((row, end)) = quick_row(text, at) {
            let line = Line {
                number,
                text: &text[at..end],
            };
            reader.row(row, line);
            at = end;
        } else {
            let rest = &text[at..];
            let end = memchr::memchr(b'\n', rest.as_bytes());
            let line = Line {
                number,
                text: without_pager(rest[..end.unwrap_or(rest.len())].trim_end()),
            };
            match plain_row(line.text) {
                Some(row) => reader.row(row, line),
                None => reader.other(line),
            }
            at += end.map_or(rest.len(), |end| end + 1);
        }
        number = number.saturating_add(1);
    }
    reader.finish(lines.ends_mid_line())
}

/// The route that further lines with a blank destination belong to.
#[derive(Debug, Clone, Copy)]
struct Current {
    prefix: (u32, u8),
    protocol: u32,
    preference: u16,
    cost: u32,
    last_address: IpAddr,
}

impl Current {
    fn is_same_route(&self, other: &Current) -> bool {
        self.prefix == other.prefix
            && self.cost == other.cost
            && self.protocol == other.protocol
            && self.preference == other.preference
    }
}

struct Reader<'a> {
    request: &'a Request,
    account: Account,
    table: RouteTable,
    tally: Tally,
    vrf: Vrf,
    vrf_number: u32,
    /// Routing tables that have begun.
    begun: HashSet<Vrf>,
    active: bool,
    table_section: Option<Section>,
    part: Option<Section>,
    /// Whether the header has no column of flags.
    without_flags: bool,
    current: Option<Current>,
    block: Option<Block>,
    /// Whether blocks of `verbose` are printed; they end in the flags.
    verbose: bool,
    /// A verbose route whose further next hops may follow.
    pending: Option<(Route, LineSpan)>,
    /// A row whose interface goes on in the next line of a narrow terminal.
    wrapped: Option<(PlainRow<'a>, Line<'a>)>,
    /// Numbers of the sources of routes as they are printed.
    protocols: WordCache<'a, u32>,
    /// Numbers of the flags as they are printed, and what they say.
    flags: WordCache<'a, (u32, Flags)>,
    /// Interfaces as they are printed.
    interfaces: WordCache<'a, Interface>,
}

impl<'a> Reader<'a> {
    #[inline]
    fn row(&mut self, row: PlainRow<'a>, line: Line<'a>) {
        if self.wrapped.is_some() || self.block.is_some() || self.pending.is_some() {
            self.give_up_wrapped();
            self.flush();
        }
        match self.interface(row.interface) {
            Some(interface) => self.add(&row, interface, line, line.number),
            None => self.wrap(row, line),
        }
    }

    #[inline]
    fn add(&mut self, row: &PlainRow<'a>, interface: Interface, line: Line<'_>, last_line: u32) {
        let protocol = self.protocol(row.protocol, line);
        let (raw_flags, flags) = self.flags(row.flags);
        let printed = match (row.prefix, &self.current) {
            (Some(prefix), _) => prefix,
            // A filter may have dropped the line that this one belongs to.
            (None, Some(current)) if !self.request.filtered => current.prefix,
            (None, _) => {
                self.account.unexplained(line);
                return;
            }
        };
        self.tally.hops += 1;
        let current = Current {
            prefix: printed,
            protocol,
            preference: row.preference,
            cost: row.cost,
            last_address: row.next_hop,
        };
        let same_route = self
            .current
            .as_ref()
            .is_some_and(|previous| previous.is_same_route(&current));
        if !same_route {
            let prefix = Some(printed).filter(|(address, length)| !has_host_bits(*address, *length));
            if prefix.is_none() {
                self.account.unexplained_field(line, "prefix");
            }
            self.table.add(&RouteEntry {
                vrf: self.vrf_number,
                protocol,
                prefix,
                preference: row.preference,
                metric: row.cost,
                active: self.active,
                line: line.number,
            });
            self.tally.routes += 1;
        }
        let repeated = same_route
            && self
                .current
                .is_some_and(|previous| previous.last_address == row.next_hop);
        self.tally.distinct_hops += u64::from(!repeated);
        let blackhole = flags.has(Flags::BLACKHOLE) || interface.is_null;
        self.table.add_hop(
            &HopEntry {
                address: row.next_hop,
                interface: interface.number,
                raw_flags,
                flags: flags.with(Flags::ACTIVE, self.active).with(Flags::BLACKHOLE, blackhole),
            },
            last_line,
        );
        self.current = Some(current);
    }

    #[inline]
    fn protocol(&mut self, word: &'a [u8], line: Line<'_>) -> u32 {
        if let Some(number) = self.protocols.get(word) {
            return number;
        }
        let name = protocol_name(text_of(word));
        let number = self.table.protocol_number(&name);
        if name.protocol == Protocol::Unknown {
            self.account.unexplained_field(line, "protocol");
        } else {
            self.protocols.learn(word, number);
        }
        number
    }

    #[inline]
    fn flags(&mut self, word: &'a [u8]) -> (u32, Flags) {
        if let Some(known) = self.flags.get(word) {
            return known;
        }
        let flags = Flags::default()
            .with(Flags::INSTALLED, word.contains(&b'D'))
            .with(Flags::RECURSIVE, word.contains(&b'R'))
            .with(Flags::BLACKHOLE, word.contains(&b'B'));
        let number = if word.is_empty() {
            u32::MAX
        } else {
            self.table.flags_number(text_of(word))
        };
        self.flags.learn(word, (number, flags));
        (number, flags)
    }

    /// An interface as printed; `None` where its name is not whole.
    #[inline]
    fn interface(&mut self, printed: &'a [u8]) -> Option<Interface> {
        if let Some(known) = self.interfaces.get(printed) {
            return Some(known);
        }
        let name = InterfaceName::new(text_of(printed));
        if !name.is_whole() {
            return None;
        }
        let known = printed != UNKNOWN_INTERFACE.as_bytes();
        let interface = Interface {
            number: if known {
                self.table.interface_number(&name)
            } else {
                u32::MAX
            },
            is_null: name.as_str() == "NULL0",
        };
        self.interfaces.learn(printed, interface);
        Some(interface)
    }

    /// A line that is no row of a plain table.
    fn other(&mut self, line: Line<'a>) {
        if line.text.is_empty() {
            return;
        }
        if let Some((row, first)) = self.wrapped.take() {
            if self.unwrap_row(row, first, line) {
                return;
            }
            self.unexplained(first);
        }
        if let Some(vrf) = section::title(line.trimmed()) {
            self.begin(vrf, line);
        } else if let Some(active) = section::status(line.trimmed()) {
            self.close_part();
            self.active = active;
            self.part = Some(Section::new(line.number, self.tally));
        } else if let Some(said) = section::counts(line.trimmed()) {
            let section = self.part.as_mut().or(self.table_section.as_mut());
            if !section.is_some_and(|section| section.count(line.number, said)) {
                self.unexplained(line);
            }
        } else if let Some(header) = line.after("Destination/Mask Proto Pre Cost") {
            let words: Vec<String> = header.split_whitespace().map(str::to_ascii_lowercase).collect();
            match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["flags", "nexthop", "interface"] => {}
                ["nexthop", "interface"] => self.without_flags = true,
                _ => self.unexplained(line),
            }
        } else if let Some(pairs) = verbose::pairs(line.text) {
            self.block_line(&pairs, line);
        } else if !is_legend(line) {
            self.unexplained(line);
        }
    }

    /// A line that may have held a destination: what follows with a blank one cannot be placed.
    fn unexplained(&mut self, line: Line<'_>) {
        self.current = None;
        self.account.unexplained(line);
    }

    /// Joins the interface of a row with the rest of it that stands in the next line.
    fn unwrap_row(&mut self, row: PlainRow<'a>, first: Line<'a>, line: Line<'a>) -> bool {
        let fragment = line.text;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/.:-".contains(&byte);
        if first.text.len() < 76 || fragment.len() > 64 || !fragment.bytes().all(fits) {
            return false;
        }
        let name = InterfaceName::new(&format!("{}{fragment}", text_of(row.interface)));
        if !name.is_whole() {
            return false;
        }
        let interface = Interface {
            number: self.table.interface_number(&name),
            is_null: name.as_str() == "NULL0",
        };
        self.add(&row, interface, first, line.number);
        true
    }

    #[cold]
    fn wrap(&mut self, row: PlainRow<'a>, line: Line<'a>) {
        let text = line.text.trim_end();
        self.wrapped = Some((row, Line { text, ..line }));
    }

    fn give_up_wrapped(&mut self) {
        if let Some((_, line)) = self.wrapped.take() {
            self.unexplained(line);
        }
    }

    fn block_line(&mut self, pairs: &[(&'static str, &str)], line: Line<'a>) {
        if pairs[0].0 == "destination" {
            self.close_block();
            self.block = Some(Block::new(self.vrf.clone(), line));
            self.verbose = true;
        }
        match &mut self.block {
            Some(block) => block.take(pairs, line, &mut self.account),
            None => self.unexplained(line),
        }
    }

    /// Ends a block and joins it to the route before it where it is one more next hop of that.
    fn close_block(&mut self) {
        let Some(block) = self.block.take() else { return };
        let (mut route, span) = block.finish(&mut self.account);
        if self.part.is_some() && !self.active {
            route.active = false;
        }
        self.tally.hops += 1;
        self.tally.distinct_hops += 1;
        match &mut self.pending {
            Some((previous, lines)) if verbose::is_same_route(previous, &route) => {
                lines.last = span.last;
                previous.installed &= route.installed;
                previous.blackhole |= route.blackhole;
                previous.label = previous.label.filter(|label| route.label == Some(*label));
                previous.next_hops.extend(route.next_hops);
            }
            pending => {
                if let Some((route, span)) = pending.replace((route, span)) {
                    self.table.push(route, span);
                    self.tally.routes += 1;
                }
            }
        }
    }

    /// Puts what is read into the table.
    fn flush(&mut self) {
        self.close_block();
        if let Some((route, span)) = self.pending.take() {
            self.table.push(route, span);
            self.tally.routes += 1;
        }
        self.current = None;
    }

    fn begin(&mut self, vrf: Vrf, line: Line<'_>) {
        self.close_table();
        if !self.request.has("all-vpn-instance") && vrf != self.request.vrf {
            self.account.error(
                line.number,
                format!(
                    "the answer is about routing table {vrf}, the question was about {}",
                    self.request.vrf
                ),
            );
        }
        if !self.begun.insert(vrf.clone()) {
            self.account.error(
                line.number,
                format!("routing table {vrf} begins a second time: these are the answers to two questions"),
            );
        }
        self.vrf_number = self.table.vrf_number(&vrf);
        self.vrf = vrf;
        self.table_section = Some(Section::new(line.number, self.tally));
    }

    fn close_part(&mut self) {
        self.flush();
        self.active = true;
        let Some(part) = self.part.take() else { return };
        if !self.request.filtered {
            let destinations = part.close(&self.table, self.tally, &mut self.account);
            if let Some(section) = &mut self.table_section {
                section.add_part(destinations);
            }
        }
    }

    fn close_table(&mut self) {
        self.close_part();
        if let Some(section) = self.table_section.take()
            && !self.request.filtered
        {
            section.close(&self.table, self.tally, &mut self.account);
        }
    }

    fn finish(mut self, ends_mid_line: bool) -> Parsed {
        self.give_up_wrapped();
        let known = self.table_section.is_some();
        self.close_table();
        if self.request.filtered && self.table.is_empty() || !self.request.filtered && !known {
            self.account.no_header(self.request);
        }
        if self.without_flags && !self.table.is_empty() {
            self.account.error(
                0,
                "this layout has no column of flags; which routes are in the forwarding table is not told".to_owned(),
            );
        }
        if ends_mid_line && self.may_be_cut() {
            let line = self.table.span(self.table.len() - 1).last;
            self.account.error(
                line,
                "the last line has no line end and its values stand nowhere else; it may have been cut".to_owned(),
            );
        }
        self.account.finish(AnyTable::Routes(self.table))
    }

    /// Whether the interface in the last row, after which the text ends without a line end, may be only the beginning
    /// of a name: it is the name of no other row's interface and has not the shape of one either.
    fn may_be_cut(&self) -> bool {
        if self.table.is_empty() {
            return false;
        }
        let Some(last) = self.table.last_interface() else {
            return true;
        };
        let mut like = None;
        for name in self.table.earlier_interfaces() {
            if name == last && !self.verbose {
                return false;
            }
            if name.kind() == last.kind() {
                like = Some(name);
            }
        }
        let slashes = |name: &InterfaceName| name.number().matches('/').count();
        let last_row = self.table.len() - 1;
        let flags_cut = self.verbose && self.table.is_active(last_row) && !self.table.is_installed(last_row);
        flags_cut
            || !(last.is_known_kind() && last.is_whole() && like.is_none_or(|like| slashes(like) == slashes(last)))
    }
}

/// A word of the text, which was cut out of it between characters of ASCII.
fn text_of(word: &[u8]) -> &str {
    std::str::from_utf8(word).unwrap_or_default()
}

/// Lines that say what the columns mean.
fn is_legend(line: Line<'_>) -> bool {
    line.is_rule() || line.after("Route Flags:").is_some() || line.says("Proto: Protocol Pre: Preference")
}

fn has_host_bits(address: u32, length: u8) -> bool {
    let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or_default();
    address & !mask != 0
}

#[derive(Debug, Clone, Copy)]
struct Interface {
    number: u32,
    is_null: bool,
}

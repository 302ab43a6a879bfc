//! A routing table made longer than its device has routes for: rows are written when they are asked for.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

/// The first of the host routes that are added.
const FIRST: u32 = u32::from_be_bytes([100, 64, 0, 0]);

/// Bytes of an added row.
const ROW: usize = 85;

/// The answer to a command with so many routes more, each with one next hop, where it shows the whole routing table of
/// the public network; any other answer as it is.
pub fn lengthened(command: &str, answer: String, routes: u32) -> String {
    if routes == 0 || command != "display ip routing-table" {
        return answer;
    }
    let Some((head, rows)) = answer
        .find("Interface\n\n")
        .map(|end| answer.split_at(end + "Interface\n\n".len()))
    else {
        return answer;
    };
    // Rows stand in the order of their prefixes; a row without one belongs to that above it.
    let mut split = rows.len();
    let mut at = 0;
    for line in rows.split_inclusive('\n') {
        let prefix = line.split_whitespace().next().and_then(|word| word.split_once('/'));
        let address = prefix.and_then(|(address, _)| address.parse::<Ipv4Addr>().ok());
        if address.is_some_and(|address| u32::from(address) > FIRST) {
            split = at;
            break;
        }
        at += line.len();
    }
    let (before, after) = rows.split_at(split);
    let mut text = String::with_capacity(answer.len() + routes as usize * ROW);
    for line in head.split_inclusive('\n') {
        match counts(line) {
            Some([destinations, all]) => {
                let routes = u64::from(routes);
                let _ = writeln!(
                    text,
                    "         Destinations : {:<9}Routes : {}",
                    destinations.saturating_add(routes),
                    all.saturating_add(routes)
                );
            }
            None => text.push_str(line),
        }
    }
    text.push_str(before);
    for number in 0..routes {
        let prefix = format!("{}/32", Ipv4Addr::from(FIRST.wrapping_add(number)));
        let _ = writeln!(
            text,
            "{prefix:>18}  {:<6} {:<4} {:<8} {:>5}  {:<15} InLoopBack0",
            "Static", 60, 0, "D", "127.0.0.1"
        );
    }
    text.push_str(after);
    text
}

/// Destinations and routes of the line that counts them.
fn counts(line: &str) -> Option<[u64; 2]> {
    let (destinations, routes) = line.trim().strip_prefix("Destinations : ")?.split_once("Routes : ")?;
    Some([destinations.trim().parse().ok()?, routes.trim().parse().ok()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
Routing Table : _public_
         Destinations : 2        Routes : 3

Destination/Mask    Proto  Pre  Cost     Flags NextHop         Interface

        10.0.0.1/32  OSPF   10   2            D  10.1.0.2        GigabitEthernet0/1/0
                     OSPF   10   2            D  10.1.1.2        GigabitEthernet0/2/0
       127.0.0.0/8   Direct 0    0            D  127.0.0.1       InLoopBack0
";

    #[test]
    fn rows_are_added_in_their_place_and_counted() {
        let long = lengthened("display ip routing-table", TABLE.to_owned(), 300);
        assert!(long.contains("Destinations : 302      Routes : 303\n"), "{long}");
        let rows: Vec<&str> = long.lines().skip(5).collect();
        assert_eq!(rows.len(), 303);
        assert!(rows[2].contains(" 100.64.0.0/32 ") && rows[301].contains(" 100.64.1.43/32 "));
        assert!(rows[302].contains("127.0.0.0/8"));
    }

    #[test]
    fn other_answers_stay_as_they_are() {
        for command in [
            "display ip routing-table verbose",
            "display ip routing-table vpn-instance A",
        ] {
            assert_eq!(lengthened(command, TABLE.to_owned(), 9), TABLE);
        }
        assert_eq!(lengthened("display ip routing-table", TABLE.to_owned(), 0), TABLE);
        assert_eq!(
            lengthened("display ip routing-table", "Error: no.\n".to_owned(), 9),
            "Error: no.\n"
        );
    }
}

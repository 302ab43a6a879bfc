//! Phrases about VPN instances, ping, traceroute, configuration and version, each passing, failing and not to be told.

#![allow(clippy::unwrap_used)] // a test may panic

mod phrase_tables;

use checks::Parsed;
use checks::Verdict::{self, Fail, Inconclusive, Pass};
use checks::rows::{AddressFamily, DeviceVersion, PingResult, VpnInstance};
use checks::table::{AnyTable, LineSpan, Rows};
use phrase_tables::{config, expect, instance, instances, ping, trace, with_unexplained};
use rstest::rstest;

#[rstest]
#[case("VPN instance VPNA has RD 100:1", Pass, "RD 100:1")]
#[case("VPN instance VPNA has RD 100:2", Fail, "RD 100:1")]
#[case(
    "VPN instance VPNA imports 111:1 and 222:1 and exports 111:1",
    Pass,
    "imports 111:1, 222:1 and exports 111:1"
)]
#[case("VPN instance VPNA imports 222:1 and 111:1", Pass, "")]
#[case("VPN instance VPNA imports 111:1 and exports 111:1", Fail, "imports 111:1, 222:1")]
#[case("VPN instance VPNA exports 111:1", Pass, "")]
#[case("VPN instance VPNA exports 111:1 and 333:1", Fail, "")]
#[case("VPN instance VPNB imports 111:1", Fail, "imports nothing and exports nothing")]
#[case("VPN instance VPNB has RD 100:2", Inconclusive, "no route distinguisher is printed")]
#[case(
    "VPN instance vpna has RD 100:1",
    Fail,
    "no VPN instance vpna; there are: VPN6, VPNA, VPNB, VPNC, VPND"
)]
#[case("VPN instance VPN6 has RD 100:6", Fail, "has no IPv4 family")]
#[case("VPN instance VPNC has RD 100:3", Inconclusive, "prints no address family")]
#[case("VPN instance VPND has RD 100:4", Inconclusive, "`strange` is not understood")]
#[case("VPN instance VPND imports 111:1", Inconclusive, "")]
#[case("every vpn instance where name is VPNA has import_rts contains 222:1", Pass, "")]
#[case(
    "every vpn instance where name is VPNA has import_rts contains 333:1",
    Fail,
    "import_rts 111:1, 222:1"
)]
#[case(
    "every vpn instance where name is VPNB has import_rts lacks 333:1",
    Inconclusive,
    "no `import_rts` printed"
)]
fn vpn_instances(#[case] text: &str, #[case] verdict: Verdict, #[case] actual: &str) {
    let table = instances(vec![
        instance("VPNA", Some("100:1"), &["111:1", "222:1"], &["111:1"]),
        instance("VPNB", None, &[], &[]),
        VpnInstance {
            afi: AddressFamily::Ipv6,
            ..instance("VPN6", Some("100:6"), &[], &[])
        },
        VpnInstance {
            afi: AddressFamily::Unknown,
            ..instance("VPNC", None, &[], &[])
        },
        instance("VPND", Some("strange"), &["111:1", "strange"], &[]),
    ]);
    expect(text, &[&table], verdict, actual);
}

#[test]
fn a_target_that_was_not_understood_matters_to_who_reads_targets() {
    let table = instances(vec![instance("VPNA", Some("100:1"), &["111:1"], &["111:1"])]);
    let table = with_unexplained(table, 10, Some("import_rts"));
    expect("VPN instance VPNA has RD 100:1", &[&table], Pass, "");
    expect("VPN instance VPNA imports 111:1", &[&table], Inconclusive, "line 10");
}

#[rstest]
#[case("ping 10.1.1.1 loses nothing", 5, 5, Some(58.0), Pass, "5 of 5 requests answered")]
#[case(
    "ping 10.1.1.1 loses nothing",
    5,
    4,
    Some(58.0),
    Fail,
    "4 of 5 requests answered (20.00 % lost)"
)]
#[case("ping 10.1.1.1 loses at most 20 %", 5, 4, Some(58.0), Pass, "")]
#[case("ping 10.1.1.1 loses at most 19 %", 5, 4, Some(58.0), Fail, "")]
#[case(
    "ping 10.1.1.1 loses nothing and averages below 100 ms",
    5,
    5,
    Some(58.0),
    Pass,
    "mean round trip 58 ms"
)]
#[case(
    "ping 10.1.1.1 loses nothing and averages below 58 ms",
    5,
    5,
    Some(58.0),
    Fail,
    "mean round trip 58 ms"
)]
#[case(
    "ping 10.1.1.1 loses nothing and averages below 58 ms",
    5,
    5,
    None,
    Inconclusive,
    "no mean round trip"
)]
#[case(
    "ping 10.1.1.1 loses nothing and averages below 58 ms",
    5,
    0,
    None,
    Fail,
    "no mean round trip"
)]
#[case("ping 10.1.1.1 loses everything", 5, 0, None, Pass, "")]
#[case("ping 10.1.1.1 loses everything", 5, 1, Some(1.0), Fail, "")]
#[case(
    "ping 10.1.1.1 loses nothing",
    0,
    0,
    None,
    Inconclusive,
    "0 of 0 requests answered, which proves nothing"
)]
#[case("ping 10.1.1.1 loses everything", 0, 0, None, Inconclusive, "proves nothing")]
#[case("ping 10.1.1.1 loses nothing", 5, 6, None, Inconclusive, "6 of 5")]
#[case("ping 10.1.1.1 has received at least 4", 5, 4, None, Pass, "received 4")]
#[case(
    "ping 10.1.1.1 has received at least 4 and rtt_avg_ms below 10",
    5,
    4,
    None,
    Inconclusive,
    "no `rtt_avg_ms` printed"
)]
#[case(
    "ping 10.1.1.2 loses nothing",
    5,
    5,
    None,
    Inconclusive,
    "the answer is about 10.1.1.1"
)]
fn pings(
    #[case] text: &str,
    #[case] sent: u32,
    #[case] received: u32,
    #[case] average: Option<f64>,
    #[case] verdict: Verdict,
    #[case] actual: &str,
) {
    expect(text, &[&ping(sent, received, average)], verdict, actual);
}

#[test]
fn statistics_that_disagree_or_are_missing_decide_nothing() {
    let of = |row: PingResult| {
        let mut rows = Rows::default();
        rows.push(row, LineSpan::new(1, 9));
        Parsed::complete(AnyTable::Ping(rows))
    };
    let disagreeing = of(PingResult {
        target: "10.1.1.1".parse().ok(),
        sent: Some(5),
        received: Some(5),
        loss_pct: Some(20.0),
        ..PingResult::default()
    });
    expect(
        "ping 10.1.1.1 loses nothing",
        &[&disagreeing],
        Inconclusive,
        "20 % loss printed",
    );
    let missing = of(PingResult {
        target: "10.1.1.1".parse().ok(),
        ..PingResult::default()
    });
    expect("ping 10.1.1.1 loses nothing", &[&missing], Inconclusive, "missing");
    let nothing = Parsed::complete(AnyTable::Ping(Rows::default()));
    expect(
        "ping 10.1.1.1 loses everything",
        &[&nothing],
        Inconclusive,
        "not one ping",
    );
    expect(
        "ping 10.1.1.1 has received 0",
        &[&nothing],
        Inconclusive,
        "not one ping",
    );
}

#[rstest]
#[case("hop 1 is 10.1.1.2 or 10.2.1.2", Pass, "hop 1: 10.1.1.2, 10.2.1.2")]
#[case("hop 1 is 10.1.1.2", Fail, "hop 1: 10.1.1.2, 10.2.1.2")]
#[case("hop 1 is not 10.9.9.9", Pass, "")]
#[case("hop 1 is not 10.1.1.2", Fail, "")]
#[case("hop 1 shows 10.1.1.2 and 10.2.1.2", Pass, "")]
#[case("hop 1 shows 10.1.1.2 and 10.9.9.9", Fail, "")]
#[case("hop 2 is 10.3.1.1", Pass, "1 of 3 probes unanswered")]
#[case("hop 2 is not 10.9.9.9", Inconclusive, "1 of 3 probes unanswered")]
#[case("hop 2 shows 10.3.1.1 and 10.9.9.9", Inconclusive, "")]
#[case("hop 3 is 10.9.9.9", Inconclusive, "nobody answered")]
#[case("hop 3 is not 10.9.9.9", Inconclusive, "nobody answered")]
#[case("hop 3 shows 10.9.9.9", Inconclusive, "nobody answered")]
#[case("hop 7 is 10.3.1.2", Fail, "the target answers at 4 hops, before hop 7")]
#[case("reaches in 4 hops", Pass, "the target answers at 4 hops")]
#[case("reaches in 3 hops", Fail, "the target answers at 4 hops")]
#[case("reaches in at most 4 hops", Pass, "")]
#[case("reaches", Pass, "")]
#[case("has hops.probes.address contains 10.3.1.1", Pass, "")]
#[case("has hops.probes.address lacks 10.3.1.1", Fail, "")]
#[case("has hops.probes.address lacks 10.9.9.9", Inconclusive, "")]
fn traceroutes(#[case] test: &str, #[case] verdict: Verdict, #[case] actual: &str) {
    let answer = trace(
        true,
        &[
            "10.1.1.2 10.2.1.2 10.1.1.2",
            "10.3.1.1 * 10.3.1.1",
            "* * *",
            "10.3.1.2 10.3.1.2 10.3.1.2",
        ],
    );
    expect(&format!("traceroute 10.3.1.2 {test}"), &[&answer], verdict, actual);
}

#[test]
fn a_trace_that_ends_early() {
    let cut = trace(false, &["10.1.1.2 10.1.1.2 10.1.1.2"]);
    expect(
        "traceroute 10.3.1.2 reaches",
        &[&cut],
        Inconclusive,
        "ends at hop 1 with an answer from 10.1.1.2",
    );
    let silent = trace(false, &["10.1.1.2 10.1.1.2 10.1.1.2", "* * *"]);
    expect(
        "traceroute 10.3.1.2 reaches",
        &[&silent],
        Fail,
        "does not answer within 2 hops",
    );
    let mut refused = trace(false, &["10.1.1.2 10.1.1.2 10.1.1.2"]);
    if let AnyTable::Traceroute(rows) = &mut refused.table
        && let Some((row, _)) = rows.last_mut()
    {
        row.hops[0].probes[0].annotation = Some("!N".to_owned());
    }
    expect("traceroute 10.3.1.2 reaches", &[&refused], Fail, "answered `!N`");
    expect(
        "traceroute 10.3.1.2 hop 2 is 10.3.1.1",
        &[&cut],
        Inconclusive,
        "hop 2 is not there",
    );
    expect(
        "traceroute 10.3.1.2 reaches",
        &[&trace(false, &[])],
        Inconclusive,
        "no hops",
    );
    // The row says reached, the last hop is somebody else's.
    let odd = trace(true, &["10.1.1.2"]);
    expect("traceroute 10.3.1.2 reaches", &[&odd], Inconclusive, "");
    expect("traceroute 10.9.9.9 reaches", &[&odd], Inconclusive, "about 10.3.1.2");
}

const CONFIG: &str = "
sysname PE3
ip vpn-instance VPNA
 ipv4-family
  route-distinguisher 100:3
  apply-label per-instance static 1025
interface GigabitEthernet0/3/0
 undo shutdown
bgp 100
 peer 2.2.2.2 as-number 100
 ipv4-family vpn-instance VPNA
  import-route direct
  maximum  load-balancing 2
";

#[rstest]
#[case(
    r#"has "maximum load-balancing 2" under "bgp 100 / ipv4-family vpn-instance VPNA""#,
    Pass,
    "`maximum  load-balancing 2` under `bgp 100 / ipv4-family vpn-instance VPNA`"
)]
#[case(
    r#"has "maximum load-balancing 3" under "bgp 100 / ipv4-family vpn-instance VPNA""#,
    Fail,
    "there: `import-route direct`, `maximum  load-balancing 2`"
)]
#[case(
    r#"has "maximum load-balancing" under "bgp 100 / ipv4-family vpn-instance VPNA""#,
    Fail,
    "no such line"
)]
#[case(
    r#"has "maximum load-balancing 2" under "bgp 100""#,
    Fail,
    "elsewhere: `maximum  load-balancing 2` under `bgp 100 / ipv4-family vpn-instance VPNA`"
)]
#[case(
    r#"has "maximum load-balancing 2" under "bgp 200 / ipv4-family vpn-instance VPNA""#,
    Fail,
    "there is no view `bgp 200 / ipv4-family vpn-instance VPNA`"
)]
#[case(
    r#"has "maximum load-balancing 2" under "bgp 100 / ipv4-family vpn-instance VPNB""#,
    Fail,
    "there are: `ipv4-family vpn-instance VPNA`"
)]
#[case(r#"has "maximum load-balancing 2""#, Pass, "")]
#[case(r#"has "undo shutdown" under "interface GE0/3/0""#, Pass, "")]
#[case(r#"has "interface ge 0/3/0""#, Pass, "")]
#[case(r#"lacks "shutdown" under "interface GE0/3/0""#, Pass, "no such line under")]
#[case(r#"lacks "undo shutdown" under "interface GE0/3/0""#, Fail, "`undo shutdown` under")]
#[case(
    r#"lacks "import-route direct" under "bgp 100""#,
    Fail,
    "under `bgp 100 / ipv4-family vpn-instance VPNA`"
)]
#[case(r#"lacks "peer 3.3.3.3 ignore""#, Pass, "no such line of 12 lines")]
#[case(
    r#"lacks "shutdown" under "interface GE0/9/0""#,
    Inconclusive,
    "nothing shows that the path of the view is right"
)]
#[case(
    r#"matches /^apply-label per-instance static \d+$/ under "ip vpn-instance VPNA / ipv4-family""#,
    Pass,
    "static 1025"
)]
#[case(
    r#"matches /^  apply-label per-instance static \d+$/ under "ip vpn-instance VPNA / ipv4-family""#,
    Pass,
    ""
)]
#[case(
    r#"matches /^ apply-label/ under "ip vpn-instance VPNA""#,
    Fail,
    "elsewhere: `apply-label"
)]
#[case(r"matches /^ maximum/", Fail, "")]
#[case(r"does not match /ignore$/", Pass, "")]
#[case(r#"does not match /import-route/ under "bgp 100""#, Fail, "")]
#[case(r#"does not match /import-route/ under "bgp 1""#, Inconclusive, "no view `bgp 1`")]
fn configurations(#[case] test: &str, #[case] verdict: Verdict, #[case] actual: &str) {
    expect(&format!("config {test}"), &[&config(CONFIG)], verdict, actual);
}

#[test]
fn an_empty_configuration_decides_nothing() {
    expect(
        "config lacks \"shutdown\"",
        &[&config("")],
        Inconclusive,
        "the configuration is empty",
    );
    expect(
        "no configuration line where text is shutdown",
        &[&config("")],
        Inconclusive,
        "no configuration line",
    );
    expect(
        "no configuration line where text is shutdown",
        &[&config(CONFIG)],
        Pass,
        "",
    );
    expect(
        "at least 1 configuration line where views contains \"bgp 100\"",
        &[&config(CONFIG)],
        Pass,
        "",
    );
    expect(
        "no configuration line where views contains \"bgp 200\"",
        &[&config(CONFIG)],
        Pass,
        "",
    );
    let version = Parsed::complete(AnyTable::Version(Rows::default()));
    expect("version has model NE40E", &[&version], Inconclusive, "no version");
}

#[test]
fn versions() {
    let mut rows = Rows::default();
    rows.push(
        DeviceVersion {
            os_version: Some("8.220".to_owned()),
            ..DeviceVersion::default()
        },
        LineSpan::line(2),
    );
    let answer = Parsed::complete(AnyTable::Version(rows));
    expect(
        r"version has os_version matches /^8\./",
        &[&answer],
        Pass,
        "os_version 8.220",
    );
    expect(
        r"version has os_version matches /^5\./",
        &[&answer],
        Fail,
        "os_version 8.220",
    );
    expect(
        "version has model NE40E",
        &[&answer],
        Inconclusive,
        "no `model` printed",
    );
}

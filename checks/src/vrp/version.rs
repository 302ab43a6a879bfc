//! `display version`: the software and the boards. Of the boards every line is known by its shape, none is a row.

use std::sync::LazyLock;

use regex::Regex;

use super::command::Request;
use super::lines::{Line, open};
use super::printed::{present, worded_duration_s};
use crate::rows::DeviceVersion;
use crate::table::{AnyTable, LineSpan, Parsed, Rows};

/// `VRP (R) software, Version 8.220 (NE40E V800R022C00SPC600)`.
static SOFTWARE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^VRP\s*\(R\)\s*software\s*,\s*Version\s+([0-9][0-9A-Za-z.]*)\s*(?:\(\s*([^()]+?)\s*\))?\s*(?:,?\s*RELEASE\s+\S+)?$")
        .expect("constant")
});
/// Firewalls of the first releases: `Software Version: USG6600 V100R001C30SPC300 (VRP (R) Software, Version 5.30)`.
static FIREWALL_SOFTWARE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^Software\s+Version\s*:\s*([^()]+?)\s*\(\s*VRP\s*\(R\)\s*software\s*,\s*Version\s+([0-9][0-9A-Za-z.]*)\s*\)$")
        .expect("constant")
});
/// `HUAWEI NE40E-X8A uptime is 331 days, 11 hours, 16 minutes`; the lines of boards have a colon.
static UPTIME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:(?:Huawei|Quidway|FutureMatrix|Secospace)\s+)?([^:\s][^:]*?)\s+uptime\s+is\s+(.+)$")
        .expect("constant")
});
/// What a model is called besides its name.
static KIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\s+(?:Terabit|Core|Ethernet|Enterprise|Universal|Service|Access))*(?:\s+Routing)?\s+(?:Router|Switch|Firewall|Gateway)$")
        .expect("constant")
});
/// Lines about boards.
static BOARD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^(?:",
        // `BKP  version information:`, `POWER 13's version information:`, `PIC2: CR5D00L4XF72 version information`,
        // `NE40E-X8A version information:`, `FORECARD information`, `Configure license items:`
        r"[\w()'/,:. -]+\s(?:information|items)\s*:?",
        // `MPU (Master) 9 : uptime is 331 days, …`, `ES5D2T52S006 0(Master)  : uptime is …`
        r"|[\w()/. -]+:\s*uptime\s+is\s+.+",
        // `StartupTime 2023/07/13   01:55:47`, `StartupTime 2020/11/06   08:21:40+02:00`
        r"|StartupTime\s*:?\s*\d[\d/-]+\s+[\d:]+(?:[+-][\d:]+)?",
        // `PCB         Version : CR57BKP08F REV A`, `MPU Slot Quantity : 2`, `2. If Supporting PoE : Yes`
        r"|(?:\d+\.\s*)?[\w()/ -]*\b(?:Version|Quantity|Type|PoE|Size|Time|Compiled|Status)\s*:.*",
        // `256M bytes DDR Memory`, `32M bytes FLASH`
        r"|\d+\s*[KMG]\s*bytes\s+[\w ]+",
        r"|(?:Host|Network)\s+processor\s*:.*",
        r"|NULL",
        r")$"
    ))
    .expect("constant")
});
static RULE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^-(?:\s*-)+$").expect("constant"));

/// Parses `display version`.
pub(super) fn parse(request: &Request, text: &str) -> Parsed {
    let (lines, mut account) = open(request, text);
    let mut row: Option<(DeviceVersion, LineSpan)> = None;
    for line in lines {
        let text = line.trimmed();
        if let Some((os_version, release)) = software(text).filter(|_| row.is_none()) {
            let version = DeviceVersion {
                vendor: Some("Huawei".to_owned()),
                os_version: Some(os_version.to_owned()),
                release: release.map(str::to_owned),
                ..DeviceVersion::default()
            };
            row = Some((version, LineSpan::line(line.number)));
            continue;
        }
        let uptime = UPTIME.captures(text);
        if let (Some((version, span)), Some(uptime)) = (&mut row, uptime)
            && version.model.is_none()
        {
            version.model = Some(KIND.replace(&uptime[1], "").into_owned());
            version.uptime_s = worded_duration_s(&uptime[2]);
            if version.uptime_s.is_none() {
                account.unexplained_field(line, "uptime_s");
            }
            span.last = line.number;
        } else if let (Some((version, span)), Some(patch)) = (&mut row, line.after("Patch Version"))
            && version.patch.is_none()
        {
            version.patch = present(patch.trim_start_matches(':')).map(str::to_owned);
            span.last = line.number;
        } else if !is_known(line) {
            account.unexplained(line);
        }
    }
    let mut rows = Rows::default();
    match row {
        Some((version, span)) => {
            if version.uptime_s.is_none() && version.model.is_none() && !request.filtered {
                account.error(
                    0,
                    "no line with the uptime follows the software's version: the answer was cut".to_owned(),
                );
            }
            rows.push(version, span);
        }
        None if !request.filtered => account.no_header(request),
        None => {}
    }
    account.finish(AnyTable::Version(rows))
}

/// The version of the system and the release.
fn software(text: &str) -> Option<(&str, Option<&str>)> {
    let part = |found: &regex::Captures<'_>, group| Some(&text[found.get(group)?.range()]);
    if let Some(found) = SOFTWARE.captures(text) {
        return Some((part(&found, 1)?, part(&found, 2)));
    }
    let found = FIREWALL_SOFTWARE.captures(text)?;
    Some((part(&found, 2)?, part(&found, 1)))
}

fn is_known(line: Line<'_>) -> bool {
    let text = line.trimmed();
    line.says("Huawei Versatile Routing Platform Software")
        || line.says("Huawei Versatile Security Platform Software")
        || line.says("FutureMatrix Versatile Routing Platform Software")
        || line.after("Copyright (C)").is_some()
        || RULE.is_match(text)
        || BOARD.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_named_without_their_kind() {
        for (text, model) in [
            ("HUAWEI NE40E-X8A uptime is 331 days", "NE40E-X8A"),
            ("Huawei AR6280 Router uptime is 60 weeks", "AR6280"),
            (
                "Quidway S5700-24TP-SI-AC Routing Switch uptime is 0 week",
                "S5700-24TP-SI-AC",
            ),
            ("Quidway S7706 Terabit Routing Switch uptime is 19 weeks", "S7706"),
            ("HUAWEI ATN 910C-B uptime is 358 days", "ATN 910C-B"),
            (
                "HUAWEI NetEngine 8000 F1A-8H20Q uptime is 1 day",
                "NetEngine 8000 F1A-8H20Q",
            ),
        ] {
            let found = UPTIME.captures(text).unwrap();
            assert_eq!(KIND.replace(&found[1], ""), model);
        }
    }

    #[test]
    fn board_lines_are_known_by_their_shape() {
        for text in [
            "BKP  version information:",
            "PIC2: CR5D00L4XF72 version information",
            "POWER 13's version information:",
            "MPU (Slave) 11 : uptime is 160 days, 22 hours, 1 minute",
            "StartupTime 2019/09/10   03:33:17",
            "StartupTime         : 2019/09/12    15:05:27",
            "SDRAM Memory Size   : 8192 M bytes",
            "2. If Supporting PoE : No",
            "32M bytes FLASH",
            "Basic  BOOTROM  Version :  162 Compiled at May 31 2012, 10:56:32",
            "Software Version : VRP (R) Software, Version 5.110 (V200R001C00SPC300)",
            "PWRCARD II information",
            "Configure license items:",
            "Host processor :",
            "Network processor :",
            "StartupTime 2020/11/06   08:21:40+02:00",
        ] {
            assert!(BOARD.is_match(text), "{text}");
        }
        for text in ["Master board is on fire", "eth0: flags=4163", ""] {
            assert!(!BOARD.is_match(text), "{text}");
        }
        assert!(RULE.is_match("- - - - -"));
    }
}

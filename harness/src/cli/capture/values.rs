//! Values of options, as a person writes them.

use checks::capture::observe::SequenceSource;
use checks::capture::packet::probe::DeclaredSequence;
use ipnet::IpNet;

use super::NamedPoint;
use crate::study::Pseudowires;

pub(super) fn point(text: &str) -> Result<NamedPoint, String> {
    let (name, files) = text
        .split_once('=')
        .ok_or("expected POINT=FILE, or POINT=LINK:FILE,LINK:FILE")?;
    if name.is_empty() {
        return Err("the point of observation has no name".to_owned());
    }
    let links: Vec<(Option<String>, String)> = files
        .split(',')
        .filter(|file| !file.is_empty())
        .map(|file| match file.split_once(':') {
            Some((link, path)) if !link.is_empty() && !link.contains(['/', '#']) && !path.is_empty() => {
                (Some(link.to_owned()), path.to_owned())
            }
            _ => (None, file.to_owned()),
        })
        .collect();
    if links.is_empty() {
        return Err("the point of observation has no file".to_owned());
    }
    Ok(NamedPoint {
        name: name.to_owned(),
        links,
    })
}

pub(super) fn rate(text: &str) -> Result<u32, String> {
    let rate = text.trim().parse().ok().filter(|rate| *rate > 0);
    rate.ok_or_else(|| "expected packets a second, a whole number from 1 on".to_owned())
}

/// `5ms`, in nanoseconds.
pub(super) fn transit(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).unwrap_or_default() {
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        _ => return Err("expected a time as `500us`, `5ms` or `1s`".to_owned()),
    };
    let number: i64 = digits
        .trim()
        .parse()
        .map_err(|_| format!("`{digits}` is no whole number"))?;
    let time = number
        .checked_mul(unit)
        .filter(|time| (0..=3_600_000_000_000).contains(time));
    time.ok_or_else(|| "expected a time of at most an hour".to_owned())
}

/// The length of a bin, in nanoseconds.
pub(super) fn bin(text: &str) -> Result<i64, String> {
    let bin = transit(text)?;
    if bin > 0 {
        Ok(bin)
    } else {
        Err("expected a time as `500us`, `5ms` or `1s`".to_owned())
    }
}

pub(super) fn pseudowires(text: &str) -> Result<Pseudowires, String> {
    let (vsi, labels) = text.split_once('=').ok_or("expected VSI=LABEL, or VSI=LABEL,LABEL")?;
    if vsi.is_empty() {
        return Err("the VSI has no name".to_owned());
    }
    let labels: Vec<u32> = labels
        .split(',')
        .map(|label| match label.trim().parse() {
            Ok(label) if (16..1 << 20).contains(&label) => Ok(label),
            _ => Err(format!("`{label}` is no label: expected a number from 16 to 1048575")),
        })
        .collect::<Result<_, _>>()?;
    Ok(Pseudowires {
        vsi: vsi.to_owned(),
        labels,
    })
}

pub(super) fn between(text: &str) -> Result<(IpNet, IpNet), String> {
    let (from, to) = text.split_once("->").ok_or("expected FROM->TO")?;
    let network = |text: &str| -> Result<IpNet, String> {
        let text = text.trim();
        let address = text.parse::<std::net::IpAddr>().map(IpNet::from);
        address
            .or_else(|_| text.parse())
            .map_err(|_| format!("`{text}` is neither an address nor a network"))
    };
    Ok((network(from)?, network(to)?))
}

pub(super) fn sequence(text: &str) -> Result<SequenceSource, String> {
    match text {
        "probe" => Ok(SequenceSource::Probe),
        "rtp" => Ok(SequenceSource::Rtp),
        "none" => Ok(SequenceSource::None),
        _ => {
            let declared = || {
                let (offset, octets) = text.split_once(':')?;
                let (offset, width) = (offset.parse().ok()?, octets.parse::<u8>().ok()?);
                (1..=8).contains(&width).then_some(DeclaredSequence {
                    offset,
                    width,
                    little_endian: false,
                })
            };
            declared()
                .map(SequenceSource::Declared)
                .ok_or_else(|| "expected `probe`, `rtp`, `none`, or OFFSET:OCTETS with 1 to 8 octets".to_owned())
        }
    }
}

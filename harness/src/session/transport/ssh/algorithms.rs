//! Finds out why no algorithms could be agreed on: asks the server once more what it offers.
//!
//! libssh2 only says that the key exchange failed. What a server offers stands unencrypted in the first packet it
//! sends (RFC 4253, section 7.1).

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ssh2::{MethodType, Session};

/// Longest time given to the question.
const PATIENCE: Duration = Duration::from_secs(2);

/// Longest packet accepted (RFC 4253, section 6.1, allows 35000).
const LONGEST_PACKET: usize = 35_000;

/// Most bytes read before the packet: version line and whatever stands before it.
const MOST_BEFORE: usize = 16 * 1024;

/// The message number of SSH_MSG_KEXINIT.
const KEXINIT: u8 = 20;

/// What a server offers, in the order of its packet.
struct Offer {
    lists: Vec<String>,
}

/// For each kind of algorithm without anything in common: its name, and what the server offers.
pub fn without_common(stream: TcpStream, session: &Session, deadline: Instant) -> Option<String> {
    let offer = read_offer(stream, deadline.min(Instant::now() + PATIENCE)).ok()?;
    let kinds = [
        (0, "key exchange", MethodType::Kex),
        (1, "host keys", MethodType::HostKey),
        (2, "encryption", MethodType::CryptCs),
        (4, "integrity", MethodType::MacCs),
    ];
    let lacking: Vec<String> = kinds
        .iter()
        .filter_map(|(position, name, method)| {
            let offered = offer.lists.get(*position)?;
            let supported = session.supported_algs(*method).ok()?;
            let common = offered.split(',').any(|algorithm| supported.contains(&algorithm));
            (!common).then(|| format!("for {name} it offers only {offered}"))
        })
        .collect();
    (!lacking.is_empty()).then(|| lacking.join("; "))
}

fn read_offer(mut stream: TcpStream, deadline: Instant) -> io::Result<Offer> {
    stream.write_all(b"SSH-2.0-netverdict\r\n")?;
    let mut input = Timed { stream, deadline };
    let mut read = 0;
    let mut line = Vec::new();
    while !(line.starts_with(b"SSH-") && line.ends_with(b"\n")) {
        if line.ends_with(b"\n") {
            line.clear();
        }
        line.push(input.bytes::<1>()?[0]);
        read += 1;
        if read > MOST_BEFORE {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    let length = u32::from_be_bytes(input.bytes()?) as usize;
    if !(2..=LONGEST_PACKET).contains(&length) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut packet = vec![0; length];
    input.fill(&mut packet)?;
    lists_of(&packet)
        .map(|lists| Offer { lists })
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The name lists of a KEXINIT packet: padding length, message number, cookie of 16 bytes, ten lists.
fn lists_of(packet: &[u8]) -> Option<Vec<String>> {
    if *packet.get(1)? != KEXINIT {
        return None;
    }
    let mut rest = packet.get(18..)?;
    let mut lists = Vec::with_capacity(10);
    for _ in 0..10 {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (list, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        let printable = list.iter().all(u8::is_ascii_graphic);
        lists.push(printable.then(|| String::from_utf8_lossy(list).into_owned())?);
        rest = after;
    }
    Some(lists)
}

/// Reads with a deadline for everything together.
struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Timed {
    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, mut buffer: &mut [u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            let remaining = self.deadline.saturating_duration_since(Instant::now());
            if remaining.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(remaining))?;
            let count = self.stream.read(buffer)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            buffer = buffer.split_at_mut(count).1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(lists: &[&str]) -> Vec<u8> {
        let mut packet = vec![4, KEXINIT];
        packet.extend([7; 16]);
        for list in lists {
            packet.extend((list.len() as u32).to_be_bytes());
            packet.extend(list.as_bytes());
        }
        packet.extend([0; 9]);
        packet
    }

    #[test]
    fn reads_what_a_server_offers_and_never_more_than_there_is() {
        let lists = ["kex", "ssh-rsa", "c", "c", "m", "m", "none", "none", "", ""];
        let whole = packet(&lists);
        assert_eq!(lists_of(&whole).expect("lists"), lists);
        for cut in 0..whole.len() - 9 {
            assert_eq!(lists_of(&whole[..cut]), None, "cut at {cut}");
        }
        let mut wrong = whole;
        wrong[18] = 0xff;
        assert_eq!(lists_of(&wrong), None);
    }
}

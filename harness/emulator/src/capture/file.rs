//! Capture files, written packet by packet: pcap with nanoseconds, and pcapng.
//!
//! Classic pcap is written by the crate `pcap-file`. Its pcapng writer is not used: it puts the halves of the times in
//! interface statistics blocks in the wrong order in little-endian files, and serialises every packet twice.

use std::io::{self, Write};
use std::time::Duration;

use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};
use pcap_file::{DataLink, Endianness, PcapError, TsResolution};

/// Longest frame that is kept whole.
const SNAP_LENGTH: u32 = 65_535;
/// Link type Ethernet.
const ETHERNET: u16 = 1;
/// Times are in units of 10⁻⁹ s.
const NANOSECONDS: u8 = 9;

/// The format of a capture file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CaptureFormat {
    /// pcapng: names of the observation points, direction, drop counters, and a comment that says that it is emulated.
    #[default]
    Pcapng,
    /// Classic pcap with nanoseconds. It has no room for names, directions and comments.
    Pcap,
}

/// Which way a packet crosses an observed port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The device receives it.
    In,
    /// The device sends it.
    Out,
}

/// What stands at the beginning of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHeader {
    /// The program that writes it.
    pub application: String,
    /// What a reader must know.
    pub comment: String,
    /// Name and description of each observation point.
    pub interfaces: Vec<(String, String)>,
}

/// A file that is being written.
pub struct CaptureFile<W: Write> {
    inner: Inner<W>,
    packets: Vec<u64>,
}

enum Inner<W: Write> {
    Pcap(PcapWriter<W>),
    Pcapng(W),
}

impl<W: Write> CaptureFile<W> {
    /// Begins a file.
    pub fn begin(mut writer: W, format: CaptureFormat, header: &FileHeader) -> io::Result<Self> {
        let packets = vec![0; header.interfaces.len()];
        let inner = match format {
            CaptureFormat::Pcap => {
                let header = PcapHeader {
                    version_major: 2,
                    version_minor: 4,
                    ts_correction: 0,
                    ts_accuracy: 0,
                    snaplen: SNAP_LENGTH,
                    datalink: DataLink::ETHERNET,
                    ts_resolution: TsResolution::NanoSecond,
                    endianness: Endianness::Little,
                };
                Inner::Pcap(PcapWriter::with_header(writer, header).map_err(io_error)?)
            }
            CaptureFormat::Pcapng => {
                begin_section(&mut writer, header)?;
                Inner::Pcapng(writer)
            }
        };
        Ok(Self { inner, packets })
    }

    /// Appends a frame. `at` is in nanoseconds since 1970; packets must come in the order of time.
    pub fn packet(&mut self, interface: usize, at: u64, direction: Option<Direction>, frame: &[u8]) -> io::Result<()> {
        if let Some(count) = self.packets.get_mut(interface) {
            *count += 1;
        }
        match &mut self.inner {
            Inner::Pcap(writer) => {
                let packet = PcapPacket::new(Duration::from_nanos(at), frame.len() as u32, frame);
                writer.write_packet(&packet).map_err(io_error)?;
                Ok(())
            }
            Inner::Pcapng(writer) => enhanced_packet(writer, interface as u32, at, direction, frame),
        }
    }

    /// Ends the file: says for each observation point, in pcapng, how many packets there were from when to when, and
    /// that none was dropped.
    pub fn end(self, from: u64, to: u64) -> io::Result<W> {
        match self.inner {
            Inner::Pcap(writer) => {
                let mut writer = writer.into_writer();
                writer.flush()?;
                Ok(writer)
            }
            Inner::Pcapng(mut writer) => {
                for (interface, count) in self.packets.iter().enumerate() {
                    statistics(&mut writer, interface as u32, from, to, *count)?;
                }
                writer.flush()?;
                Ok(writer)
            }
        }
    }
}

fn io_error(error: PcapError) -> io::Error {
    match error {
        PcapError::IoError(error) => error,
        other => io::Error::other(other),
    }
}

/// Section header and interface descriptions (draft-ietf-opsawg-pcapng §4.1, §4.2).
fn begin_section(writer: &mut impl Write, header: &FileHeader) -> io::Result<()> {
    let mut body = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
    body.extend([1, 0, 0, 0]);
    // The length of the section is not known beforehand.
    body.extend(u64::MAX.to_le_bytes());
    option(&mut body, 1, header.comment.as_bytes());
    option(&mut body, 4, header.application.as_bytes());
    end_of_options(&mut body);
    block(writer, 0x0a0d_0d0a, &body)?;
    for (name, description) in &header.interfaces {
        let mut body = ETHERNET.to_le_bytes().to_vec();
        body.extend([0, 0]);
        body.extend(SNAP_LENGTH.to_le_bytes());
        option(&mut body, 2, name.as_bytes());
        option(&mut body, 3, description.as_bytes());
        option(&mut body, 9, &[NANOSECONDS]);
        end_of_options(&mut body);
        block(writer, 1, &body)?;
    }
    Ok(())
}

/// An enhanced packet block (§4.3) with the direction in its flags.
fn enhanced_packet(
    writer: &mut impl Write,
    interface: u32,
    at: u64,
    direction: Option<Direction>,
    frame: &[u8],
) -> io::Result<()> {
    let padding = frame.len().next_multiple_of(4) - frame.len();
    let mut tail = [0_u8; 3 + 12 + 4];
    let mut tail_length = padding;
    let mut append = |bytes: &[u8]| {
        if let Some(place) = tail.get_mut(tail_length..tail_length + bytes.len()) {
            place.copy_from_slice(bytes);
            tail_length += bytes.len();
        }
    };
    let flags: Option<u32> = direction.map(|direction| match direction {
        Direction::In => 1,
        Direction::Out => 2,
    });
    let options = if flags.is_some() { 12 } else { 0 };
    let length = (32 + frame.len() + padding + options) as u32;
    if let Some(flags) = flags {
        append(&[2, 0, 4, 0]);
        append(&flags.to_le_bytes());
        append(&[0; 4]);
    }
    append(&length.to_le_bytes());
    let words = [
        6,
        length,
        interface,
        (at >> 32) as u32,
        at as u32,
        frame.len() as u32,
        frame.len() as u32,
    ];
    let mut head = [0_u8; 28];
    for (place, word) in head.chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    writer.write_all(&head)?;
    writer.write_all(frame)?;
    writer.write_all(tail.get(..tail_length).unwrap_or_default())
}

/// An interface statistics block (§4.6).
fn statistics(writer: &mut impl Write, interface: u32, from: u64, to: u64, count: u64) -> io::Result<()> {
    let time = |at: u64| [((at >> 32) as u32).to_le_bytes(), (at as u32).to_le_bytes()].concat();
    let mut body = interface.to_le_bytes().to_vec();
    body.extend(time(to));
    option(&mut body, 2, &time(from));
    option(&mut body, 3, &time(to));
    option(&mut body, 4, &count.to_le_bytes());
    option(&mut body, 5, &0_u64.to_le_bytes());
    option(&mut body, 7, &0_u64.to_le_bytes());
    end_of_options(&mut body);
    block(writer, 5, &body)
}

fn block(writer: &mut impl Write, kind: u32, body: &[u8]) -> io::Result<()> {
    let length = (body.len() as u32 + 12).to_le_bytes();
    writer.write_all(&kind.to_le_bytes())?;
    writer.write_all(&length)?;
    writer.write_all(body)?;
    writer.write_all(&length)
}

/// An option, padded; what its length cannot say is cut off at a character.
fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    let longest = usize::from(u16::MAX);
    let value = match value.get(..longest) {
        None => value,
        Some(cut) => match std::str::from_utf8(cut) {
            Ok(_) => cut,
            Err(error) => cut.get(..error.valid_up_to()).unwrap_or(cut),
        },
    };
    body.extend(code.to_le_bytes());
    body.extend((value.len() as u16).to_le_bytes());
    body.extend(value);
    body.resize(body.len().next_multiple_of(4), 0);
}

fn end_of_options(body: &mut Vec<u8>) {
    body.extend([0; 4]);
}

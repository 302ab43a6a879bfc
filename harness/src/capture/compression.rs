//! Compression around a capture, told by its magic number.

/// How a capture file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip (RFC 1952), of one or several members.
    Gzip,
    /// Zstandard (RFC 8878), of one or several frames.
    Zstd,
}

impl Compression {
    /// Octets that must be known.
    pub(super) const MAGIC: usize = 6;

    /// By the first octets of a file. `Err` with what compressed it, and how to undo that, where it is not read here.
    pub(super) fn of(first: &[u8]) -> Result<Self, (&'static str, &'static str)> {
        match first {
            [0x1f, 0x8b, ..] => Ok(Self::Gzip),
            // A frame, or a skippable frame before it.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Ok(Self::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Err(("xz", "xz -dk FILE")),
            [b'B', b'Z', b'h', ..] => Err(("bzip2", "bzip2 -dk FILE")),
            [0x04, 0x22, 0x4d, 0x18, ..] => Err(("lz4", "lz4 -dk FILE")),
            [b'P', b'K', 3, 4, ..] => Err(("zip", "unzip FILE")),
            _ => Ok(Self::None),
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

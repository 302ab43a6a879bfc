//! A position in a message: every read is checked and says which field it was for.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::error::{DecodeError, Fault, Protocol};

/// Reads fields one after another; what it hands out borrows from the message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    protocol: Protocol,
    bytes: &'a [u8],
    /// Where `bytes` begins in the whole message.
    base: usize,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at the first byte of a message.
    pub(super) fn new(protocol: Protocol, bytes: &'a [u8]) -> Self {
        Self {
            protocol,
            bytes,
            base: 0,
            at: 0,
        }
    }

    /// Where the next field begins in the whole message.
    pub(super) fn offset(&self) -> usize {
        self.base + self.at
    }

    /// Bytes not yet read.
    pub(super) fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub(super) fn is_empty(&self) -> bool {
        self.remaining() == 0
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let rest = &self.bytes[self.at..];
        let Some(taken) = rest.get(..count) else {
            return Err(self.error(
                field,
                Fault::Truncated {
                    needed: count,
                    available: rest.len(),
                },
            ));
        };
        self.at += count;
        Ok(taken)
    }

    /// A cursor over the next `count` bytes, which this one passes over.
    pub(super) fn part(&mut self, count: usize, field: &'static str) -> Result<Self, DecodeError> {
        let base = self.offset();
        let bytes = self.take(count, field)?;
        Ok(Self {
            protocol: self.protocol,
            bytes,
            base,
            at: 0,
        })
    }

    /// All that is left.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        self.at = self.bytes.len();
        rest
    }

    pub(super) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, field)?);
        Ok(array)
    }

    pub(super) fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array::<1>(field).map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.array(field).map(u16::from_be_bytes)
    }

    /// Three bytes, big endian.
    pub(super) fn u24(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    pub(super) fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(u32::from_be_bytes)
    }

    pub(super) fn ipv4(&mut self, field: &'static str) -> Result<Ipv4Addr, DecodeError> {
        self.array::<4>(field).map(Ipv4Addr::from)
    }

    pub(super) fn ipv6(&mut self, field: &'static str) -> Result<Ipv6Addr, DecodeError> {
        self.array::<16>(field).map(Ipv6Addr::from)
    }

    /// An error about the field that begins here.
    pub(super) fn error(&self, field: &'static str, fault: Fault) -> DecodeError {
        DecodeError {
            protocol: self.protocol,
            field,
            offset: self.offset(),
            fault,
        }
    }

    /// An error about a value read `back` bytes before here.
    pub(super) fn value(&self, field: &'static str, back: usize, value: impl Into<u64>) -> DecodeError {
        DecodeError {
            protocol: self.protocol,
            field,
            offset: self.offset().saturating_sub(back),
            fault: Fault::Value { value: value.into() },
        }
    }

    /// An error about a length read `back` bytes before here.
    pub(super) fn length(&self, field: &'static str, back: usize, said: usize) -> DecodeError {
        DecodeError {
            protocol: self.protocol,
            field,
            offset: self.offset().saturating_sub(back),
            fault: Fault::Length { said },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_field_and_its_place_in_the_whole_message() {
        let mut cursor = Cursor::new(Protocol::Bgp, &[1, 2, 3, 4, 5]);
        assert_eq!(cursor.u16("first").unwrap(), 0x0102);
        let mut inner = cursor.part(2, "part").unwrap();
        assert_eq!(inner.u8("third").unwrap(), 3);
        let error = inner.u32("beyond").unwrap_err();
        assert_eq!(error.to_string(), "BGP beyond at byte 3: 4 bytes needed, 1 there");
        assert!(error.is_truncation());
        assert_eq!(cursor.remaining(), 1);
        assert_eq!(cursor.rest(), &[5]);
        assert!(cursor.is_empty());
    }
}

//! How messages stand in a TCP stream.

/// What the beginning of a stream's bytes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// Not enough bytes to tell how long the message is.
    Incomplete,
    /// A message of this many bytes begins here; all of them may not be there yet.
    Message(usize),
    /// No message begins here: bytes were lost, or the stream is not this protocol.
    Lost,
}

/// Finds the messages of one protocol.
pub trait Framing {
    /// The longest message in bytes; no more is ever held for one.
    const LONGEST: usize;

    /// What begins at the first byte.
    fn frame(&self, bytes: &[u8]) -> Frame;

    /// How many bytes to skip to where a message begins, or may begin once more bytes are there.
    fn resynchronise(&self, bytes: &[u8]) -> usize;
}

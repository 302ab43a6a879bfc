//! gzip of several members, and what may stand behind the last of them.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// Decodes all members of a stream, one after another, and verifies their checksums. Zeros behind the last one are the padding
/// of blocks, which gzip passes over as well; anything else is damage.
pub(super) struct Members<R> {
    /// `None` once the stream has ended.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            member: Some(GzDecoder::new(source)),
        }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while let Some(member) = &mut self.member {
            let read = member.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            let source = self.member.take().map(GzDecoder::into_inner);
            self.member = source.map(next_member).transpose()?.flatten();
        }
        Ok(0)
    }
}

/// `None` where the stream ends, after zeros or without any.
fn next_member<R: BufRead>(mut source: R) -> io::Result<Option<GzDecoder<R>>> {
    match source.fill_buf()? {
        [] => return Ok(None),
        [0, ..] => {}
        _ => return Ok(Some(GzDecoder::new(source))),
    }
    loop {
        let octets = source.fill_buf()?;
        if octets.iter().any(|octet| *octet != 0) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "something else than gzip data follows them",
            ));
        }
        let zeros = octets.len();
        if zeros == 0 {
            return Ok(None);
        }
        source.consume(zeros);
    }
}

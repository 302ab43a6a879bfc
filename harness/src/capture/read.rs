//! A capture file opened, and its octets pushed into a reader.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use checks::capture::Record;
use checks::capture::container::{Reader, WarningKind};

use super::compression::Compression;
use super::error::CaptureError;
use super::gzip::Members;
use super::zstd::Frames;

/// As many octets are read at once: a few fit the second-level cache, so that they are taken apart while still there.
pub(super) const CHUNK: usize = 256 << 10;

/// An opened capture file.
pub struct CaptureFile {
    path: PathBuf,
    compression: Compression,
    octets: Box<dyn Read + Send>,
    /// An ordinary file that is not compressed: it can be read at any place.
    file: Option<Arc<File>>,
}

impl CaptureFile {
    /// Opens a capture; `-` is standard input. Compression is told by its magic number, never by the name.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        if path == Path::new("-") {
            return Self::of(path, Box::new(io::stdin()));
        }
        let failed = |cause| CaptureError::Open {
            path: path.to_owned(),
            cause,
        };
        let file = File::open(path).map_err(failed)?;
        let kind = file.metadata().map_err(failed)?;
        if kind.is_dir() {
            return Err(CaptureError::Directory(path.to_owned()));
        }
        let file = Arc::new(file);
        let mut opened = Self::of(path, Box::new(Arc::clone(&file)))?;
        opened.file = (kind.is_file() && opened.compression == Compression::None).then_some(file);
        Ok(opened)
    }

    /// Takes a capture from anything that can be read; `path` names it in errors.
    pub fn of(path: &Path, mut source: Box<dyn Read + Send>) -> Result<Self, CaptureError> {
        let mut first = Vec::with_capacity(Compression::MAGIC);
        (&mut source)
            .take(Compression::MAGIC as u64)
            .read_to_end(&mut first)
            .map_err(|cause| CaptureError::Read {
                path: path.to_owned(),
                octets: 0,
                cause,
            })?;
        let compression = Compression::of(&first).map_err(|(by, remedy)| CaptureError::Compression {
            path: path.to_owned(),
            by,
            remedy,
        })?;
        let whole = Cursor::new(first).chain(source);
        let octets: Box<dyn Read + Send> = match compression {
            Compression::None => Box::new(whole),
            Compression::Gzip => Box::new(Members::new(io::BufReader::with_capacity(CHUNK, whole))),
            Compression::Zstd => Box::new(Frames::new(whole)),
        };
        Ok(Self {
            path: path.to_owned(),
            compression,
            octets,
            file: None,
        })
    }

    /// How it is compressed.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// Its path, `-` for standard input.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file, where it can be read at any place.
    pub(super) fn file(&self) -> Option<Arc<File>> {
        self.file.clone()
    }

    /// Reads it to its end and hands every packet to `record`. What is wrong within the capture, or with its
    /// compression, becomes a warning of the reader that is returned.
    pub fn read(mut self, mut record: impl FnMut(&Record<'_>)) -> Result<Reader, CaptureError> {
        let mut reader = Reader::new();
        let mut buffer = vec![0; CHUNK];
        let mut total = 0;
        while let Some(length) = self.fill(&mut buffer, &mut total, &mut reader)? {
            reader.feed(&buffer[..length], &mut record);
            if reader.has_stopped() {
                break;
            }
        }
        reader.finish();
        Ok(reader)
    }

    /// Reads the next octets; `None` at the end, and where the compression is damaged, of which the reader is told.
    pub(super) fn fill(
        &mut self,
        buffer: &mut [u8],
        total: &mut u64,
        reader: &mut Reader,
    ) -> Result<Option<usize>, CaptureError> {
        match self.chunk(buffer, *total)? {
            Chunk::Octets(length) => {
                *total += length as u64;
                Ok(Some(length))
            }
            Chunk::End => Ok(None),
            Chunk::Damaged(reason) => {
                reader.warn(WarningKind::CompressedDataDamaged { reason });
                Ok(None)
            }
        }
    }

    pub(super) fn chunk(&mut self, buffer: &mut [u8], total: u64) -> Result<Chunk, CaptureError> {
        loop {
            match self.octets.read(buffer) {
                Ok(0) => return Ok(Chunk::End),
                Ok(length) => return Ok(Chunk::Octets(length)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if self.is_damage(&error) => return Ok(Chunk::Damaged(self.reason(&error))),
                Err(cause) => {
                    return Err(CaptureError::Read {
                        path: self.path.clone(),
                        octets: total,
                        cause,
                    });
                }
            }
        }
    }

    /// Whether an error comes from the compressed data rather than from the disk.
    fn is_damage(&self, error: &io::Error) -> bool {
        self.compression != Compression::None && error.raw_os_error().is_none()
    }

    fn reason(&self, error: &io::Error) -> String {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => format!("the {} data end too early", self.compression.as_str()),
            _ => format!("the {} data are damaged: {error}", self.compression.as_str()),
        }
    }
}

/// What one read gave.
pub(super) enum Chunk {
    Octets(usize),
    End,
    Damaged(String),
}

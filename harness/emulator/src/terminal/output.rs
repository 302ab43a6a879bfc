//! What the device prints, on its way to the client, with the oddities asked for.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use russh::server::Msg;
use tokio::time::sleep;

use crate::spec::Misbehaviour;

/// Largest piece handed to the SSH layer at once.
const PIECE: usize = 16 << 10;

/// How long the SSH layer is given to write the last bytes before a connection is dropped on purpose.
const TIME_TO_WRITE: Duration = Duration::from_millis(250);

/// The client is gone, or the session was cut on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

/// The way to the client.
pub struct Output {
    channel: russh::ChannelWriteHalf<Msg>,
    /// For dropping it.
    connection: Option<Arc<TcpStream>>,
    chunk_size: Option<usize>,
    chunk_pause: Duration,
    wrap_width: Option<usize>,
    drop_after: Option<u64>,
    garble_every: Option<u32>,
    sent: u64,
    column: usize,
    /// Bytes since the last that was no UTF-8.
    clean: u32,
    /// Whether what is printed now is to be garbled: the output of a command.
    pub garbles: bool,
}

impl Output {
    /// The way to the client of a channel.
    pub fn new(
        channel: russh::ChannelWriteHalf<Msg>,
        connection: Option<Arc<TcpStream>>,
        misbehaviour: &Misbehaviour,
    ) -> Self {
        Self {
            channel,
            connection,
            chunk_size: misbehaviour.chunk_size.map(|size| size.max(1)),
            chunk_pause: misbehaviour.chunk_pause,
            wrap_width: misbehaviour.wrap_width.filter(|width| *width > 0),
            drop_after: misbehaviour.drop_after_bytes,
            garble_every: misbehaviour.garble_every.filter(|every| *every > 0),
            sent: 0,
            column: 0,
            clean: 0,
            garbles: false,
        }
    }

    /// Whether output is broken into pieces with pauses.
    pub fn is_slow(&self) -> bool {
        self.chunk_size.is_some()
    }

    /// Prints text whose lines end by `\n`.
    pub async fn text(&mut self, text: &str) -> Result<(), Gone> {
        self.bytes(text.replace('\n', "\r\n").as_bytes()).await
    }

    /// Prints bytes as they are.
    pub async fn bytes(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        let garbled = self.garble(bytes);
        let wrapped = self.wrap(&garbled);
        for piece in wrapped.chunks(self.chunk_size.unwrap_or(PIECE).min(PIECE)) {
            let (piece, cut) = match self.drop_after {
                Some(most) if self.sent + piece.len() as u64 >= most => {
                    (piece.get(..(most - self.sent) as usize).unwrap_or(piece), true)
                }
                _ => (piece, false),
            };
            self.channel.data_bytes(piece.to_vec()).await.map_err(|_| Gone)?;
            self.sent += piece.len() as u64;
            if cut {
                self.cut().await;
                return Err(Gone);
            }
            if self.chunk_size.is_some() {
                // A piece of its own for the client too: give the SSH layer the time to send it.
                sleep(self.chunk_pause).await;
            }
        }
        Ok(())
    }

    /// Drops the connection without a word, as a failed link or a restarted device does.
    async fn cut(&self) {
        // Nothing tells when the SSH layer has written what it was given.
        sleep(TIME_TO_WRITE).await;
        if let Some(connection) = &self.connection {
            let _ = connection.shutdown(std::net::Shutdown::Both);
        }
    }

    /// Ends the channel in order.
    pub async fn close(&self, exit_status: u32) {
        let _ = self.channel.exit_status(exit_status).await;
        let _ = self.channel.eof().await;
        let _ = self.channel.close().await;
    }

    fn garble(&mut self, bytes: &[u8]) -> Vec<u8> {
        let Some(every) = self.garble_every.filter(|_| self.garbles) else {
            return bytes.to_vec();
        };
        let mut garbled = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            garbled.push(byte);
            self.clean += 1;
            if self.clean >= every {
                garbled.push(0xFF);
                self.clean = 0;
            }
        }
        garbled
    }

    fn wrap(&mut self, bytes: &[u8]) -> Vec<u8> {
        let Some(width) = self.wrap_width else {
            return bytes.to_vec();
        };
        let mut wrapped = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            match byte {
                b'\r' | b'\n' => self.column = 0,
                0x08 => self.column = self.column.saturating_sub(1),
                _ => {
                    if self.column >= width {
                        wrapped.extend_from_slice(b"\r\n");
                        self.column = 0;
                    }
                    self.column += 1;
                }
            }
            wrapped.push(byte);
        }
        wrapped
    }
}

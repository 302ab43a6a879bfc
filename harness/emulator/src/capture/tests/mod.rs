//! Captures are read by programs that others wrote: tshark, tcpdump, capinfos.

mod conversation;
mod packets;
mod timeline;
mod toy;
mod wireshark;

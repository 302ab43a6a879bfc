//! Captures are read by programs that others wrote: tshark, tcpdump, capinfos.

mod control_plane;
mod conversation;
mod failover;
mod far;
mod packets;
mod requests;
mod stage;
mod timeline;
mod toy;
mod walks;
mod wireshark;

//! Captures: what a pcap or pcapng file holds, packet by packet, and what can be concluded from it.

pub mod measure;

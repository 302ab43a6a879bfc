//! Control protocols: what messages say, what their sequence means, compared with independent decoders. Packets are
//! written byte by byte by `wire`, which shares nothing with the code under test.

mod bfd_links;
mod bfd_sessions;
mod corpus;
mod differential;
mod events;
mod everything;
mod failover;
mod reading;
mod samples;
mod several_links;
mod streams;
mod tcpdump;
mod wire;

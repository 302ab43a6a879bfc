//! Control protocols: what messages say, what their sequence means, compared with independent decoders. Packets are
//! written byte by byte by `wire`, which shares nothing with the code under test.

mod failover;
mod reading;

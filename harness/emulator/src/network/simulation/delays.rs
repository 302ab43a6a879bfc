//! How long things take in the emulated network. `docs/emulated-lab.md` has the table.

use std::time::Duration;

/// How long things take. Every time is at least [`Delays::SHORTEST`], whatever is given: nothing happens at once that
/// news has to travel for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delays {
    /// Propagation over a link, each way, unless the link has a delay of its own.
    pub link: Duration,
    /// From the loss of the signal to the port going down. Long, as behind transmission equipment: what detects a
    /// failure before is BFD.
    pub carrier_loss: Duration,
    /// From the return of the signal to the port coming up.
    pub carrier_return: Duration,
    /// Handling of a packet at each device before it is sent on.
    pub forwarding: Duration,
    /// From a change in the routing table to the forwarding table.
    pub fib: Duration,
    /// From a change of a router's links to its new LSA.
    pub lsa_origination: Duration,
    /// Handling of an LSA at each router before it is flooded on.
    pub lsa_flooding: Duration,
    /// From the arrival of an LSA to new routes.
    pub spf: Duration,
    /// From the moment two routers can hear each other to the full adjacency.
    pub ospf_adjacency: Duration,
    /// OSPF hello interval.
    pub ospf_hello: Duration,
    /// OSPF dead interval.
    pub ospf_dead: Duration,
    /// From two LSRs reaching each other to the operational LDP session.
    pub ldp_session: Duration,
    /// Handling of a label mapping.
    pub ldp_mapping: Duration,
    /// LDP link hello interval.
    pub ldp_hello: Duration,
    /// Time without hellos after which an LDP adjacency is gone.
    pub ldp_hello_hold: Duration,
    /// Time without messages after which an LDP session is gone.
    pub ldp_keepalive_hold: Duration,
    /// From peers reaching each other to the established BGP session.
    pub bgp_connect: Duration,
    /// From news to a new choice of paths.
    pub bgp_processing: Duration,
    /// From a new choice to the UPDATE that tells it.
    pub bgp_advertisement: Duration,
    /// BGP keepalive interval.
    pub bgp_keepalive: Duration,
    /// BGP hold time.
    pub bgp_hold: Duration,
    /// BFD: interval of sending while a session is not Up (RFC 5880 §6.8.3).
    pub bfd_slow: Duration,
    /// From `commit` to the prompt that follows it, in a lab that goes in real time: the change is in force at the
    /// beginning.
    pub commit: Duration,
}

impl Default for Delays {
    fn default() -> Self {
        let ms = Duration::from_millis;
        let s = Duration::from_secs;
        Self {
            link: Duration::from_micros(50),
            carrier_loss: ms(500),
            carrier_return: ms(100),
            forwarding: Duration::from_micros(10),
            fib: ms(2),
            lsa_origination: ms(5),
            lsa_flooding: ms(1),
            spf: ms(20),
            ospf_adjacency: s(3),
            ospf_hello: s(10),
            ospf_dead: s(40),
            ldp_session: s(1),
            ldp_mapping: ms(1),
            ldp_hello: s(5),
            ldp_hello_hold: s(15),
            ldp_keepalive_hold: s(45),
            bgp_connect: s(2),
            bgp_processing: ms(1),
            bgp_advertisement: ms(2),
            bgp_keepalive: s(60),
            bgp_hold: s(180),
            bfd_slow: s(1),
            commit: ms(100),
        }
    }
}

impl Delays {
    /// The shortest delay there is.
    pub const SHORTEST: Duration = Duration::from_micros(1);

    /// The names of all delays, as `lab.yaml` writes them, with their values.
    pub fn named(&mut self) -> [(&'static str, &mut Duration); 23] {
        [
            ("link", &mut self.link),
            ("carrier_loss", &mut self.carrier_loss),
            ("carrier_return", &mut self.carrier_return),
            ("forwarding", &mut self.forwarding),
            ("fib", &mut self.fib),
            ("lsa_origination", &mut self.lsa_origination),
            ("lsa_flooding", &mut self.lsa_flooding),
            ("spf", &mut self.spf),
            ("ospf_adjacency", &mut self.ospf_adjacency),
            ("ospf_hello", &mut self.ospf_hello),
            ("ospf_dead", &mut self.ospf_dead),
            ("ldp_session", &mut self.ldp_session),
            ("ldp_mapping", &mut self.ldp_mapping),
            ("ldp_hello", &mut self.ldp_hello),
            ("ldp_hello_hold", &mut self.ldp_hello_hold),
            ("ldp_keepalive_hold", &mut self.ldp_keepalive_hold),
            ("bgp_connect", &mut self.bgp_connect),
            ("bgp_processing", &mut self.bgp_processing),
            ("bgp_advertisement", &mut self.bgp_advertisement),
            ("bgp_keepalive", &mut self.bgp_keepalive),
            ("bgp_hold", &mut self.bgp_hold),
            ("bfd_slow", &mut self.bfd_slow),
            ("commit", &mut self.commit),
        ]
    }

    /// The same, none shorter than the shortest.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        for (_, delay) in self.named() {
            *delay = (*delay).max(Self::SHORTEST);
        }
        self
    }
}

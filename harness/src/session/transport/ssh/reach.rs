//! From a host name to a TCP connection, every address tried, all within one deadline.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::Attempt;
use crate::session::SessionError;

/// Connects to the first address that answers.
pub fn reach(attempt: &Attempt<'_>) -> Result<TcpStream, SessionError> {
    let addresses = resolve(attempt)?;
    let mut failures = Vec::new();
    let mut all_timed_out = true;
    for (tried, address) in addresses.iter().enumerate() {
        let share = attempt.remaining() / u32::try_from(addresses.len() - tried).unwrap_or(1);
        if share < Duration::from_millis(1) {
            break;
        }
        match TcpStream::connect_timeout(address, share) {
            Ok(stream) => {
                // A keystroke must not wait for the next one.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => {
                all_timed_out &= error.kind() == io::ErrorKind::TimedOut;
                failures.push(format!("{}{}", of_address(address, addresses.len()), in_words(&error)));
            }
        }
    }
    if all_timed_out {
        return Err(attempt.timed_out("the TCP connection"));
    }
    Err(attempt.unreachable(failures.join("; ")))
}

fn resolve(attempt: &Attempt<'_>) -> Result<Vec<SocketAddr>, SessionError> {
    let port = attempt.target.port;
    if let Ok(address) = attempt.host().parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    // Resolvers have no deadline: one that hangs is left behind.
    let (sender, receiver) = mpsc::channel();
    let host = attempt.host().to_owned();
    thread::Builder::new()
        .name("resolver".to_owned())
        .spawn(move || {
            let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
            let _ = sender.send(found);
        })
        .map_err(|error| attempt.unreachable(format!("cannot start a thread: {error}")))?;
    let mut addresses = match receiver.recv_timeout(attempt.remaining()) {
        Ok(Ok(addresses)) => addresses,
        Ok(Err(error)) => {
            return Err(attempt.unreachable(format!(
                "the name {:?} cannot be resolved ({error}); give an IP address, or check the name and the resolver",
                attempt.host()
            )));
        }
        Err(_) => return Err(attempt.timed_out("resolving the name")),
    };
    addresses.dedup();
    if addresses.is_empty() {
        return Err(attempt.unreachable(format!("the name {:?} has no address", attempt.host())));
    }
    Ok(addresses)
}

fn of_address(address: &SocketAddr, count: usize) -> String {
    if count > 1 {
        format!("{}: ", address.ip())
    } else {
        String::new()
    }
}

fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "connection refused: nothing listens on that port; is the SSH server running, and is the port right?"
                .to_owned()
        }
        io::ErrorKind::TimedOut => "no answer".to_owned(),
        _ => error.to_string(),
    }
}

//! Addresses that stay free until a server of this story, perhaps in another process, takes them.

use std::net::{TcpListener, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::Mutex;

/// Below the ports that the system gives to outgoing connections, which would be taken under a story's nose.
const PORTS: RangeInclusive<u16> = 15_000..=31_999;

/// The UDP sockets that say which TCP ports this process holds: the system gives each to one process only, and takes
/// them back when it ends.
static HELD: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());

/// An address of this machine for this process alone, as long as it lives. Stories run side by side, and what is
/// served there may be stopped and started anew meanwhile.
pub fn reserved_address() -> String {
    let span = PORTS.end() - PORTS.start() + 1;
    let first = u16::try_from(std::process::id() % u32::from(span)).unwrap();
    for step in 0..span {
        let port = PORTS.start() + (first + step) % span;
        if let Ok(held) = UdpSocket::bind(("127.0.0.1", port))
            && TcpListener::bind(("127.0.0.1", port)).is_ok()
        {
            HELD.lock().unwrap().push(held);
            return format!("127.0.0.1:{port}");
        }
    }
    panic!("no free port");
}

#[test]
fn an_address_is_given_once() {
    let (one, other) = (reserved_address(), reserved_address());
    assert_ne!(one, other);
    assert!(TcpListener::bind(&one).is_ok());
}

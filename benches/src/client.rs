//! A client as light as can be: it shares the machine with what it measures.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::Failure;

/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// No answer takes longer, or something is wrong.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends every request once over so many connections kept open, each waiting for its answer before the next; answers
/// how long it took. `status` is what every answer must say.
///
/// # Errors
/// A broken connection, another status.
pub async fn send(
    address: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    connections: usize,
    status: u16,
) -> Result<Duration, Failure> {
    tokio::task::spawn_blocking(move || send_blocking(address, &requests, connections, status)).await?
}

fn send_blocking(
    address: SocketAddr,
    requests: &[Vec<u8>],
    connections: usize,
    status: u16,
) -> Result<Duration, Failure> {
    let next = AtomicUsize::new(0);
    let opened = (0..connections).map(|_| open(address)).collect::<Result<Vec<_>, _>>()?;
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let workers: Vec<_> = opened
            .into_iter()
            .map(|mut stream| {
                let next = &next;
                scope.spawn(move || -> Result<(), Failure> {
                    let mut answer = vec![0; ANSWER_BYTES_MAX];
                    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                        stream.write_all(request)?;
                        let found = read_status(&mut stream, &mut answer)?;
                        if found != status {
                            return Err(format!("WRONG: an answer of {found} instead of {status}").into());
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| Err("a client panicked".into())))
    })?;
    Ok(begun.elapsed())
}

/// One request on a connection of its own; answers the status.
///
/// # Errors
/// When nobody listens or the answer is none.
pub fn ask(address: SocketAddr, request: &[u8]) -> Result<u16, Failure> {
    let mut stream = open(address)?;
    stream.write_all(request)?;
    read_status(&mut stream, &mut vec![0; ANSWER_BYTES_MAX])
}

fn open(address: SocketAddr) -> Result<TcpStream, Failure> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    Ok(stream)
}

/// Reads one whole answer; nothing of the next one can have come yet.
fn read_status(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<u16, Failure> {
    let mut filled = 0;
    loop {
        let free = buffer.get_mut(filled..).filter(|free| !free.is_empty()).ok_or("an answer too long to read")?;
        let read = stream.read(free)?;
        if read == 0 {
            return Err("the server closed a connection".into());
        }
        filled += read;
        let answer = buffer.get(..filled).unwrap_or_default();
        let Some(head_bytes) = answer.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) else {
            continue;
        };
        let head = std::str::from_utf8(answer.get(..head_bytes).unwrap_or_default())?;
        if filled >= head_bytes + content_length(head)? {
            let status = head.split(' ').nth(1).ok_or("an answer without a status")?;
            return Ok(status.parse()?);
        }
    }
}

/// The `Content-Length` of a head.
///
/// # Errors
/// When it has none.
pub fn content_length(head: &str) -> Result<usize, Failure> {
    let value = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    Ok(value.ok_or("a message without a length")?.parse()?)
}

//! WeChat as fast as it can be: it answers at once, accepts every message and remembers nothing but what is asked of
//! it, so that it takes as little as possible of the cores it shares with what is measured.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::{Failure, client};

/// The access token it gives.
pub const ACCESS_TOKEN: &str = "bench-access-token-000000000000000000000000000000000000000000000000";
/// Where template messages go.
pub const SEND_PATH: &str = "/cgi-bin/message/template/send";
/// Openids that begin so are watched.
pub const WATCHED: &str = "owatched";

const TOKEN_PATH: &str = "/cgi-bin/stable_token";
/// The largest request that is read.
const REQUEST_BYTES_MAX: usize = 16 * 1024;

/// A vendor that listens on a port of this machine until it is dropped.
pub struct Vendor {
    address: SocketAddr,
    heard: Arc<Heard>,
    listening: JoinHandle<()>,
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// What it was sent since it was last asked to forget.
struct Heard {
    since: Instant,
    messages: AtomicU64,
    watched: AtomicU64,
    /// After `since`.
    watched_last_ns: AtomicU64,
    /// The next number of a message; none is given twice.
    next_id: AtomicU64,
    /// Bodies of messages, while they are kept.
    bodies: Mutex<Option<Vec<Vec<u8>>>>,
}

impl Vendor {
    /// Starts one.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let heard = Arc::new(Heard {
            since: Instant::now(),
            messages: AtomicU64::new(0),
            watched: AtomicU64::new(0),
            watched_last_ns: AtomicU64::new(0),
            next_id: AtomicU64::new(1),
            bodies: Mutex::new(None),
        });
        let of_all = Arc::clone(&heard);
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let heard = Arc::clone(&of_all);
                tokio::spawn(async move {
                    if let Err(error) = converse(stream, &heard).await {
                        eprintln!("vendor: {error}");
                    }
                });
            }
        });
        Ok(Self { address, heard, listening })
    }

    /// `http://127.0.0.1:…`
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Forgets what it was sent, and keeps the bodies of messages from here on if it is told to.
    pub fn forget(&self, keeps_bodies: bool) {
        for figure in [&self.heard.messages, &self.heard.watched, &self.heard.watched_last_ns] {
            figure.store(0, Ordering::SeqCst);
        }
        *self.heard.bodies.lock().unwrap_or_else(PoisonError::into_inner) = keeps_bodies.then(Vec::new);
    }

    /// Messages it was sent.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.heard.messages.load(Ordering::SeqCst)
    }

    /// Messages to watched openids, and when the last of them came, counted from `begun`.
    #[must_use]
    pub fn watched(&self, begun: Instant) -> (u64, Duration) {
        let last = Duration::from_nanos(self.heard.watched_last_ns.load(Ordering::SeqCst));
        let before = begun.saturating_duration_since(self.heard.since);
        (self.heard.watched.load(Ordering::SeqCst), last.saturating_sub(before))
    }

    /// The bodies that were kept; none is kept any more.
    #[must_use]
    pub fn bodies(&self) -> Vec<Vec<u8>> {
        self.heard.bodies.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }
}

/// Answers one request after the other; a client waits for its answer before the next.
async fn converse(mut stream: TcpStream, heard: &Heard) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(REQUEST_BYTES_MAX);
    loop {
        buffer.clear();
        let Some((head_bytes, request_bytes)) = read_request(&mut stream, &mut buffer).await? else { return Ok(()) };
        let head = std::str::from_utf8(buffer.get(..head_bytes).unwrap_or_default())?;
        let json = heard.answer(head, buffer.get(head_bytes..request_bytes).unwrap_or_default());
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}",
            json.len()
        );
        stream.write_all(answer.as_bytes()).await?;
    }
}

/// Reads one whole request; answers the bytes of its head and of all of it. None: the client hung up.
async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Option<(usize, usize)>, Failure> {
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return if buffer.is_empty() { Ok(None) } else { Err("half a request".into()) };
        }
        if let Some(head_bytes) = buffer.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) {
            let head = std::str::from_utf8(buffer.get(..head_bytes).unwrap_or_default())?;
            let is_post = head.starts_with("POST");
            let request_bytes = head_bytes + if is_post { client::content_length(head)? } else { 0 };
            if buffer.len() >= request_bytes {
                return Ok(Some((head_bytes, request_bytes)));
            }
        }
        if buffer.len() > REQUEST_BYTES_MAX {
            return Err("a request too long to read".into());
        }
    }
}

impl Heard {
    fn answer(&self, head: &str, body: &[u8]) -> String {
        let target = head.split(' ').nth(1).unwrap_or_default();
        if target.starts_with(SEND_PATH) {
            self.note(body);
            let id = self.next_id.fetch_add(1, Ordering::Relaxed);
            return format!(r#"{{"errcode":0,"errmsg":"ok","msgid":{id}}}"#);
        }
        if target.starts_with(TOKEN_PATH) {
            return format!(r#"{{"access_token":"{ACCESS_TOKEN}","expires_in":7200}}"#);
        }
        r#"{"errcode":48001,"errmsg":"api unauthorized"}"#.to_owned()
    }

    fn note(&self, body: &[u8]) {
        self.messages.fetch_add(1, Ordering::Relaxed);
        if body.windows(WATCHED.len()).any(|part| part == WATCHED.as_bytes()) {
            self.watched.fetch_add(1, Ordering::Relaxed);
            let at_ns = u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.watched_last_ns.fetch_max(at_ns, Ordering::Relaxed);
        }
        if let Some(bodies) = self.bodies.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            bodies.push(body.to_vec());
        }
    }
}

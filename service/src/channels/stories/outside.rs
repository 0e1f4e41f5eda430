//! The outside world of one story: an HTTP server that answers what it is told to, by path, and keeps what it was asked.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use gateway::Now;
use gateway::http::{BaseUrl, HttpClient, HttpLimits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::channels::CloudVendors;

/// One request: its path with the query, and its body.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub path: String,
    pub body: String,
}

#[derive(Default)]
struct Script {
    answers: HashMap<String, VecDeque<(u16, String)>>,
    asked: Vec<Asked>,
}

/// Runs as long as the story.
#[derive(Clone)]
pub(super) struct Outside {
    address: String,
    script: Arc<Mutex<Script>>,
}

impl Outside {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let outside = Self { address, script: Arc::default() };
        let serving = outside.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        outside
    }

    /// The next answer to requests below this path.
    pub fn answers(&self, path: &str, status: u16, body: &str) {
        let mut script = self.script.lock().unwrap();
        script.answers.entry(path.to_owned()).or_default().push_back((status, body.to_owned()));
    }

    /// What was asked below this path.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        let script = self.script.lock().unwrap();
        script.asked.iter().filter(|asked| asked.path.starts_with(path)).cloned().collect()
    }

    pub fn url(&self, path: &str) -> BaseUrl {
        BaseUrl::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    /// Vendors that live here, Tencent below `/tencent` and Alibaba below `/aliyun`.
    pub fn vendors(&self, now: Now) -> CloudVendors {
        CloudVendors { http: client(), tencent: self.url("/tencent"), aliyun: self.url("/aliyun"), now }
    }

    async fn serve(self, mut stream: TcpStream) {
        let Some(asked) = read(&mut stream).await else { return };
        let (status, body) = {
            let mut script = self.script.lock().unwrap();
            let path = asked.path.clone();
            script.asked.push(asked);
            let fits = script.answers.iter_mut().filter(|(prefix, _)| path.starts_with(prefix.as_str()));
            let answer = fits.filter_map(|(_, queue)| queue.pop_front()).next();
            answer.unwrap_or_else(|| (501, format!("nothing to say at {path}")))
        };
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}

pub(super) fn client() -> HttpClient {
    HttpClient::new(HttpLimits::default()).unwrap()
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
    while bytes.len() < head_end + length.unwrap_or(0) {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let first = String::from_utf8_lossy(&bytes).lines().next()?.to_owned();
    let body = String::from_utf8_lossy(&bytes[head_end..]).into_owned();
    Some(Asked { path: first.split(' ').nth(1)?.to_owned(), body })
}

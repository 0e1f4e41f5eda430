//! A TCP proxy that can be cut: what stands between two programs in real life.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A proxy to one address. Stops when dropped.
pub struct Proxy {
    address: String,
    cut: watch::Sender<bool>,
    open: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port and passes everything on to `target`.
    pub async fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (cut, watch) = watch::channel(false);
        let open = Arc::new(AtomicBool::new(true));
        let (target, is_open) = (target.to_owned(), Arc::clone(&open));
        let task = tokio::spawn(async move {
            while let Ok((inward, _)) = listener.accept().await {
                if is_open.load(Ordering::SeqCst) {
                    tokio::spawn(pass(inward, target.clone(), watch.clone()));
                }
            }
        });
        Self { address, cut, open, task }
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Breaks every connection and accepts no new one.
    pub fn cut(&self) {
        self.open.store(false, Ordering::SeqCst);
        self.cut.send_replace(true);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(mut inward: TcpStream, target: String, mut cut: watch::Receiver<bool>) {
    let Ok(mut outward) = TcpStream::connect(&target).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut inward, &mut outward) => {}
        _ = cut.wait_for(|cut| *cut) => {}
    }
}

//! Who may not enter learns nothing of what was wrong with their request: its body is read once they are let in.
//!
//! A handler's extractors run side by side, and a malformed body is found faster than a session in the database. Each
//! extractor that decides announces itself when it is made; what it decides on comes before in the handler's arguments.

use std::mem;

use actix_web::{HttpMessage, HttpRequest};
use tokio::sync::watch;

/// The decisions of a request that are still to be taken.
#[derive(Default)]
struct Pending(Vec<watch::Receiver<()>>);

/// A decision under way. It is taken when this is dropped.
pub struct Deciding(#[allow(dead_code, reason = "what counts is that it is dropped")] watch::Sender<()>);

impl Deciding {
    /// From now on bodies of this request wait for it.
    pub fn announce(request: &HttpRequest) -> Self {
        let (sender, receiver) = watch::channel(());
        let mut extensions = request.extensions_mut();
        let mut pending = extensions.remove::<Pending>().unwrap_or_default();
        pending.0.push(receiver);
        extensions.insert(pending);
        Self(sender)
    }
}

/// Waits until everything announced so far is decided.
pub fn decided(request: &HttpRequest) -> impl Future<Output = ()> + use<> {
    let pending = request.extensions_mut().get_mut::<Pending>().map(|pending| mem::take(&mut pending.0));
    async move {
        for mut decision in pending.unwrap_or_default() {
            while decision.changed().await.is_ok() {}
        }
    }
}

//! What can go wrong when the outside world is asked to do something by a test or a person.

/// Errors of the methods of [`crate::Sim`]. The wire has its own, vendor-shaped errors.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// No person of that number lives here.
    #[error("UNKNOWN_PERSON: 没有这个人")]
    UnknownPerson,
    /// That appid was never added.
    #[error("UNKNOWN_APP: {0} 未登记")]
    UnknownApp(String),
    /// That mchid was never added.
    #[error("UNKNOWN_MERCHANT: {0} 未登记")]
    UnknownMerchant(String),
    /// That merchant has no such order.
    #[error("UNKNOWN_ORDER: {0} 不存在")]
    UnknownOrder(String),
    /// No QR code has that ticket or address, or it has expired.
    #[error("UNKNOWN_CODE: 二维码不存在或已过期")]
    UnknownCode,
    /// Key material that cannot be used; the text names it.
    #[error("BAD_KEY: {0}")]
    BadKey(&'static str),
    /// The phone refuses to pay; `code` is for programs, `message` is what the phone shows.
    #[error("{code}: {message}")]
    PayRefused {
        /// For instance `PAY_SIGN`, `PREPAY_EXPIRED`, `NOT_PAYER`, `ORDERPAID`, `ORDER_CLOSED`.
        code: &'static str,
        /// Words for the person.
        message: &'static str,
    },
    /// A port could not be bound.
    #[error("IO: {0}")]
    Io(#[from] std::io::Error),
    /// The client for call-backs could not be built, or a request of ours could not be sent.
    #[error("HTTP: {0}")]
    Http(#[from] reqwest::Error),
}

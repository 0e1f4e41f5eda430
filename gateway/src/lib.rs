//! Network: the only holder of an HTTP client.

//! The older API of WeChat Pay: XML, signed with a shared key. Only what barcode pay needs. The client certificate that
//! `/secapi/…` asks for is not looked at: this world speaks plain HTTP.

pub(crate) mod http;
mod sign;
mod xml;

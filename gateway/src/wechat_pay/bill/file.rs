//! A bill on its way in: unpacked, hashed and written away as it comes.

use std::io::{self, Write};

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use flate2::write::MultiGzDecoder;

/// A million rows have some 300 MB; more than this is a bomb.
const UNPACKED_BYTES_MAX: u64 = 4 << 30;

/// A bill that is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BillFile {
    /// Unpacked.
    pub bytes: u64,
}

/// A bill that did not come, or not whole. What was written is to be thrown away.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DownloadError {
    /// The link does not lead to WeChat Pay.
    #[error("账单下载地址不是微信支付的地址")]
    ForeignLink,
    /// WeChat Pay refuses; most often the link is too old: ask for another.
    #[error("账单下载被拒绝：{code}")]
    Refused {
        /// WeChat Pay's code, or the HTTP status.
        code: String,
    },
    /// The connection broke, the file could not be unpacked or written.
    #[error("账单下载失败：{reason}")]
    Failed {
        /// For staff.
        reason: String,
    },
    /// Whole or not, it is not the file that was announced.
    #[error("账单文件校验不符：应为 {told}，实为 {found}")]
    WrongHash {
        /// What WeChat Pay announced.
        told: String,
        /// What came.
        found: String,
    },
}

/// Hashes what passes through.
pub(super) struct Hashed<'w> {
    to: &'w mut (dyn Write + Send),
    hash: Context,
    bytes: u64,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.bytes > UNPACKED_BYTES_MAX {
            return Err(io::Error::other("file longer than the limit when unpacked"));
        }
        self.to.write_all(bytes)?;
        self.hash.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Unpacks if need be, hashes, writes.
pub(super) enum Unpacker<'w> {
    Plain(Box<Hashed<'w>>),
    Gzip(Box<MultiGzDecoder<Hashed<'w>>>),
}

impl<'w> Unpacker<'w> {
    pub fn new(to: &'w mut (dyn Write + Send), gzip: bool) -> Self {
        let hashed = Hashed { to, hash: Context::new(&SHA1_FOR_LEGACY_USE_ONLY), bytes: 0 };
        if gzip { Self::Gzip(Box::new(MultiGzDecoder::new(hashed))) } else { Self::Plain(Box::new(hashed)) }
    }

    pub fn take(&mut self, chunk: &[u8]) -> Result<(), String> {
        let written = match self {
            Self::Plain(to) => to.write_all(chunk),
            Self::Gzip(to) => to.write_all(chunk),
        };
        written.map_err(|error| error.to_string())
    }

    /// Compares the hash, once everything came.
    pub fn finish(self, told_sha1: &str) -> Result<BillFile, DownloadError> {
        let failed = |error: io::Error| DownloadError::Failed { reason: error.to_string() };
        let mut hashed = match self {
            Self::Plain(hashed) => *hashed,
            Self::Gzip(packed) => packed.finish().map_err(failed)?,
        };
        hashed.flush().map_err(failed)?;
        let found = hex::encode(hashed.hash.finish());
        if found == told_sha1 {
            return Ok(BillFile { bytes: hashed.bytes });
        }
        Err(DownloadError::WrongHash { told: told_sha1.to_owned(), found })
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// SHA-1 of `abc`, as published.
    const ABC: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";

    fn unpack(chunks: &[&[u8]], gzip: bool) -> (Vec<u8>, Result<BillFile, DownloadError>) {
        let mut out = Vec::new();
        let mut unpacker = Unpacker::new(&mut out, gzip);
        let taken: Result<(), String> = chunks.iter().try_for_each(|chunk| unpacker.take(chunk));
        let end = match taken {
            Ok(()) => unpacker.finish(ABC),
            Err(reason) => {
                drop(unpacker);
                Err(DownloadError::Failed { reason })
            }
        };
        (out, end)
    }

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn a_file_in_pieces_is_whole_when_its_hash_is() {
        assert_eq!(unpack(&[b"a", b"", b"bc"], false), (b"abc".to_vec(), Ok(BillFile { bytes: 3 })));
        let gzip = packed(b"abc");
        let (head, tail) = gzip.split_at(7);
        assert_eq!(unpack(&[head, tail], true), (b"abc".to_vec(), Ok(BillFile { bytes: 3 })));
    }

    #[test]
    fn a_short_changed_or_broken_file_is_refused() {
        assert!(matches!(unpack(&[b"ab"], false).1, Err(DownloadError::WrongHash { .. })));
        assert!(matches!(unpack(&[b"abd"], false).1, Err(DownloadError::WrongHash { .. })));
        assert!(matches!(unpack(&[&packed(b"abd")], true).1, Err(DownloadError::WrongHash { .. })));
        let gzip = packed(b"abc");
        assert!(matches!(unpack(&[&gzip[..gzip.len() - 3]], true).1, Err(DownloadError::Failed { .. })));
        assert!(unpack(&[b"not gzip at all"], true).1.is_err());
    }
}

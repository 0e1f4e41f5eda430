//! Files that are handed over piece by piece.

use std::fs::File;
use std::io::Read;

use actix_web::body::SizedStream;
use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::{self, Bytes};
use futures_util::Stream;
use futures_util::stream::try_unfold;

/// Bytes of one piece.
const PIECE_BYTES: usize = 64 * 1024;

/// Tells a browser to keep it under this name, which is ASCII.
pub(super) fn attached(name: &str) -> ContentDisposition {
    let parameters = vec![DispositionParam::Filename(name.to_owned())];
    ContentDisposition { disposition: DispositionType::Attachment, parameters }
}

/// The file from where it stands, `bytes` of it, one piece in memory at a time.
pub(super) fn body(file: File, bytes: u64) -> SizedStream<impl Stream<Item = std::io::Result<Bytes>>> {
    let pieces = try_unfold(file, |mut file| async move {
        let read = web::block(move || {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            (&mut file).take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
            Ok::<_, std::io::Error>((piece, file))
        });
        let (piece, file) = read.await.map_err(std::io::Error::other)??;
        Ok((!piece.is_empty()).then(|| (Bytes::from(piece), file)))
    });
    // Boxed: a body must not move.
    SizedStream::new(bytes, Box::pin(pieces))
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, SeekFrom, Write};

    use actix_web::body::{BodySize, MessageBody, to_bytes};

    use super::*;

    #[actix_web::test]
    async fn a_file_arrives_whole_in_pieces_with_its_length() {
        let content: Vec<u8> = (0..200_001_u32).map(|number| u8::try_from(number % 251).unwrap()).collect();
        let path = std::env::temp_dir().join(format!("linli-download-{}", uuid::Uuid::now_v7()));
        let mut file = File::options().create_new(true).read(true).write(true).open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        file.write_all(&content).unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        let body = body(file, 200_001);
        assert_eq!(body.size(), BodySize::Sized(200_001));
        assert!(to_bytes(body).await.unwrap() == content);
    }
}

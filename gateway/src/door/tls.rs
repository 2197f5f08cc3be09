//! TLS in front of everything else at the door. Who speaks plain HTTP to it is told so.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Begins TLS on a new connection; `None`: there is nobody to serve. The caller sets the deadline.
pub(super) async fn accept(acceptor: &TlsAcceptor, mut stream: TcpStream) -> Option<TlsStream<TcpStream>> {
    let mut first = [0];
    if stream.peek(&mut first).await.ok()? == 0 {
        return None;
    }
    if first != [HANDSHAKE] {
        // Whoever has gone meanwhile needs no answer.
        drop(refuse(&mut stream).await);
        return None;
    }
    match acceptor.accept(stream).await {
        Ok(stream) => Some(stream),
        Err(error) => {
            tracing::debug!(%error, "A TLS handshake failed");
            None
        }
    }
}

/// Answers plain HTTP and reads on for a moment: closing with unread bytes would throw the answer away.
async fn refuse(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(PLAIN.as_bytes()).await?;
    stream.shutdown().await?;
    let mut rest = [0; 1024];
    for _ in 0..MAX_READS {
        if stream.read(&mut rest).await? == 0 {
            break;
        }
    }
    Ok(())
}

/// First byte of a TLS record that begins a handshake (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;
/// Reads after a refusal; a request head is far smaller.
const MAX_READS: usize = 16;
const PLAIN: &str = "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n\
                     content-length: 68\r\nconnection: close\r\n\r\n\
                     This port speaks TLS: write https:// or wss:// in front of the name.";

#[cfg(test)]
mod tests {
    #[test]
    fn the_refusal_is_as_long_as_it_says() {
        let (head, body) = super::PLAIN.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
    }
}

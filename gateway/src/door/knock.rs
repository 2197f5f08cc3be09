//! The common way in: a WebSocket upgrade whose request came whole in one piece is answered here, and its answer
//! leaves in one write with the challenge. Everything else goes to the HTTP server, with what was read of it.

use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::header::{CONTENT_LENGTH, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, TRANSFER_ENCODING};
use hyper::{HeaderMap, Version};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tungstenite::handshake::derive_accept_key;
use tungstenite::handshake::machine::TryParse as _;
use tungstenite::handshake::server::Request;

use super::canvas::is_capability_path;
use super::listener::wants_upgrade;
use super::screen::Screen;
use crate::connection::Stream;
use crate::security::Peer;

/// What a new connection turned out to be.
#[derive(Debug)]
pub(super) enum Knock<S> {
    /// A WebSocket that may come in.
    WebSocket {
        stream: S,
        peer: Peer,
        /// The response that lets it in; not sent yet.
        opening: Vec<u8>,
        /// What came behind the request.
        received: Vec<u8>,
    },
    /// HTTP/2, which begins with words that no other protocol begins with.
    Http2(Begun<S>),
    /// Anything else, or what has to be refused.
    Http(Begun<S>),
}

/// Reads once and looks at what came; once more while it may become HTTP/2's first words. `None`: the line is gone.
pub(super) async fn knock<S: Stream>(screen: &Screen, mut stream: S, address: IpAddr) -> Option<Knock<S>> {
    let mut head = Vec::with_capacity(USUAL_HEAD);
    match stream.read_buf(&mut head).await {
        Ok(read) if read > 0 => {}
        _ => return None,
    }
    while head.len() < PREFACE.len() && PREFACE.starts_with(&head) {
        match stream.read_buf(&mut head).await {
            Ok(read) if read > 0 => {}
            _ => return None,
        }
    }
    if head.starts_with(PREFACE) {
        return Some(Knock::Http2(Begun { head, read: 0, stream }));
    }
    let Some((length, peer, accept)) = upgrade(screen, &head, address) else {
        return Some(Knock::Http(Begun { head, read: 0, stream }));
    };
    let received = head.split_off(length);
    let opening = format!(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-accept: {accept}\r\n\r\n"
    );
    Some(Knock::WebSocket { stream, peer, opening: opening.into_bytes(), received })
}

/// Returns the length of the request, whom it comes from, and the accept key.
fn upgrade(screen: &Screen, head: &[u8], address: IpAddr) -> Option<(usize, Peer, String)> {
    // The parser wants GET and HTTP/1.1 or later.
    let (length, request) = Request::try_parse(head).ok().flatten()?;
    let headers = request.headers();
    let has_body = headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING);
    if request.version() != Version::HTTP_11 || has_body || !wants_upgrade(headers) {
        return None;
    }
    let accept = accept_key(headers)?;
    // The socket of a canvas's page is none of the gateway's protocol.
    if is_capability_path(request.uri().path()) {
        return None;
    }
    let peer = screen.look(address, request.uri(), headers).ok()?;
    Some((length, peer, accept))
}

/// Returns the answer to the key of an upgrade request, if it is one of the version spoken (RFC 6455).
pub(super) fn accept_key(headers: &HeaderMap) -> Option<String> {
    let version_13 = headers.get(SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| version_13)?;
    Some(derive_accept_key(key.as_bytes()))
}

/// A stream of which something has been read already.
#[derive(Debug)]
pub(super) struct Begun<S> {
    head: Vec<u8>,
    /// Bytes of `head` that have been handed on.
    read: usize,
    stream: S,
}

impl<S> Begun<S> {
    /// Returns the stream; what was read and not handed on stands beside it.
    pub(super) fn into_parts(self) -> (S, Vec<u8>) {
        (self.stream, self.head.get(self.read..).unwrap_or_default().to_vec())
    }
}

impl<S: Stream> AsyncRead for Begun<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        let Some(rest) = this.head.get(this.read..).filter(|rest| !rest.is_empty()) else {
            return Pin::new(&mut this.stream).poll_read(cx, buffer);
        };
        let count = rest.len().min(buffer.remaining());
        buffer.put_slice(rest.get(..count).unwrap_or_default());
        this.read += count;
        if this.read == this.head.len() {
            (this.head, this.read) = (Vec::new(), 0);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Stream> AsyncWrite for Begun<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// How a client begins that knows, by TLS or beforehand, that HTTP/2 is spoken here (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Request heads up to this size are looked at here; browsers send a third of it.
const USUAL_HEAD: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::GatewaySection;

    const GOOD: &str = "GET /any HTTP/1.1\r\nHost: localhost:1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    fn look(text: &str) -> Option<(usize, Peer, String)> {
        let here = std::net::Ipv4Addr::LOCALHOST.into();
        upgrade(&Screen::new(&GatewaySection::default()), text.as_bytes(), here)
    }

    #[test]
    fn a_whole_upgrade_is_let_in_and_what_follows_is_kept_apart() {
        let (length, peer, accept) = look(&format!("{GOOD}rest")).expect("let in");
        assert_eq!(length, GOOD.len());
        assert!(peer.local && peer.origin.is_none());
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "the example of RFC 6455, 1.3");
    }

    #[test]
    fn what_is_incomplete_foreign_or_no_upgrade_is_for_the_http_server() {
        for (from, to) in [
            ("\r\n\r\n", "\r\n"),
            ("localhost:1", "evil.test"),
            ("GET", "POST"),
            ("HTTP/1.1", "HTTP/1.0"),
            ("/any", "/any?token=x"),
            ("Version: 13", "Version: 8"),
            ("Upgrade: websocket", "X: y"),
            ("Connection: Upgrade", "Origin: http://evil.test"),
            ("Connection: Upgrade", "Content-Length: 3"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert!(look(&text).is_none(), "{to}");
        }
    }

    async fn send(client: &mut tokio::io::DuplexStream, pieces: &[Vec<u8>]) {
        use tokio::io::AsyncWriteExt as _;
        for piece in pieces {
            client.write_all(piece).await.expect("sent");
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn http_2_is_known_by_its_first_words_however_they_come() {
        let screen = Screen::new(&GatewaySection::default());
        let here = std::net::Ipv4Addr::LOCALHOST.into();
        let rest = b"and more";
        for (pieces, is_h2) in [
            (vec![[PREFACE, rest].concat()], true),
            (vec![PREFACE[..1].to_vec(), PREFACE[1..20].to_vec(), [&PREFACE[20..], rest].concat()], true),
            (vec![b"PRI * HTTP/2.0\r\n\r\nSM\r\n".to_vec(), b"xx".to_vec()], false),
            (vec![b"PUT / HTTP/1.1\r\n".to_vec()], false),
        ] {
            let (mut client, stream) = tokio::io::duplex(64);
            let (found, ()) = tokio::join!(knock(&screen, stream, here), send(&mut client, &pieces));
            match found.expect("it is there") {
                Knock::Http2(begun) => assert!(is_h2 && begun.head.starts_with(PREFACE)),
                Knock::Http(_) => assert!(!is_h2, "{pieces:?}"),
                Knock::WebSocket { .. } => panic!("no WebSocket"),
            }
        }
    }

    #[tokio::test]
    async fn what_was_read_is_read_again_before_the_rest() {
        use tokio::io::AsyncWriteExt as _;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let mut client = tokio::net::TcpStream::connect(listener.local_addr().expect("an address"))
            .await
            .expect("connected");
        let (stream, _) = listener.accept().await.expect("accepted");
        let mut begun = Begun { head: b"hello ".to_vec(), read: 0, stream };
        client.write_all(b"world").await.expect("sent");
        drop(client);
        let mut first = [0; 2];
        begun.read_exact(&mut first).await.expect("read");
        let mut rest = String::new();
        begun.read_to_string(&mut rest).await.expect("read");
        assert_eq!((&first, rest.as_str()), (b"he", "llo world"));
    }
}

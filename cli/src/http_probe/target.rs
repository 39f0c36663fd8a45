//! Request targets that no URI may have, such as `/?q=<script>`: many servers take them and leave them as
//! they are. The HTTP library does not, so a stand-in is exchanged for them on the connection.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use http::uri::PathAndQuery;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The stand-in.
pub(super) const STAND_IN: &str = "/-stand-in-for-a-target-";
/// The longest request line that is looked at.
const MAX_LINE_LEN: usize = 1 << 20;

/// Whether the HTTP library takes a request target as it is.
#[must_use]
pub fn is_uri(target: &str) -> bool {
    PathAndQuery::try_from(target).is_ok_and(|parsed| parsed.as_str() == target)
}

/// Whether a target can be sent in a request line at all.
pub(super) fn is_sendable(target: &str) -> bool {
    target.starts_with('/') && !target.contains(|c: char| c == ' ' || c.is_ascii_control())
}

/// Writes a target in place of the first [`STAND_IN`] on a connection.
pub(super) struct WithTarget<S> {
    stream: S,
    /// Until it was written.
    target: Option<String>,
    pending: Vec<u8>,
}

impl<S> WithTarget<S> {
    pub(super) fn new(stream: S, target: Option<String>) -> Self {
        Self { stream, target, pending: Vec::new() }
    }
}

impl<S: AsyncWrite + Unpin> WithTarget<S> {
    fn poll_pending(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &self.pending))?;
            self.pending.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WithTarget<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_pending(context))?;
        let Some(target) = self.target.take() else {
            return Pin::new(&mut self.stream).poll_write(context, bytes);
        };
        // The head comes first, and at once.
        let place = bytes.windows(STAND_IN.len()).position(|part| part == STAND_IN.as_bytes());
        let place = place.ok_or(io::ErrorKind::InvalidInput)?;
        let rest = &bytes[place + STAND_IN.len()..];
        self.pending = [&bytes[..place], target.as_bytes(), rest].concat();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WithTarget<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

/// Where the server of a connection is, and the target of the request at hand.
#[derive(Debug)]
struct Line {
    /// The next bytes are a request line.
    is_next: bool,
    /// The target, where it is no URI.
    target: Option<String>,
}

/// What a server knows of the targets on a connection.
#[derive(Clone, Debug)]
pub(super) struct Targets(Arc<Mutex<Line>>);

impl Targets {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Line { is_next: true, target: None })))
    }

    /// The target of the request that has just been read to its end; another one follows.
    pub(super) fn take(&self) -> Option<String> {
        let mut line = self.lock();
        line.is_next = true;
        line.target.take()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads [`STAND_IN`] in place of targets that are no URI.
pub(super) struct WithoutTarget<S> {
    stream: S,
    targets: Targets,
    /// Read, and not handed on yet.
    held: Vec<u8>,
}

impl<S> WithoutTarget<S> {
    pub(super) fn new(stream: S, targets: Targets) -> Self {
        Self { stream, targets, held: Vec::new() }
    }

    /// Looks at the request line, once it is whole.
    fn exchange_target(&mut self, end: usize) {
        let mut line = self.targets.lock();
        line.is_next = false;
        let mut words = self.held[..end].split(|&byte| byte == b' ');
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return };
        let Ok(text) = std::str::from_utf8(target) else { return };
        if is_sendable(text) && !is_uri(text) {
            let place = method.len() + 1..method.len() + 1 + target.len();
            line.target = Some(text.to_owned());
            self.held.splice(place, STAND_IN.bytes());
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WithoutTarget<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.targets.lock().is_next {
            let mut space = [0; 4096];
            let mut read = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut read))?;
            this.held.extend_from_slice(read.filled());
            let line = this.held.windows(2).position(|end| end == b"\r\n");
            match line {
                Some(end) => this.exchange_target(end),
                None if read.filled().is_empty() || this.held.len() > MAX_LINE_LEN => {
                    this.targets.lock().is_next = false;
                }
                None => {}
            }
        }
        if this.held.is_empty() {
            return Pin::new(&mut this.stream).poll_read(context, buffer);
        }
        let len = this.held.len().min(buffer.remaining());
        buffer.put_slice(&this.held[..len]);
        this.held.drain(..len);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WithoutTarget<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

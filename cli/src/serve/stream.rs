//! The bytes of a connection, with what the HTTP library leaves to its user: a peer that takes nothing
//! ends the connection, and the end of a connection is one that the peer can read.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// A stream to which a write has to succeed within a time.
#[derive(Debug)]
pub(super) struct TimedStream<S> {
    inner: S,
    timeout: Duration,
    blocked: Option<Pin<Box<Sleep>>>,
}

impl<S> TimedStream<S> {
    pub(super) const fn new(inner: S, timeout: Duration) -> Self {
        Self { inner, timeout, blocked: None }
    }

    /// The result of a write, or an error when it has been pending for too long.
    fn bound<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.blocked = None;
            return written;
        }
        let timeout = self.timeout;
        let blocked = self.blocked.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(blocked.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: Read + Unpin> Read for TimedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: Write + Unpin> Write for TimedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.bound(written, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        self.bound(flushed, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.inner).poll_shutdown(context);
        self.bound(shut, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, pieces);
        self.bound(written, context)
    }
}

/// How a client's connection ends.
#[derive(Debug, Default)]
pub(super) struct Ending {
    /// The client may still be sending a body that nobody reads.
    pub(super) is_unread: AtomicBool,
    /// A response broke off whose end is the end of the connection.
    pub(super) is_cut: AtomicBool,
}

/// How long a client that still sends may take from one piece to the next, and altogether.
const LINGER: Duration = Duration::from_secs(2);
const MAX_LINGER: Duration = Duration::from_secs(30);

/// The connection of a client.
///
/// A connection that is closed while bytes arrive is reset, and then a client that sends before it
/// reads, such as an upload that was refused, never sees the response. So the connection is only half
/// closed, and what still arrives is read and discarded, until the client closes its half (RFC 9112,
/// section 9.6).
#[derive(Debug)]
pub(super) struct ClientStream {
    inner: TimedStream<TokioIo<TcpStream>>,
    ending: Arc<Ending>,
    lingering: Option<[Pin<Box<Sleep>>; 2]>,
}

impl ClientStream {
    pub(super) fn new(stream: TcpStream, timeout: Duration, ending: Arc<Ending>) -> Self {
        let inner = TimedStream::new(TokioIo::new(stream), timeout);
        Self { inner, ending, lingering: None }
    }

    /// Reads what still arrives, and discards it.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [0; 16 << 10];
        loop {
            let mut buffer = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.inner).poll_read(context, buffer.unfilled()) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.ending.is_unread.store(true, Ordering::Relaxed);
                    if let Some([pause, _]) = &mut self.lingering {
                        pause.as_mut().reset(tokio::time::Instant::now() + LINGER);
                    }
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending if !self.ending.is_unread.load(Ordering::Relaxed) => {
                    return Poll::Ready(());
                }
                Poll::Pending => break,
            }
        }
        let sleeps = self.lingering.get_or_insert_with(|| {
            [LINGER, MAX_LINGER].map(|time| Box::pin(tokio::time::sleep(time)))
        });
        let is_over = sleeps.iter_mut().any(|sleep| sleep.as_mut().poll(context).is_ready());
        if is_over { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for ClientStream {
    fn drop(&mut self) {
        if self.ending.is_cut.load(Ordering::Relaxed) {
            // A reset, because the client would take an orderly end for that of the response.
            let _ = self.inner.inner.inner().set_zero_linger();
        }
    }
}

impl Read for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl Write for ClientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingering.is_none() {
            ready!(Pin::new(&mut self.inner).poll_shutdown(context))?;
        }
        self.poll_linger(context).map(Ok)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, pieces)
    }
}

/// The connection to an upstream.
///
/// An upstream may respond before it has read a request's body, and close its end. Writing then fails,
/// but the response is there to be read. So what cannot be written is discarded, and reading decides.
#[derive(Debug)]
pub(super) struct UpstreamStream<S> {
    inner: TimedStream<S>,
    is_broken: bool,
}

impl<S> UpstreamStream<S> {
    pub(super) const fn new(inner: S, timeout: Duration) -> Self {
        Self { inner: TimedStream::new(inner, timeout), is_broken: false }
    }
}

impl<S: Write + Unpin> UpstreamStream<S> {
    fn discard_failed(
        &mut self,
        written: Poll<io::Result<usize>>,
        len: usize,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Err(error))
                if matches!(
                    error.kind(),
                    io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
                ) =>
            {
                self.is_broken = true;
                Poll::Ready(Ok(len))
            }
            other => other,
        }
    }
}

impl<S: Read + Unpin> Read for UpstreamStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: Write + Unpin> Write for UpstreamStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_broken {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.discard_failed(written, bytes.len())
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_broken {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let len = pieces.iter().map(|piece| piece.len()).sum();
        if self.is_broken {
            return Poll::Ready(Ok(len));
        }
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, pieces);
        self.discard_failed(written, len)
    }
}

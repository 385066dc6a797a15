//! A connection as the HTTP library is allowed to see it.

use super::framing::Framing;
use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

/// How long, and how much of, what a refused caller still sends is thrown away, so that it reads the refusal.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 16 << 20;

/// Reads strictly, waits for a head only so long, and leaves politely.
#[derive(Debug)]
pub(super) struct Strict<I> {
    io: I,
    framing: Option<Framing>,
    /// How long a head may take; `None` is for ever.
    patience: Option<Duration>,
    deadline: Pin<Box<Sleep>>,
    /// Whether the deadline counts.
    armed: bool,
    /// How long nothing of what is written may be read; `None` is for ever.
    read_within: Option<Duration>,
    /// Runs while the caller reads nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// What came is not taken, and nothing more is read.
    Refused {
        tell: bool,
    },
    /// The last byte is written; what still comes is thrown away.
    Lingering {
        read: usize,
    },
}

impl<I> Strict<I> {
    pub(super) fn new(
        io: I,
        framing: bool,
        patience: Option<Duration>,
        read_within: Option<Duration>,
    ) -> Self {
        Self {
            io,
            framing: framing.then(Framing::new),
            patience,
            deadline: Box::pin(sleep(patience.unwrap_or_default())),
            armed: patience.is_some(),
            read_within,
            stalled: None,
            state: State::Open,
        }
    }

    /// Passes on how writing went, unless the caller has read nothing for too long.
    fn watched(&mut self, cx: &mut Context<'_>, wrote: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let Some(within) = self.read_within.filter(|_| wrote.is_pending()) else {
            self.stalled = None;
            return wrote;
        };
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(within)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }

    /// Takes what was just read; what the library may not see is cut off.
    fn judge(&mut self, buf: &mut ReadBuf<'_>, before: usize) -> io::Result<()> {
        let Some(framing) = &mut self.framing else {
            self.armed = false;
            return Ok(());
        };
        if let Err(fault) = framing.take(&buf.filled()[before..]) {
            buf.set_filled(before + fault.good);
            self.armed = false;
            self.state = State::Refused { tell: !fault.in_head };
            if fault.in_head {
                // No head may hold this byte, so the library refuses the request and ends the connection.
                buf.put_slice(b"\0");
            } else if fault.good == 0 {
                return Err(framed_badly());
            }
        } else if !framing.in_head() {
            self.armed = false;
        } else if let (false, Some(patience)) = (self.armed, self.patience) {
            self.deadline.as_mut().reset(Instant::now() + patience);
            self.armed = true;
        }
        Ok(())
    }
}

fn framed_badly() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "the body is not framed as it should be")
}

impl<I: AsyncRead + Unpin> AsyncRead for Strict<I> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match this.state {
            State::Refused { tell: true } => return Poll::Ready(Err(framed_badly())),
            State::Refused { tell: false } | State::Lingering { .. } => return Poll::Ready(Ok(())),
            State::Open => {}
        }
        let before = buf.filled().len();
        match Pin::new(&mut this.io).poll_read(cx, buf) {
            Poll::Ready(Ok(())) if buf.filled().len() > before => Poll::Ready(this.judge(buf, before)),
            Poll::Pending if this.armed => {
                ready!(this.deadline.as_mut().poll(cx));
                Poll::Ready(Err(ErrorKind::TimedOut.into()))
            }
            other => other,
        }
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Strict<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(framing) = &mut self.framing {
            framing.answered(bytes);
        }
        let wrote = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.watched(cx, wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Some(framing) = &mut self.framing {
            framing.answered(slices.iter().find(|slice| !slice.is_empty()).map_or(&[], |slice| &slice[..]));
        }
        let wrote = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.watched(cx, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// Ends our side. Where the caller may still be sending, its bytes are thrown away for a moment: a
    /// socket that is closed with unread bytes takes the answer with it.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !matches!(this.state, State::Lingering { .. }) {
            ready!(Pin::new(&mut this.io).poll_shutdown(cx))?;
            let whole = this.framing.as_ref().is_none_or(Framing::between);
            if this.state == State::Open && whole {
                return Poll::Ready(Ok(()));
            }
            this.deadline.as_mut().reset(Instant::now() + LINGER);
            this.state = State::Lingering { read: 0 };
        }
        let mut thrown_away = [0; 8192];
        while let State::Lingering { read } = this.state {
            if read > LINGER_BYTES {
                break;
            }
            let mut buf = ReadBuf::new(&mut thrown_away);
            match Pin::new(&mut this.io).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => {
                    this.state = State::Lingering { read: read + buf.filled().len() };
                }
                Poll::Ready(_) => break,
                Poll::Pending => {
                    ready!(this.deadline.as_mut().poll(cx));
                    break;
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

//! Just enough HTTP/1.1 to read a request and to write good and bad answers.

use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep_until},
};

/// Longest request that is read, head and body together.
const MAX_REQUEST: usize = 32 * 1024 * 1024;

/// A request as it came.
pub(super) struct Request {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The key that it carries.
    pub fn key(&self) -> Option<&str> {
        let names = ["authorization", "x-api-key", "api-key", "x-goog-api-key"];
        let (_, value) = self.headers.iter().find(|(name, _)| names.contains(&name.as_str()))?;
        Some(value.strip_prefix("Bearer ").unwrap_or(value))
    }
}

/// A connection that is read and written by turns, and notices when the other side leaves.
pub(super) struct Wire {
    socket: TcpStream,
    /// Read, but not yet asked for.
    pending: Vec<u8>,
    /// Write at most so many bytes at once (0: as they come).
    pub split: usize,
    chunked: bool,
}

/// Why writing or waiting ended early.
pub(super) struct ClientLeft;

impl From<io::Error> for ClientLeft {
    fn from(_: io::Error) -> Self {
        Self
    }
}

impl Wire {
    pub fn new(socket: TcpStream) -> Self {
        // Without it, small pieces wait for acknowledgements and gaps are not what the script says.
        let _ = socket.set_nodelay(true);
        Self { socket, pending: Vec::new(), split: 0, chunked: false }
    }

    /// The next request, or `None` when the client has gone or talks nonsense.
    pub async fn request(&mut self) -> Option<Request> {
        let head_end = loop {
            if let Some(at) = self.pending.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more().await?;
        };
        let head = String::from_utf8_lossy(&self.pending[..head_end]).into_owned();
        self.pending.drain(..head_end);
        let mut lines = head.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned()))
            .collect();
        let header = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let chunked = header("transfer-encoding").is_some_and(|coding| coding.contains("chunked"));
        let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let body = if chunked { self.chunked_body().await? } else { self.take(length).await? };
        Some(Request { method, path, headers, body })
    }

    async fn chunked_body(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line_end = loop {
                if let Some(at) = self.pending.windows(2).position(|w| w == b"\r\n") {
                    break at;
                }
                self.read_more().await?;
            };
            let size = String::from_utf8_lossy(&self.pending[..line_end]).into_owned();
            let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
            self.pending.drain(..line_end + 2);
            let chunk = self.take(size + 2).await?;
            body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                return Some(body);
            }
        }
    }

    async fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.pending.len() < length {
            self.read_more().await?;
        }
        Some(self.pending.drain(..length).collect())
    }

    async fn read_more(&mut self) -> Option<()> {
        let read = self.socket.read_buf(&mut self.pending).await.ok()?;
        (read > 0 && self.pending.len() <= MAX_REQUEST).then_some(())
    }

    /// A whole answer.
    pub async fn answer(
        &mut self,
        status: u16,
        headers: &[(&str, String)],
        body: &[u8],
    ) -> Result<(), ClientLeft> {
        self.chunked = false;
        let head = head(status, headers, &format!("content-length: {}", body.len()));
        self.socket.write_all(head.as_bytes()).await?;
        self.write(body).await
    }

    /// The head of an answer that comes in pieces; end it with [`Self::finish`] or leave it cut.
    pub async fn begin(&mut self, status: u16, headers: &[(&str, String)]) -> Result<(), ClientLeft> {
        self.chunked = true;
        let head = head(status, headers, "transfer-encoding: chunked");
        Ok(self.socket.write_all(head.as_bytes()).await?)
    }

    /// A piece of the body.
    pub async fn piece(&mut self, bytes: &[u8]) -> Result<(), ClientLeft> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.write(bytes).await
    }

    /// The end of a body that came in pieces.
    pub async fn finish(&mut self) -> Result<(), ClientLeft> {
        Ok(self.socket.write_all(b"0\r\n\r\n").await?)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), ClientLeft> {
        let size = if self.split == 0 { bytes.len().max(1) } else { self.split };
        for slice in bytes.chunks(size) {
            if self.chunked {
                let mut framed = format!("{:x}\r\n", slice.len()).into_bytes();
                framed.extend_from_slice(slice);
                framed.extend_from_slice(b"\r\n");
                self.socket.write_all(&framed).await?;
            } else {
                self.socket.write_all(slice).await?;
            }
            self.socket.flush().await?;
        }
        Ok(())
    }

    /// Waits, but not longer than the client stays.
    pub async fn wait(&mut self, time: Duration) -> Result<(), ClientLeft> {
        if time.is_zero() {
            return Ok(());
        }
        let end = Instant::now().checked_add(time).unwrap_or_else(far);
        loop {
            tokio::select! {
                biased;
                () = sleep_until(end) => return Ok(()),
                read = self.socket.read_buf(&mut self.pending) => match read {
                    Ok(0) | Err(_) => return Err(ClientLeft),
                    Ok(_) => {}
                },
            }
        }
    }

    /// Waits until the client leaves.
    pub async fn until_left(&mut self) {
        while self.wait(Duration::from_hours(1)).await.is_ok() {}
    }

    /// Ends the connection with a TCP reset.
    pub fn reset(self) {
        let _ = self.socket.set_zero_linger();
    }

    /// Closes our side in an orderly way.
    pub async fn close(mut self) {
        let _ = self.socket.shutdown().await;
    }
}

fn far() -> Instant {
    Instant::now() + Duration::from_hours(24)
}

fn head(status: u16, headers: &[(&str, String)], framing: &str) -> String {
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("HTTP/1.1 {status} {}\r\n{}{framing}\r\n\r\n", reason(status), headers.concat())
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Scripted",
    }
}

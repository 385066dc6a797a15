use super::*;
use crate::Lookup;
use std::{future::Future, io, net::IpAddr, pin::Pin, sync::Arc};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// A resolver that has one answer.
struct Always(IpAddr);

impl Lookup for Always {
    fn lookup(&self, _host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        let ip = self.0;
        Box::pin(async move { Ok(vec![ip]) })
    }
}

/// Off-value of the guard, for a server on this machine.
const HERE: Rules = Rules { reach: Reach { loopback: true, lan: false, public: false }, https: false };

/// Answers every request with what stands behind its path; the address.
async fn server(answers: &'static [(&'static str, &'static [u8])]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut head = [0; 4096];
            let read = socket.read(&mut head).await.unwrap();
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            assert!(
                !head.to_lowercase().contains("cookie") && !head.to_lowercase().contains("authorization")
            );
            let path = head.split(' ').nth(1).unwrap_or_default();
            let answer = answers.iter().find(|(at, _)| *at == path).map_or(&b""[..], |(_, answer)| answer);
            let _ = socket.write_all(answer).await;
        }
    });
    address
}

#[tokio::test]
async fn a_picture_comes_whole_also_from_where_it_has_moved_to() {
    let address = server(&[
        ("/moved", b"HTTP/1.1 302 Found\r\nlocation: /picture\r\ncontent-length: 0\r\n\r\n"),
        ("/picture", b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 5\r\n\r\nbytes"),
    ])
    .await;
    let transport = Transport::with_lookup(Arc::new(Always([127, 0, 0, 1].into())));
    let fetched = transport.fetch(&format!("{address}/moved"), "image/", 5, HERE).await.unwrap();
    assert_eq!(fetched, b"bytes");
    // The twin: the same address under the real rules.
    let refused = transport.fetch_public(&format!("{address}/picture"), "image/", 5).await;
    assert!(matches!(refused, Err(FetchError::NotHttps)));
}

#[tokio::test]
async fn what_is_no_picture_or_too_large_is_not_taken() {
    let address = server(&[
        ("/page", b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 1\r\n\r\nx"),
        ("/svg", b"HTTP/1.1 200 OK\r\ncontent-type: image/svg+xml\r\ncontent-length: 1\r\n\r\nx"),
        ("/says", b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 6\r\n\r\nsixsix"),
        ("/sends", b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\nconnection: close\r\n\r\nmore than five"),
        ("/gone", b"HTTP/1.1 404 No\r\ncontent-type: image/png\r\ncontent-length: 0\r\n\r\n"),
        ("/loop", b"HTTP/1.1 302 Found\r\nlocation: /loop\r\ncontent-length: 0\r\n\r\n"),
        ("/inside", b"HTTP/1.1 302 Found\r\nlocation: http://10.0.0.1/x\r\ncontent-length: 0\r\n\r\n"),
        (
            "/cloud",
            b"HTTP/1.1 307 Go\r\nlocation: http://169.254.169.254/latest\r\ncontent-length: 0\r\n\r\n",
        ),
        ("/file", b"HTTP/1.1 302 Found\r\nlocation: file:///etc/passwd\r\ncontent-length: 0\r\n\r\n"),
    ])
    .await;
    let transport = Transport::with_lookup(Arc::new(Always([127, 0, 0, 1].into())));
    let fetch =
        async |path: &str| transport.fetch(&format!("{address}{path}"), "image/", 5, HERE).await.unwrap_err();
    assert!(matches!(fetch("/page").await, FetchError::OtherType(_)));
    assert!(matches!(fetch("/svg").await, FetchError::OtherType(_)));
    assert!(matches!(fetch("/says").await, FetchError::TooLarge(_)));
    assert!(matches!(fetch("/sends").await, FetchError::TooLarge(_)));
    assert!(matches!(fetch("/gone").await, FetchError::Status(404)));
    assert!(matches!(fetch("/loop").await, FetchError::Unreached(_)));
    assert!(matches!(fetch("/inside").await, FetchError::Refused(Refusal::Lan(_))));
    assert!(matches!(fetch("/cloud").await, FetchError::Refused(Refusal::Never(..))));
    assert!(matches!(fetch("/file").await, FetchError::Refused(Refusal::Scheme)));
}

#[tokio::test]
async fn private_places_are_refused_by_address_and_by_name() {
    for url in [
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://[::1]/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://10.1.2.3/x",
        "https://192.168.0.1/x",
        "https://172.16.0.1/x",
        "https://169.254.169.254/latest",
        "https://[fd00:ec2::254]/x",
        "https://[fe80::1]/x",
        "https://0.0.0.0/x",
        "https://224.0.0.1/x",
        "https://100.100.100.200/x",
        "https://metadata.google.internal/x",
        "https://[::ffff:127.0.0.1]/x",
    ] {
        let transport = Transport::with_lookup(Arc::new(Always([127, 0, 0, 1].into())));
        let error = transport.fetch_public(url, "image/", 5).await.unwrap_err();
        assert!(matches!(error, FetchError::Refused(_)), "{url}: {error}");
    }
    // A name that looks public and leads inside.
    for ip in ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "::1", "fd00::1"] {
        let transport = Transport::with_lookup(Arc::new(Always(ip.parse().unwrap())));
        let error =
            transport.fetch_public("https://pictures.example.com/x.png", "image/", 5).await.unwrap_err();
        assert!(matches!(error, FetchError::Refused(_)), "{ip}: {error}");
    }
    let transport = Transport::with_lookup(Arc::new(Always([127, 0, 0, 1].into())));
    for url in
        ["http://example.com/x", "ftp://example.com/x", "file:///etc/passwd", "data:image/png,x", "x", ""]
    {
        assert!(matches!(transport.fetch_public(url, "image/", 5).await, Err(FetchError::NotHttps)), "{url}");
    }
}

#[tokio::test]
async fn no_proxy_is_asked_to_look_inside() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let lookup = Arc::new(Always([10, 0, 0, 1].into()));
    let transport = Transport::build(lookup, super::super::dns::Proxies::of(proxy));
    for url in ["https://wiki.corp.example/x.png", "https://127.0.0.1/x.png"] {
        let error = transport.fetch_public(url, "image/", 5).await.unwrap_err();
        assert!(matches!(error, FetchError::Refused(_)), "{url}: {error}");
    }
    // Nobody ever came to the proxy.
    let came = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(came.is_err());
}

#[tokio::test]
async fn a_list_comes_once_and_is_not_looked_for_elsewhere() {
    let address = server(&[
        ("/new", b"HTTP/1.1 200 OK\r\netag: \"v1\"\r\ncontent-length: 2\r\n\r\n{}"),
        ("/same", b"HTTP/1.1 304 Not Modified\r\n\r\n"),
        ("/moved", b"HTTP/1.1 302 Found\r\nlocation: /new\r\ncontent-length: 0\r\n\r\n"),
        ("/long", b"HTTP/1.1 200 OK\r\ncontent-length: 200000000\r\n\r\n"),
    ])
    .await;
    let transport = Transport::with_lookup(Arc::new(Always([127, 0, 0, 1].into())));
    let list = async |path: &str, etag: Option<&str>| {
        transport.fetch_listing(&format!("{address}{path}"), etag, 100, HERE).await
    };
    let new = Listing::New { bytes: b"{}".to_vec(), etag: Some("\"v1\"".to_owned()) };
    assert_eq!(list("/new", None).await.unwrap(), new);
    assert_eq!(list("/same", Some("\"v1\"")).await.unwrap(), Listing::Unchanged);
    // Nobody asked whether it changed, so there is nothing to go on with.
    assert!(matches!(list("/same", None).await, Err(FetchError::Status(304))));
    assert!(matches!(list("/moved", None).await, Err(FetchError::Status(302))));
    assert!(matches!(list("/long", None).await, Err(FetchError::TooLarge(_))));
    // The twin: the same addresses under the real rules.
    let here = transport.fetch_list(&format!("{address}/new"), None, 100).await;
    assert!(matches!(here, Err(FetchError::NotHttps)));
    let named = transport.fetch_list("https://catalog.example/list", None, 100).await;
    assert!(matches!(named, Err(FetchError::Refused(_))), "{named:?}");
}

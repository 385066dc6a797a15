//! Names that lead where nobody is to be asked: judged on what they resolve to, whatever they look like.

use super::*;

/// Refused to everybody.
const NEVER: [&str; 52] = [
    // unspecified
    "0.0.0.0",
    "0.0.0.1",
    "0.255.255.255",
    "::",
    // cloud metadata
    "169.254.169.254",
    "169.254.170.2",
    "169.254.169.253",
    "169.254.169.123",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd20:ce::254",
    // link-local
    "169.254.0.1",
    "169.254.255.255",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "febf:ffff::1",
    // multicast and broadcast
    "224.0.0.1",
    "224.0.0.251",
    "239.255.255.250",
    "255.255.255.255",
    "ff02::1",
    "ff02::fb",
    "ff0e::1",
    // reserved and for documentation
    "240.0.0.1",
    "254.1.2.3",
    "192.0.0.1",
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.9",
    "2001:db8::1",
    "100::1",
    "fec0::1",
    "4000::1",
    "1::1",
    // IPv4 in disguise
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "::169.254.169.254",
    "::2",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2002:c0a8:101::1",
    "2001:0:7f00:1::",
    "2001:0:a9fe:a9fe::1",
];

/// This machine: for providers that the user put there.
const HERE: [&str; 8] = [
    "127.0.0.1",
    "127.0.0.2",
    "127.0.1.1",
    "127.1.2.3",
    "127.127.127.127",
    "127.255.255.254",
    "127.255.255.255",
    "::1",
];

/// The local network: after a yes.
const LAN: [&str; 14] = [
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.0.1",
    "192.168.1.20",
    "192.168.255.255",
    "100.64.0.1",
    "100.100.100.201",
    "100.127.255.254",
    "fd12:3456::1",
    "fd00:ec2::255",
    "fc00::1",
    "fdff:ffff::1",
];

/// The web: with TLS only.
const WEB: [&str; 8] = [
    "8.8.8.8",
    "1.1.1.1",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "2606:4700::1111",
    "64:ff9b::8.8.8.8",
];

/// What a call to a name with this one address ends in.
async fn verdict(ip: &str, provider: &Provider) -> AttemptError {
    let transport = Transport::with_lookup(Scripted::new(&[&[ip]]));
    transport.send(provider, Some(KEY), &wire(), &patient(), true).await.unwrap_err()
}

#[tokio::test]
async fn what_a_name_resolves_to_decides_in_a_table_of_eighty() {
    // Nobody listens at this port, wherever a call should come through.
    let plain = provider("http://innocent.name.test:9/v1");
    let lan = Provider { allow_lan: true, ..plain.clone() };
    let preset = Provider { configured: false, ..provider("https://innocent.name.test:9/v1") };
    assert!(NEVER.len() + HERE.len() + LAN.len() + WEB.len() >= 80);
    for ip in NEVER {
        for provider in [&plain, &lan, &preset] {
            let error = verdict(ip, provider).await;
            assert_eq!(error.failure.kind, ErrorKind::BadRequest, "{ip}: {error}");
            assert!(!format!("{error:?}").contains("canary"));
        }
    }
    for ip in HERE {
        let error = verdict(ip, &preset).await;
        assert_eq!(error.failure.kind, ErrorKind::BadRequest, "{ip}: {error}");
    }
    for ip in LAN {
        for provider in [&plain, &preset] {
            let error = verdict(ip, provider).await;
            assert_eq!(error.failure.kind, ErrorKind::BadRequest, "{ip}: {error}");
            assert!(error.failure.message.contains("allow_lan"), "{ip}: {error}");
        }
    }
    for ip in WEB {
        let error = verdict(ip, &lan).await;
        assert_eq!(error.failure.kind, ErrorKind::BadRequest, "{ip}: {error}");
        assert!(error.failure.message.contains("https"), "{ip}: {error}");
    }
}

#[tokio::test]
async fn without_the_guard_a_name_leads_to_this_machine() {
    let mut server = Server::answers("200 OK", "connection: close\r\n", "inside").await;
    let url = format!("http://innocent.name.test:{}/v1", server.at.port());
    let preset = Provider { configured: false, ..provider(&url) };
    let guarded = verdict("127.0.0.1", &preset).await;
    assert_eq!(guarded.failure.kind, ErrorKind::BadRequest);
    assert!(server.was_not_asked());

    let guards = Guards { addresses: false, ..Guards::ALL };
    let to_here = Scripted::new(&[&["127.0.0.1"]]);
    let twin = Transport::guarded(to_here, dns::Proxies::default(), guards);
    let answer = twin.send(&preset, Some(KEY), &wire(), &patient(), true).await.unwrap();
    assert_eq!(answer.body(100).await.unwrap(), b"inside");
    assert!(server.request().await.contains(KEY), "with the key");
}

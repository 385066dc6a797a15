use super::*;

const WEB: Reach = Reach { loopback: false, lan: false, public: true };
const HERE: Reach = Reach { loopback: true, lan: false, public: true };
const LAN: Reach = Reach { loopback: true, lan: true, public: true };

fn verdict(url: &str, reach: Reach) -> Result<(), Refusal> {
    // As a provider's own address: without TLS the web is out of reach.
    let url = Url::parse(url).map_err(|_| Refusal::Scheme)?;
    judge_url(&url, Reach { public: reach.public && url.scheme() == "https", ..reach })
}

#[test]
fn some_targets_are_refused_whatever_is_allowed() {
    let never = [
        // unspecified, in all spellings
        "http://0.0.0.0:8080/",
        "http://0/",
        "http://0x0/",
        "http://[::]/",
        "http://0.1.2.3/",
        // link-local
        "http://169.254.1.1/",
        "http://169.254.255.255/",
        "https://[fe80::1]/",
        "https://[febf::1]/",
        // cloud metadata: addresses
        "http://169.254.169.254/latest/meta-data/",
        "http://169.254.170.2/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://0251.0376.0251.0376/",
        "http://169.254.43518/",
        "http://100.100.100.200/",
        "http://168.63.129.16/",
        "http://192.0.0.192/",
        "http://[fd00:ec2::254]/",
        "https://[fd00:0ec2:0:0::254]/",
        "http://[fd20:ce::254]/",
        // cloud metadata: names
        "http://metadata.google.internal/",
        "https://METADATA.google.internal./",
        "http://metadata/",
        "https://metadata.goog/",
        "http://instance-data/",
        "http://instance-data.ec2.internal/",
        "http://metadata.tencentyun.com/",
        // multicast, broadcast, reserved, documentation
        "http://224.0.0.1/",
        "https://239.255.255.250/",
        "https://[ff02::1]/",
        "http://255.255.255.255/",
        "https://240.0.0.1/",
        "https://192.0.2.1/",
        "https://198.51.100.7/",
        "https://203.0.113.9/",
        "https://[2001:db8::1]/",
        "https://[100::1]/",
        "https://[fec0::1]/",
        // IPv4 in disguise
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "https://[::ffff:8.8.8.8]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[2002:7f00:1::]/",
        "https://[2002:c0a8:101::1]/",
        "https://[2001:0:7f00:1::]/",
        "https://[64:ff9b:1::1]/",
        // other schemes
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "ws://127.0.0.1/",
        "data:text/plain,x",
        "javascript:alert(1)",
        "unix:///run/x.sock",
        "simulated://models",
    ];
    for url in never {
        let refusal = verdict(url, LAN).unwrap_err();
        assert!(matches!(refusal, Refusal::Never(..) | Refusal::Scheme), "{url}: {refusal:?}");
    }
    assert!(never.len() >= 50);
}

#[test]
fn this_machine_needs_a_provider_that_was_put_there() {
    let here = [
        "http://127.0.0.1:8080/v1",
        "http://127.1/",
        "http://127.0.0.1./",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://017700000001/",
        "http://127.255.255.254/",
        "http://[::1]:11434/",
        "https://[0:0:0:0:0:0:0:1]/",
        "https://127.0.0.1/",
    ];
    for url in here {
        assert!(matches!(verdict(url, WEB), Err(Refusal::Loopback(_))), "{url}");
        assert_eq!(verdict(url, HERE), Ok(()), "{url}");
    }
}

#[test]
fn the_local_network_needs_a_yes() {
    let lan = [
        "http://10.0.0.5:8000/",
        "http://172.16.0.1/",
        "https://172.31.255.254/",
        "http://192.168.1.20:1234/v1",
        "http://100.64.0.1/",
        "http://100.127.255.254/",
        "http://[fd12:3456::1]/",
        "https://[fc00::1]/",
        "http://0xc0a80101/",
        "http://192.168.257/",
    ];
    for url in lan {
        assert!(matches!(verdict(url, HERE), Err(Refusal::Lan(_))), "{url}");
        assert_eq!(verdict(url, LAN), Ok(()), "{url}");
    }
}

#[test]
fn the_web_is_called_with_tls_only() {
    for host in [
        "8.8.8.8",
        "172.32.0.1",
        "172.15.0.1",
        "100.63.0.1",
        "100.128.0.1",
        "198.18.0.9",
        "[2606:4700::1111]",
        "[64:ff9b::808:808]",
    ] {
        assert_eq!(verdict(&format!("https://{host}/v1"), WEB), Ok(()), "{host}");
        assert!(matches!(verdict(&format!("http://{host}/v1"), LAN), Err(Refusal::PlainHttp(_))), "{host}");
    }
    // A name is judged by what it resolves to.
    assert_eq!(verdict("https://api.example.com/v1", WEB), Ok(()));
}

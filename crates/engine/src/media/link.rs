//! Links that the system may open: web pages and letters, nothing that starts a program or reads a file.

use url::Url;

/// Longest address.
const LONGEST: usize = 8 * 1024;

/// Why a link is not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It is none.
    #[error("this is no link that can be opened")]
    NoLink,
    /// It leads to something other than a page or a letter.
    #[error("links of the kind `{0}:` are not opened; only http, https and mailto are")]
    Scheme(String),
    /// It hides where it leads.
    #[error("the link carries a user name or password, which hides where it leads; it is not opened")]
    Disguised,
}

/// The link, brought into its one spelling, if the system may open it.
///
/// # Errors
/// When it may not.
pub fn openable(link: &str) -> Result<Url, LinkError> {
    if link.len() > LONGEST {
        return Err(LinkError::NoLink);
    }
    let mut url = Url::parse(link).map_err(|_| LinkError::NoLink)?;
    match url.scheme() {
        "http" | "https" => {
            if !url.username().is_empty() || url.password().is_some() {
                return Err(LinkError::Disguised);
            }
            if url.host_str().is_none_or(str::is_empty) {
                return Err(LinkError::NoLink);
            }
        }
        "mailto" => {
            // Some mail programs attach files that a link names.
            let kept: Vec<String> = url
                .query_pairs()
                .filter(|(name, _)| {
                    ["subject", "body", "cc", "to"].contains(&name.to_ascii_lowercase().as_str())
                })
                .map(|(name, value)| format!("{name}={}", escaped(&value, "")))
                .collect();
            let to = escaped(url.path(), "@,%");
            let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
            url = Url::parse(&format!("mailto:{to}{query}")).map_err(|_| LinkError::NoLink)?;
        }
        other => return Err(LinkError::Scheme(other.to_owned())),
    }
    Ok(url)
}

/// Everything but letters, digits and `-._~` by its percent sign, and but what is to stay.
fn escaped(text: &str, stays: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || stays.as_bytes().contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_and_letters_are_opened() {
        for link in [
            "https://example.com/a?b#c",
            "HTTP://EXAMPLE.com",
            "mailto:somebody@example.com",
            "mailto:a@b.test?subject=Hello%20you&body=x",
        ] {
            openable(link).unwrap();
        }
        let schemes = [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "java\nscript:alert(1)",
            " javascript:alert(1)",
            "vbscript:x",
            "data:text/html,<script>1</script>",
            "file:///etc/passwd",
            "file://host/share",
            "blob:https://example.com/1",
            "about:blank",
            "about:config",
            "chrome://settings",
            "edge://settings",
            "view-source:https://example.com",
            "tauri://localhost",
            "ipc://localhost",
            "asset://localhost/x",
            "ms-settings:x",
            "ms-msdt:/id x",
            "search-ms:query=x",
            "ms-word:ofe|u|http://x",
            "shell:startup",
            "smb://host/share",
            "ssh://host",
            "ssh://-oProxyCommand=x",
            "sftp://host",
            "ftp://host/x",
            "telnet://host",
            "ldap://host",
            "gopher://host",
            "magnet:?xt=x",
            "steam://run/1",
            "vscode://file/x",
            "vscode:extension/x",
            "slack://open",
            "zoommtg://join",
            "itms-services://x",
            "intent://x",
            "market://details?id=x",
            "tel:+123",
            "sms:+123",
            "facetime:x",
            "callto:x",
            "git://host/x",
            "jar:http://x!/y",
            "ws://host",
            "wss://host",
            "x-apple.systempreferences:x",
            "apt:package",
            "snap://x",
            "orchesity://x",
            "res://x",
            "mhtml:file://x",
            "feed:https://x",
            "webcal://x",
            "irc://x",
            "bitcoin:x",
            "dav://x",
            "nfs://x",
            "help:x",
        ];
        assert!(schemes.len() >= 40);
        for link in schemes {
            assert!(matches!(openable(link), Err(LinkError::Scheme(_))), "{link:?}");
        }
        for link in [
            "",
            "example.com",
            "//example.com",
            "/etc/passwd",
            "C:",
            "-h",
            "--version",
            "http://",
            "https://",
        ] {
            assert!(openable(link).is_err(), "{link:?}");
        }
        assert_eq!(openable("https://bank.test@evil.test/"), Err(LinkError::Disguised));
        assert_eq!(openable("https://:x@evil.test/"), Err(LinkError::Disguised));
        assert!(openable(&format!("https://example.com/{}", "a".repeat(9_000))).is_err());
    }

    #[test]
    fn what_is_opened_is_one_word_that_no_program_takes_for_an_option() {
        for link in ["https://example.com/a b\"'`$(x);&|<>\\\n", "mailto:a b@x.test?subject=a b&body=\"'\n"] {
            let opened = openable(link).unwrap().to_string();
            assert!(!opened.starts_with('-') && !opened.contains([' ', '\n', '"', '<', '>']), "{opened}");
        }
    }

    #[test]
    fn letters_take_no_files_along() {
        let opened =
            openable("mailto:a@b.test?attach=/etc/passwd&Attachment=x&subject=a+b&bcc=c@d.test").unwrap();
        assert_eq!(opened.as_str(), "mailto:a@b.test?subject=a%20b");
    }
}

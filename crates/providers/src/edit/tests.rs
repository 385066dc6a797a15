use super::*;
use domain::CaptureLevel;

const BEFORE: &str = r#"# my settings
[engine] # how it runs
max_attempts = 2 # not three

# the box in the cellar
[[providers]]
id = "local" # mine
dialect = "openai-chat"
base_url = "http://127.0.0.1:8080/v1"
enabled = true # for now

[aliases] # short names
fast = "local/x"
"#;

fn home_with(text: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(config::FILE), text).unwrap();
    home
}

fn text_of(home: &tempfile::TempDir) -> String {
    fs::read_to_string(home.path().join(config::FILE)).unwrap()
}

fn id(text: &str) -> ProviderId {
    text.parse().unwrap()
}

#[test]
fn adding_keeps_every_line_that_was_there() {
    let home = home_with(BEFORE);
    let new = NewProvider {
        dialect: Some(Dialect::AnthropicMessages),
        base_url: Some("https://llm.example.com".to_owned()),
        key: Some(KeySource::Env("LLM_KEY".to_owned())),
        models: vec!["a".to_owned(), "b".to_owned()],
        ..NewProvider::new(id("second"))
    };
    add_provider(home.path(), &new).unwrap();
    let text = text_of(&home);
    for line in BEFORE.lines() {
        assert!(text.lines().any(|kept| kept == line), "`{line}` is gone from\n{text}");
    }
    let config = Config::load_with(home.path(), &|_| None).unwrap();
    let second = config.provider("second").unwrap();
    assert_eq!(second.models, ["a", "b"]);
    assert_eq!(second.key, KeySource::Env("LLM_KEY".to_owned()));
    assert_eq!(config.aliases.len(), 1);
    assert!(matches!(add_provider(home.path(), &new), Err(ConfigError::Taken(_))));
}

#[test]
fn adding_makes_the_file_where_there_is_none() {
    let home = tempfile::tempdir().unwrap();
    add_provider(home.path(), &NewProvider::new(id("openai"))).unwrap();
    assert!(Config::load_with(home.path(), &|_| None).unwrap().provider("openai").unwrap().configured);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn switching_off_changes_one_word() {
    let home = home_with(BEFORE);
    set_enabled(home.path(), &id("local"), false).unwrap();
    assert_eq!(text_of(&home), BEFORE.replace("enabled = true", "enabled = false"));
    set_enabled(home.path(), &id("groq"), false).unwrap();
    assert!(!Config::load_with(home.path(), &|_| None).unwrap().provider("groq").unwrap().enabled);
    assert!(matches!(set_enabled(home.path(), &id("nobody"), true), Err(ConfigError::NoSuchProvider(_))));
}

#[test]
fn removing_takes_that_provider_only() {
    let home = home_with(BEFORE);
    add_provider(home.path(), &NewProvider::new(id("openai"))).unwrap();
    remove_provider(home.path(), &id("local")).unwrap();
    let text = text_of(&home);
    assert!(
        !text.contains("8080") && text.contains("# my settings") && text.contains("id = \"openai\""),
        "{text}"
    );
    remove_provider(home.path(), &id("openai")).unwrap();
    assert!(matches!(remove_provider(home.path(), &id("openai")), Err(ConfigError::NoSuchProvider(_))));
    assert!(text_of(&home).contains("[aliases] # short names"));
}

#[test]
fn nothing_is_written_that_would_not_be_read_back() {
    let home = home_with(BEFORE);
    let bad = NewProvider { base_url: Some("nonsense".to_owned()), ..NewProvider::new(id("bad")) };
    assert!(matches!(add_provider(home.path(), &bad), Err(ConfigError::Invalid { .. })));
    assert_eq!(text_of(&home), BEFORE);
    let broken = home_with("[engine\n");
    assert!(add_provider(broken.path(), &NewProvider::new(id("openai"))).is_err());
    assert_eq!(text_of(&broken), "[engine\n");
}

#[test]
fn providers_written_inline_can_be_edited_too() {
    let home = home_with("providers = [{ id = \"openai\", enabled = false }]\n");
    set_enabled(home.path(), &id("openai"), true).unwrap();
    assert!(Config::load_with(home.path(), &|_| None).unwrap().provider("openai").unwrap().enabled);
}

#[test]
fn of_edits_at_once_none_is_lost() {
    let home = home_with(BEFORE);
    std::thread::scope(|scope| {
        for number in 0..16 {
            let home = home.path();
            scope.spawn(move || {
                let new = NewProvider {
                    dialect: Some(Dialect::OpenaiChat),
                    base_url: Some("http://127.0.0.1:9/v1".to_owned()),
                    ..NewProvider::new(id(&format!("p{number}")))
                };
                add_provider(home, &new).unwrap();
            });
        }
    });
    let config = Config::load_with(home.path(), &|_| None).unwrap();
    assert_eq!(config.providers.iter().filter(|provider| provider.configured).count(), 17);
}

#[test]
fn changing_keeps_comments_and_what_was_not_named() {
    let home = home_with(BEFORE);
    let change = NewProvider {
        name: Some("Cellar".to_owned()),
        base_url: Some("http://127.0.0.1:9090/v1".to_owned()),
        headers: vec![("X-Team".to_owned(), "blue".to_owned())],
        models: vec!["a".to_owned()],
        ..NewProvider::new(id("local"))
    };
    update_provider(home.path(), &id("local"), &change).unwrap();
    let text = text_of(&home);
    for line in BEFORE.lines().filter(|line| !line.starts_with("base_url")) {
        assert!(text.lines().any(|kept| kept == line), "`{line}` is gone from\n{text}");
    }
    let local = Config::load_with(home.path(), &|_| None).unwrap().provider("local").unwrap().clone();
    assert_eq!((local.name.as_str(), local.dialect), ("Cellar", Dialect::OpenaiChat));
    assert_eq!(local.base_url.as_str(), "http://127.0.0.1:9090/v1");
    assert_eq!(local.headers, [("x-team".to_owned(), "blue".to_owned())]);
    assert_eq!(local.models, ["a"]);
    // An empty text takes out, nothing leaves alone; lists are as given.
    let back = NewProvider { name: Some(String::new()), ..NewProvider::new(id("local")) };
    update_provider(home.path(), &id("local"), &back).unwrap();
    assert_eq!(text_of(&home), BEFORE.replace("8080", "9090"));
    // A preset gets a row of its own; whoever is neither is not there.
    let name = NewProvider { name: Some("Mine".to_owned()), ..NewProvider::new(id("groq")) };
    update_provider(home.path(), &id("groq"), &name).unwrap();
    assert_eq!(Config::load_with(home.path(), &|_| None).unwrap().provider("groq").unwrap().name, "Mine");
    let nobody = update_provider(home.path(), &id("nobody"), &NewProvider::new(id("nobody")));
    assert!(matches!(nobody, Err(ConfigError::NoSuchProvider(_))));
}

#[test]
fn a_key_in_the_environment_does_not_follow_to_another_origin_unasked() {
    let text = "[[providers]]\nid = \"x\"\ndialect = \"openai-chat\"\nbase_url = \"https://a.example/v1\"\nkey = \"env:X_KEY\"\n";
    let key_of = |home: &tempfile::TempDir| {
        Config::load_with(home.path(), &|_| None).unwrap().provider("x").unwrap().key.clone()
    };
    let to = |address: &str, key: Option<KeySource>| NewProvider {
        base_url: Some(address.to_owned()),
        key,
        ..NewProvider::new(id("x"))
    };
    let env = KeySource::Env("X_KEY".to_owned());
    let home = home_with(text);
    update_provider(home.path(), &id("x"), &to("https://a.example/v2", None)).unwrap();
    assert_eq!(key_of(&home), env, "another path is the same origin");
    update_provider(home.path(), &id("x"), &to("https://evil.example/v2", None)).unwrap();
    assert_eq!(key_of(&home), KeySource::Keychain);
    let home = home_with(text);
    update_provider(home.path(), &id("x"), &to("https://b.example/v2", Some(env.clone()))).unwrap();
    assert_eq!(key_of(&home), env, "it was named again");
}

#[test]
fn headers_that_carry_keys_are_refused_and_not_repeated() {
    for (name, value) in [
        ("Authorization", "Bearer abc"),
        ("x-api-key", "abc"),
        ("X-Auth-Token", "abc"),
        ("x_secret", "abc"),
        ("Cookie", "a=b"),
        ("x-team", "sk-proj-abcdefgh"),
        ("x-team", "Bearer abcdefgh"),
    ] {
        let home = home_with(BEFORE);
        let change = NewProvider {
            headers: vec![(name.to_owned(), value.to_owned())],
            ..NewProvider::new(id("local"))
        };
        let error = update_provider(home.path(), &id("local"), &change).unwrap_err().to_string();
        assert!(error.contains("keys are never written here") && !error.contains(value), "{error}");
        assert_eq!(text_of(&home), BEFORE);
    }
    let home = home_with(BEFORE);
    let headers = vec![("anthropic-beta".to_owned(), "token-efficient-tools-2025-02-19".to_owned())];
    let change = NewProvider { headers, ..NewProvider::new(id("local")) };
    update_provider(home.path(), &id("local"), &change).unwrap();
}

#[test]
fn a_header_that_is_only_called_like_a_key_costs_that_header_and_not_the_file() {
    let text = "[[providers]]\nid = \"x\"\ndialect = \"openai-chat\"\nbase_url = \"https://a.example/v1\"\n\
                headers = { x-idempotency-key = \"7f3a\", x-team = \"blue\" }\n";
    let config = Config::parse(text, &|_| None).unwrap();
    let sent = &config.provider("x").unwrap().headers;
    assert_eq!(*sent, [("x-team".to_owned(), "blue".to_owned())]);
    let [warning] = &config.warnings[..] else { panic!("{:?}", config.warnings) };
    assert!(warning.contains("line 5") && warning.contains("`x-idempotency-key` is not sent"), "{warning}");
    assert!(!warning.contains("7f3a"), "{warning}");
    // Such a file can be edited; a value that looks like a key makes it bad.
    let home = home_with(text);
    set_enabled(home.path(), &id("x"), false).unwrap();
    let key = text.replace("7f3a", "sk-proj-abcdefgh");
    assert!(Config::parse(&key, &|_| None).unwrap_err().to_string().contains("carries a key"));
}

#[test]
fn words_that_mean_nothing_are_told_with_their_place() {
    let text = "[[providers]]\nid = \"x\"\ndialect = \"openai-chat\"\nbase_url = \"https://a.example/v1\"\nmodel = [\"a\"]\n";
    let config = Config::parse(text, &|_| None).unwrap();
    assert_eq!(
        config.warnings,
        ["config.toml line 5, column 1: `model` means nothing in `[[providers]]`; did you mean `models`?"]
    );
    assert!(Config::parse(BEFORE, &|_| None).unwrap().warnings.is_empty());
}

#[test]
fn the_gateway_is_changed_word_by_word_and_comments_stay() {
    let home = home_with(BEFORE);
    let change = GatewayEdit { enabled: Some(true), port: Some(4242), ..GatewayEdit::default() };
    set_gateway(home.path(), &change).unwrap();
    let text = text_of(&home);
    assert!(BEFORE.lines().all(|line| text.lines().any(|kept| kept == line)), "{text}");
    let gateway = Config::load_with(home.path(), &|_| None).unwrap().gateway;
    assert_eq!((gateway.enabled, gateway.port), (true, 4242));

    let text = "# ours\n[gateway] # the door\nport = 1 # low\nhosts = [\"a\"] # me\n";
    let home = home_with(text);
    let change = GatewayEdit {
        port: Some(2),
        hosts: Some(vec!["a".to_owned(), "b:1".to_owned()]),
        ..GatewayEdit::default()
    };
    set_gateway(home.path(), &change).unwrap();
    let after = text.replace("port = 1", "port = 2").replace("[\"a\"]", "[\"a\", \"b:1\"]");
    assert_eq!(text_of(&home), after);
    // Written inline it stays so.
    let home = home_with("gateway = { port = 1 }\n");
    let change = GatewayEdit { capture: Some(CaptureLevel::Off), ..GatewayEdit::default() };
    set_gateway(home.path(), &change).unwrap();
    let gateway = Config::load_with(home.path(), &|_| None).unwrap().gateway;
    assert_eq!((gateway.capture, gateway.port), (CaptureLevel::Off, 1));
}

#[test]
fn a_gateway_that_would_not_be_read_back_is_not_written() {
    let home = home_with(BEFORE);
    for change in [
        GatewayEdit { host: Some("example.com".to_owned()), ..GatewayEdit::default() },
        GatewayEdit { keep_days: Some(0), ..GatewayEdit::default() },
    ] {
        assert!(set_gateway(home.path(), &change).is_err());
        assert_eq!(text_of(&home), BEFORE);
    }
}

use super::*;

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

use super::*;
use domain::{Dialect, KeySource, NanoUsd};

fn none(_: &str) -> Option<String> {
    None
}

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, &none)
}

/// Line, column and message of what is wrong.
fn wrong(text: &str) -> (usize, usize, String) {
    match parse(text).unwrap_err() {
        ConfigError::Invalid { line, column, message } => (line, column, message),
        other => panic!("{other}"),
    }
}

#[test]
fn the_example_of_the_product_is_read() {
    let text = r#"
[[providers]]
id = "local"                     # used as prefix: local/<model>
dialect = "openai-chat"
base_url = "http://127.0.0.1:8080/v1"
key = "env:LOCAL_KEY"            # or "keychain" (default), or "none"
models = ["gemma-3-270m"]        # optional; else discovered

[engine]
max_attempts = 1
timeouts = { connect_ms = 10000, headers_ms = 7, first_content_ms = 120000, idle_ms = 60000, total_ms = 1800000 }

[gateway]
port = 4141
hosts = ["box"]
[routing]
default = "balanced"
[routing.policies.cheap-code]
profile = "budget"
require = ["tools"]
[budget]
day_usd = 5
[cache]
enabled = false
[something.newer]
x = 1
"#;
    let config = parse(text).unwrap();
    let local = config.provider("local").unwrap();
    assert_eq!(local.dialect, Dialect::OpenaiChat);
    assert_eq!(local.key, KeySource::Env("LOCAL_KEY".to_owned()));
    assert_eq!(local.key_variable.as_deref(), Some("LOCAL_KEY"));
    assert_eq!(local.models, ["gemma-3-270m"]);
    assert!(local.enabled && local.configured && local.is_loopback());
    assert_eq!(local.origin(), "http://127.0.0.1:8080");
    assert_eq!(config.engine.max_attempts, 1);
    assert_eq!(config.engine.timeouts.headers_ms, 7);
    assert_eq!(config.engine.timeouts.comments_ms, 300_000);
    assert_eq!(config.budget.day_usd, Some(domain::NanoUsd(5_000_000_000)));
    assert_eq!((config.budget.month_usd, &config.budget.time_zone), (None, &domain::Zone::UTC));
    assert_eq!(config.providers[0].id.as_str(), "local");
    assert!(config.provider("simulated").unwrap().enabled);
}

#[test]
fn no_file_means_the_presets() {
    let home = tempfile::tempdir().unwrap();
    let config = Config::load_with(home.path(), &none).unwrap();
    assert_eq!(config, Config::default());
    assert!(config.providers.iter().all(|provider| !provider.configured));
}

#[test]
fn a_provider_with_the_id_of_a_preset_overrides_its_fields_only() {
    let config = parse("[[providers]]\nid = \"mistral\"\nmodels = [\"mistral-large-latest\"]\n").unwrap();
    let mistral = config.provider("mistral").unwrap();
    assert_eq!(mistral.base_url.as_str(), "https://api.mistral.ai/v1");
    assert_eq!(mistral.quirks.prefill_field.as_deref(), Some("prefix"));
    assert_eq!(mistral.key_variable.as_deref(), Some("MISTRAL_API_KEY"));
    assert!(mistral.configured && mistral.enabled);
    assert_eq!(config.providers.iter().filter(|provider| provider.id.as_str() == "mistral").count(), 1);
}

#[test]
fn a_preset_serves_several_accounts() {
    let text = "[[providers]]\nid = \"work\"\npreset = \"anthropic\"\nkey = \"env:WORK_KEY\"\n";
    let config = parse(text).unwrap();
    let work = config.provider("work").unwrap();
    assert_eq!(work.dialect, Dialect::AnthropicMessages);
    assert_eq!(work.catalog_name(), "anthropic");
    assert!(config.prices_of(work, "claude-sonnet-4-5").input.is_some());
}

#[test]
fn a_preset_at_another_address_gets_neither_its_usual_key_nor_its_prices() {
    for url in
        ["https://api.openai.com.evil.test/v1", "http://127.0.0.1:9/v1", "https://api.openai.com:8443/v1"]
    {
        let text = format!("[[providers]]\nid = \"openai\"\nbase_url = \"{url}\"\n");
        let config = Config::parse(&text, &|_| Some("sk-from-the-environment".to_owned())).unwrap();
        let openai = config.provider("openai").unwrap();
        assert_eq!(openai.key_variable, None, "{url}");
        assert_eq!(openai.key, KeySource::Keychain);
        assert_eq!(openai.catalog_name(), "");
    }
    // Another path of the same origin is still home.
    let config =
        parse("[[providers]]\nid = \"openai\"\nbase_url = \"https://api.openai.com/v2/\"\n").unwrap();
    assert_eq!(config.provider("openai").unwrap().key_variable.as_deref(), Some("OPENAI_API_KEY"));
}

#[test]
fn azure_gets_its_address_from_the_file() {
    let config =
        parse("[[providers]]\nid = \"azure\"\nbase_url = \"https://me.openai.azure.com/openai/v1\"\n")
            .unwrap();
    let azure = config.provider("azure").unwrap();
    assert_eq!(azure.key_variable.as_deref(), Some("AZURE_OPENAI_API_KEY"));
    assert_eq!(azure.catalog_name(), "azure");
    // The environment's key is for Azure, not for whatever host bears its name here.
    for url in ["https://azure.evil.test/openai/v1", "http://127.0.0.1:9/v1", "https://notazure.com/v1"] {
        let config = parse(&format!("[[providers]]\nid = \"azure\"\nbase_url = \"{url}\"\n")).unwrap();
        assert_eq!(config.provider("azure").unwrap().key_variable, None, "{url}");
    }
    let (line, _, message) = wrong("[[providers]]\nid = \"azure\"\n");
    assert_eq!(line, 2);
    assert!(message.contains("base_url"), "{message}");
}

#[test]
fn what_is_wrong_is_named_with_its_line_and_column() {
    let provider =
        "[[providers]]\nid = \"a\"\ndialect = \"openai-chat\"\nbase_url = \"http://127.0.0.1:1/v1\"\n";
    let cases: &[(&str, usize, usize, &str)] = &[
        ("[[providers]]\nid = \"a\"\ndialect = \"openai\"\n", 3, 11, "openai-chat"),
        ("[[providers]]\nid = 5\n", 2, 6, ""),
        ("[[providers]]\nid = \"A b\"\n", 2, 6, "no provider id"),
        ("[[providers]]\nname = \"x\"\n", 1, 1, "id"),
        ("[[providers]]\nid = \"x\"\nbase_url = \"http://h/v1\"\n", 2, 1, "dialect"),
        ("[[providers]]\nid = \"x\"\ndialect = \"gemini\"\n", 2, 1, "base_url"),
        ("[[providers]]\nid = \"x\"\npreset = \"openia\"\n", 3, 1, "presets are"),
        ("[[providers]]\nid = \"x\"\ndialect = \"ollama\"\nbase_url = \"nonsense\"\n", 4, 12, "no address"),
        (
            "[[providers]]\nid = \"x\"\ndialect = \"ollama\"\nbase_url = \"http://u:p@h/\"\n",
            4,
            12,
            "user name",
        ),
        ("[[providers]]\nid = \"openai\"\nmodels = \"gpt\"\n", 3, 10, ""),
        ("[[providers]]\nid = \"openai\"\nenabled = \"yes\"\n", 3, 11, ""),
        (
            "[[providers]]\nid = \"openai\"\nheaders = { Authorization = \"Bearer x\" }\n",
            3,
            1,
            "carries a key",
        ),
        ("[[providers]]\nid = \"openai\"\nheaders = { Host = \"x\" }\n", 3, 1, "cannot be set"),
        ("[[providers]]\nid = \"openai\"\ndialect = \"simulated\"\n", 3, 1, "simulated"),
        ("[providers]\nid = \"x\"\n", 1, 1, ""),
        ("\n\n[engine]\nmax_attempts = 0\n", 4, 1, "at least 1"),
        ("[engine]\ncheck_every_s = 5\n", 2, 1, "at least 30"),
        ("[routing]\nhedge_ms = 5\n", 2, 1, "at least 50"),
        ("[routing]\non_cut = \"again\"\n", 2, 1, "resume"),
        ("[engine]\nmax_attempts = \"3\"\n", 2, 16, ""),
        ("[engine]\ntimeouts = { idle_ms = 0 }\n", 2, 14, "idle_ms"),
        ("[engine]\ntimeouts = { idle_ms = -5 }\n", 2, 24, ""),
        ("[aliases]\nfast = []\n", 2, 1, "at least one"),
        ("[aliases]\nauto = \"a/b\"\n", 2, 1, "cannot be an alias"),
        ("[aliases]\na = \"x/y\"\nb = [\"a\"]\n", 3, 1, "names the alias"),
        ("[[prices]]\nmodel = \"a/b\"\ninput = -1\n", 3, 9, "below 0"),
        ("[budget]\nday_usd = -1\n", 2, 11, "below 0"),
        ("[budget]\ntime_zone = \"Mars\"\n", 2, 1, "Europe/Berlin"),
        ("[[prices]]\nmodel = \"a/b\"\ninput = 0.00000000001\n", 3, 9, "amount"),
        ("gateway = 5\n", 1, 11, ""),
        ("[[providers]\n", 1, 13, ""),
        ("a = 1\na = 2\n", 2, 1, "duplicate"),
        ("[x]\nb = \"open\n", 2, 10, ""),
    ];
    for (text, line, column, part) in cases {
        let found = wrong(text);
        assert_eq!((found.0, found.1), (*line, *column), "{text}\n{}", found.2);
        assert!(found.2.contains(part), "{text}\n{}", found.2);
    }
    let (line, _, message) = wrong(&format!("{provider}\n{provider}"));
    assert_eq!(line, 7);
    assert!(message.contains("there is a provider `a` above"));
}

#[test]
fn a_key_in_the_file_is_refused_and_not_repeated() {
    let key = "sk-live-0123456789abcdef";
    for text in [
        format!("[[providers]]\nid = \"openai\"\nkey = \"{key}\"\n"),
        format!("[[providers]]\nid = \"openai\"\nkey = \"env:{key}\"\n"),
        format!("[[providers]]\nid = \"openai\"\napi_key = \"{key}\"\n"),
        format!("[[providers]]\nid = \"openai\"\nmodels = \"{key}\"\n"),
        format!("[[providers]]\nid = \"openai\"\nheaders = \"Authorization: {key}\"\n"),
        format!("[[providers]]\nid = \"openai\"\nheaders = {{ x-api-key = \"{key}\" }}\n"),
        format!("[[providers]]\nid = \"openai\"\nbase_url = \"https://h/v1?key={key}\"\n"),
        format!("[[providers]]\nid = \"openai\"\nenabled = \"{key}\"\n"),
        format!("[engine]\nmax_attempts = \"{key}\"\n"),
        format!("[[providers]]\nid = \"openai\"\nkey = \"{key}\n"),
    ] {
        let error = parse(&text).unwrap_err();
        assert!(error.line().is_some());
        assert!(!format!("{error} {error:?}").contains("0123456789"), "{error:?}");
    }
}

#[test]
fn own_prices_win_over_everything_and_are_exact() {
    let text = r#"
[[providers]]
id = "local"
dialect = "openai-chat"
base_url = "http://127.0.0.1:8080/v1"
[[prices]]
model = "local/a"
input = 0.1
output = 2
cached_read = "0.000000001"
[[prices]]
model = "everywhere"
input = 1.25
output = 1.25
"#;
    let config = parse(text).unwrap();
    let local = config.provider("local").unwrap();
    let own = config.prices_of(local, "a");
    assert_eq!(own.input, Some(NanoUsd(100_000_000)));
    assert_eq!(own.output, Some(NanoUsd(2_000_000_000)));
    assert_eq!(own.cached_read, Some(NanoUsd(1)));
    assert_eq!(own.reasoning, None);
    assert_eq!(config.prices_of(local, "b"), Prices::FREE);
    let openai = config.provider("openai").unwrap();
    assert_eq!(config.prices_of(openai, "everywhere").input, Some(NanoUsd(1_250_000_000)));
    assert!(config.prices_of(openai, "gpt-4o-mini").input.is_some());
    assert_eq!(config.prices_of(openai, "unknown"), Prices::default());
    assert_eq!(config.prices_of(config.provider("simulated").unwrap(), "steady"), Prices::FREE);
}

#[test]
fn a_file_that_is_no_text_is_unreadable_not_empty() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(FILE), b"\xff\xfe").unwrap();
    assert!(matches!(Config::load_with(home.path(), &none), Err(ConfigError::Unreadable { .. })));
    std::fs::remove_file(home.path().join(FILE)).unwrap();
    std::fs::create_dir(home.path().join(FILE)).unwrap();
    assert!(matches!(Config::load_with(home.path(), &none), Err(ConfigError::Unreadable { .. })));
}

#[test]
fn policies_are_read_and_what_is_wrong_in_one_is_named_with_its_line() {
    let config = parse(
        "[routing]\ndefault = \"cheap-code\"\n[routing.policies.cheap-code]\nprofile = \"budget\"\nrequire = [\"tools\"]\n\
         allow = [\"local/*\"]\nweights = { quality = 0.4 }\nmax_cost_usd = 0.01\nscore = \"quality - 3*usd + cost/2\"\n\
         [routing.policies.quality]\nexplore = 0.1\nstrategy = \"bandit\"\n",
    )
    .unwrap();
    let cheap = config.routing.policy("").unwrap();
    assert_eq!((cheap.name.as_str(), cheap.profile), ("cheap-code", domain::Profile::Budget));
    assert_eq!(cheap.max_cost, Some(NanoUsd(10_000_000)));
    assert!((cheap.weights.quality - 0.4).abs() < 1e-6 && cheap.weights.cost > 0.5);
    assert_eq!(config.routing.policy("quality").unwrap().profile, domain::Profile::Quality);
    assert!(config.routing.policy("speed").unwrap().built_in && config.routing.policy("none").is_none());

    for (text, line, word) in [
        ("[routing]\ndefault = \"nosuch\"\n", 2, "nosuch"),
        ("[routing.policies.x]\nstrategy = \"best\"\n", 2, "best"),
        ("[routing.policies.x]\nexplore = 0.9\n", 2, "0.5"),
        ("[routing.policies.x]\nrequire = [\"wings\"]\n", 2, "wings"),
        ("[routing.policies.x]\nadapt = false\nscore = \"qualty*2\"\n", 3, "qualty"),
        ("[routing.policies.x]\nstrategy = \"priority\"\n", 2, "order"),
        ("[routing.policies.x]\nweights = { beauty = 1 }\n", 2, "beauty"),
        ("[routing.policies.X_y]\nadapt = false\n", 1, "small letters"),
    ] {
        let (at, _, message) = wrong(text);
        assert_eq!(at, line, "{text}: {message}");
        assert!(message.contains(word), "{message}");
    }
    let warned = parse("[routing.policies.x]\nalow = [\"a/*\"]\n").unwrap().warnings;
    assert!(warned[0].contains("did you mean `allow`") && warned[0].contains("line 2"), "{warned:?}");
}

#[test]
fn lists_of_the_settings_are_from_the_web_with_https_or_from_this_machine() {
    let parse = |text: &str| Config::parse(text, &|_| None);
    let good = parse(
        "[[catalog]]\nurl = \"https://boards.example/text.csv\"\nof = \"lmarena-text\"\n\n[[catalog]]\nurl = \"http://127.0.0.1:9/x\"\nevery_hours = 6\n",
    );
    let lists = good.unwrap().catalog;
    let told: Vec<_> = lists.iter().map(|list| (list.of.as_ref(), list.every.as_secs() / 3_600)).collect();
    assert_eq!(told, [("lmarena-text", 24), ("", 6)]);
    for (bad, line) in [
        ("[[catalog]]\nurl = \"http://boards.example/text.csv\"\n", 2),
        ("[[catalog]]\nurl = \"ftp://boards.example/x\"\n", 2),
        ("[[catalog]]\nurl = \"https://me:secret@boards.example/x\"\n", 2),
        ("[[catalog]]\nurl = \"https://a.example/x\"\nevery_hours = 0\n", 3),
        ("[[catalog]]\nurl = \"https://a.example/x\"\n[[catalog]]\nurl = \"https://a.example/x\"\n", 4),
    ] {
        let error = parse(bad).unwrap_err().to_string();
        assert!(error.contains(&format!("line {line}")), "{error}");
    }
    let warned = parse("[[catalog]]\nurl = \"https://a.example/x\"\nevery_hour = 2\n").unwrap().warnings;
    assert!(warned.len() == 1 && warned[0].contains("every_hours"), "{warned:?}");
}

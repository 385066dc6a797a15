//! Estimates before a prompt is sent, and what is refused before a call.

use crate::ground::{Ground, asking, column};
use domain::{AskColumn, MediaSource, NanoUsd, Params, Part, RunOrigin, StartRun};
use engine::EngineErrorKind;

/// The provider again under a preset's name, whose catalog says what its models cost and can.
fn as_preset(url: &str) -> String {
    format!(
        "[[providers]]\nid = \"priced\"\ndialect = \"openai-chat\"\nbase_url = {url:?}\nkey = \"none\"\n\n\
         [[prices]]\nmodel = \"priced/ok\"\ninput = \"2\"\noutput = \"10\"\n"
    )
}

fn estimating(parts: Vec<Part>, columns: Vec<AskColumn>) -> StartRun {
    StartRun { important: false, conversation: None, parts, columns, system: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_estimate_counts_system_text_path_and_prompt_for_each_column() {
    let ground = Ground::new().await;
    let config = std::fs::read_to_string(ground.home.path().join("config.toml")).unwrap();
    let more = as_preset(&format!("{}/v1", ground.provider.url()));
    ground.home.write_config(&format!("{config}\n{more}")).unwrap();
    let engine = engine::Engine::open(ground.home.path(), engine::EngineOptions::command()).await.unwrap();
    let limited = AskColumn {
        params: Params { max_tokens: Some(100), ..Params::default() },
        ..column(None, "priced/ok")
    };
    let ask = estimating(
        vec![Part::text("x".repeat(4_000))],
        vec![limited, column(None, "simulated/fast"), column(None, "nobody/knows")],
    );
    let found = engine.estimate(StartRun { system: Some("y".repeat(400)), ..ask }).await.unwrap();
    assert_eq!((found[0].input, found[0].output), (1_100, 100));
    // 1,100 tokens at 2 and 100 at 10 dollars a million.
    assert_eq!(found[0].cost, Some(NanoUsd(3_200_000)));
    assert_eq!(found[1].cost, Some(NanoUsd(0)));
    assert_eq!((found[2].input, found[2].cost), (1_100, None));
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_path_of_each_branch_is_in_its_estimate_and_grows_with_it() {
    let ground = Ground::new().await;
    let first = ground.ask(&"x".repeat(400), &["chat/ok", "chat/ok?seed=2&tokens=10"]).await;
    let answers = ground.end_of(&first).await;
    let columns: Vec<AskColumn> =
        first.columns.iter().map(|c| column(Some(c.branch), c.target.as_str())).collect();
    let ask = |columns: &[AskColumn]| StartRun {
        conversation: Some(first.conversation),
        ..estimating(vec![Part::text("z".repeat(40))], columns.to_vec())
    };
    let found = ground.engine.estimate(ask(&columns)).await.unwrap();
    for (number, answer) in answers.iter().enumerate() {
        let quarters = dialects::text_weight(&answer.text());
        assert_eq!(u64::from(found[number].input), (400 + quarters + 40).div_ceil(4), "column {number}");
    }
    let mut next = asking(Some(first.conversation), &"w".repeat(800), &[]);
    next.columns = columns.clone();
    let next = ground.engine.start_run(next, RunOrigin::Window).await.unwrap();
    ground.end_of(&next).await;
    let grown = ground.engine.estimate(ask(&columns)).await.unwrap();
    assert!(grown[1].input > found[1].input + 200, "{grown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_weighed_by_what_is_in_them() {
    let ground = Ground::new().await;
    let text = Part::File {
        media_type: "text/plain".to_owned(),
        name: Some("notes.txt".to_owned()),
        // 12 letters
        source: MediaSource::Inline { data: "Qm9ubiBvciBPc2xv".to_owned() },
    };
    let columns = vec![column(None, "chat/ok")];
    let found = ground.engine.estimate(estimating(vec![text], columns)).await.unwrap();
    assert_eq!(found[0].input, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_file_reaches_a_model_with_its_name_and_a_pdf_is_refused_where_it_cannot_go() {
    let no_pdf = "[[providers]]\nid = \"local\"\npreset = \"lmstudio\"\nbase_url = \"URL\"\nkey = \"none\"\n";
    let ground = Ground::new().await;
    let config = std::fs::read_to_string(ground.home.path().join("config.toml")).unwrap();
    let more = no_pdf.replace("URL", &format!("{}/v1", ground.provider.url()));
    ground.home.write_config(&format!("{config}\n{more}")).unwrap();
    let engine = engine::Engine::open(ground.home.path(), engine::EngineOptions::command()).await.unwrap();
    let file = |media_type: &str, name: &str, data: &str| Part::File {
        media_type: media_type.to_owned(),
        name: Some(name.to_owned()),
        source: MediaSource::Inline { data: data.to_owned() },
    };
    let ask = |file: Part| StartRun {
        parts: vec![Part::text("Read this."), file],
        ..asking(None, "", &["local/ok"])
    };
    let refused = engine
        .start_run(ask(file("application/pdf", "a.pdf", "JVBERi0x")), RunOrigin::Cli)
        .await
        .unwrap_err();
    // The model is there: searching for another name would not help.
    assert_eq!(refused.kind(), EngineErrorKind::BadInput);
    assert!(refused.to_string().contains("send the PDF's text"), "{refused}");
    assert!(ground.provider.log().is_empty());
    let text = ask(file("text/plain", "notes.txt", "Qm9ubiBvciBPc2xv"));
    let started = engine.start_run(text, RunOrigin::Cli).await.unwrap();
    crate::ground::Shown::of(&engine, started.run).await;
    let sent = ground.provider.calls_of("ok")[0].body.to_string();
    assert!(sent.contains("notes.txt") && sent.contains("Bonn or Oslo"), "{sent}");
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_web_search_takes_away_is_told_before_anything_is_stored() {
    let ground = Ground::new().await;
    let config = std::fs::read_to_string(ground.home.path().join("config.toml")).unwrap();
    let openai =
        "[[providers]]\nid = \"openai\"\npreset = \"openai\"\ndialect = \"openai-chat\"\nkey = \"none\"\n";
    ground.home.write_config(&format!("{config}\n{openai}")).unwrap();
    let engine = engine::Engine::open(ground.home.path(), engine::EngineOptions::command()).await.unwrap();
    let stop = domain::Params { web_search: true, stop: vec!["END".to_owned()], ..Default::default() };
    let seed = domain::Params { web_search: true, seed: Some(7), ..Default::default() };
    for (params, word) in [(stop, "`stop`"), (seed, "`seed`")] {
        let mut column = column(None, "openai/gpt-4o");
        column.params = params;
        let ask = StartRun { columns: vec![column], ..asking(None, "hi", &[]) };
        let refused = engine.start_run(ask, RunOrigin::Cli).await.unwrap_err();
        assert_eq!(refused.kind(), EngineErrorKind::BadInput);
        let said = refused.to_string();
        assert!(said.contains("with web search") && said.contains(word), "{said}");
        assert!(said.contains("switch web search off") && !said.contains("chat dialect"), "{said}");
    }
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_is_not_sent_to_a_model_that_is_known_not_to_read_it() {
    let blind = "[[providers]]\nid = \"openai\"\npreset = \"openai\"\nkey = \"none\"\n\n\
                 [aliases]\neither = [\"openai/gpt-3.5-turbo\", \"chat/ok\"]\n";
    let ground = Ground::new().await;
    let config = std::fs::read_to_string(ground.home.path().join("config.toml")).unwrap();
    ground.home.write_config(&format!("{config}\n{blind}")).unwrap();
    let engine = engine::Engine::open(ground.home.path(), engine::EngineOptions::command()).await.unwrap();
    let image = Part::Image {
        media_type: "image/png".to_owned(),
        source: MediaSource::Inline { data: "aW1hZ2U=".to_owned() },
    };
    let ask = |target: &str| StartRun {
        parts: vec![Part::text("Look."), image.clone()],
        ..asking(None, "", &[target])
    };
    let refused = engine.start_run(ask("openai/gpt-3.5-turbo"), RunOrigin::Cli).await.unwrap_err();
    assert!(refused.to_string().contains("does not read images"), "{refused}");
    // Where somebody else answers to the same name, that one is asked, and it is said why.
    let started = engine.start_run(ask("either"), RunOrigin::Cli).await.unwrap();
    crate::ground::Shown::of(&engine, started.run).await;
    let details = engine.completion_details(started.columns[0].completion).await.unwrap();
    let decision = details.decision.unwrap();
    assert_eq!(decision.order.iter().map(domain::Target::as_str).collect::<Vec<_>>(), ["chat/ok"]);
    assert!(decision.candidates.iter().any(|c| c.excluded.as_ref().is_some_and(|w| w.contains("images"))));
    // A picture further up is no way around it: nobody is called.
    let next = StartRun {
        columns: vec![column(Some(started.columns[0].branch), "openai/gpt-3.5-turbo")],
        ..asking(Some(started.conversation), "And now?", &[])
    };
    let next = engine.start_run(next, RunOrigin::Cli).await.unwrap();
    crate::ground::Shown::of(&engine, next.run).await;
    let (completion, _, attempts) = engine.answer(next.columns[0].completion).await.unwrap();
    let domain::CompletionState::Failed { error } = completion.state else { panic!("{completion:?}") };
    assert_eq!((error.kind, attempts), (domain::ErrorKind::BadRequest, 0));
    assert!(error.message.contains("does not read images"), "{error}");
    // What was said turns ago cannot be taken out.
    assert!(error.message.contains("begin a new conversation"), "{error}");
    assert!(!error.message.contains("take the image out"), "{error}");
    engine.close().await;
}

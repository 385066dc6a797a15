//! What docs/deploy and the Dockerfile tell others to run, run.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap()
}

/// A gateway that was started by a command line.
struct Served {
    child: Child,
    port: u16,
    _home: tempfile::TempDir,
}

impl Served {
    /// These arguments of `orch`, at a free port instead of the usual one.
    fn by(arguments: &[String]) -> Self {
        Self::with(arguments, &[])
    }

    fn with(arguments: &[String], environment: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let at = arguments.iter().position(|argument| argument == "4141").unwrap();
        let mut arguments = arguments.to_vec();
        arguments[at] = String::from("0");
        let mut command = Command::new(env!("CARGO_BIN_EXE_orch"));
        command.args(arguments).env_clear().env("ORCHESITY_HOME", home.path()).env("HOME", home.path());
        command.envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&ready["event"], &ready["pid"]), (&"ready".into(), &child.id().into()));
        let port = ready["url"].as_str().unwrap().rsplit_once(':').unwrap().1.parse().unwrap();
        Self { child, port, _home: home }
    }

    fn get(&self, path: &str) -> String {
        self.get_with(path, "")
    }

    /// With these lines in its head.
    fn get_with(&self, path: &str, lines: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let host = format!("127.0.0.1:{}", self.port);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n{lines}Connection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Tells it to leave, as Docker and systemd do; what it has written to standard error.
    fn stopped(mut self) -> String {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{said}");
        said
    }
}

/// The words of a JSON list behind an instruction.
fn list(line: &str) -> Vec<String> {
    serde_json::from_str(&line[line.find('[').unwrap()..]).unwrap()
}

#[test]
fn the_container_runs_what_it_says_is_healthy_and_leaves_when_told() {
    let file = text("Dockerfile");
    let of = |beginning: &str| file.lines().rfind(|line| line.starts_with(beginning)).unwrap();
    assert_eq!(list(of("ENTRYPOINT")), ["orch"]);
    let user = of("USER ").trim_start_matches("USER ").split(':').next().unwrap();
    assert!(user.parse::<u32>().unwrap() > 0, "not root");
    let served = Served::by(&list(of("CMD")));
    let health = list(file.lines().find(|line| line.trim().starts_with("CMD [\"bash\"")).unwrap());
    let healthy = |port: u16| {
        let command: Vec<String> =
            health.iter().map(|word| word.replace("4141", &port.to_string())).collect();
        Command::new(&command[0]).args(&command[1..]).stderr(Stdio::null()).status().unwrap().success()
    };
    assert!(healthy(served.port));
    // Other machines may reach it, so it asks for keys, of everybody.
    assert!(served.get("/health").starts_with("HTTP/1.1 401"));
    let port = served.port;
    served.stopped();
    assert!(!healthy(port), "the twin: nobody is there");
}

#[test]
fn the_service_runs_what_its_unit_says() {
    let unit = text("docs/deploy/orchesity.service");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/orch ")).unwrap();
    let served = Served::by(&start.split(' ').map(str::to_owned).collect::<Vec<_>>());
    assert!(served.get("/live").starts_with("HTTP/1.1 200"));
    served.stopped();
    // Where there is systemd, it reads every word of the unit.
    let folder = tempfile::tempdir().unwrap();
    let verify = |text: &str| {
        let path = folder.path().join("orchesity.service");
        std::fs::write(&path, text.replace("/usr/local/bin/orch", env!("CARGO_BIN_EXE_orch"))).unwrap();
        Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(path).output()
    };
    if let Ok(checked) = verify(&unit) {
        let said = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(checked.status.success() && !said.contains("orchesity.service"), "{said}");
        let wrong = verify(&unit.replace("ProtectClock", "ProtectKlock")).unwrap();
        assert!(String::from_utf8_lossy(&wrong.stderr).contains("ProtectKlock"), "the twin");
    }
}

#[test]
fn every_line_of_the_log_is_json_and_names_its_request() {
    let words = ["serve", "--port", "4141", "--log", "json"];
    let served = Served::by(&words.map(str::to_owned));
    let answer = served.get("/v1/models?key=ork_secret");
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    let id = answer.lines().find_map(|line| line.strip_prefix("x-orchesity-request-id: ")).unwrap().trim();
    let said = served.stopped();
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let make = lines.iter().find_map(|line| line["make"].as_str()).unwrap();
    assert!(make.ends_with("keys issue --name my-tool"), "{said}");
    let of_request: Vec<&Value> = lines.iter().filter(|line| line["span"]["request"] == id).collect();
    let messages: Vec<&str> = of_request.iter().filter_map(|line| line["message"].as_str()).collect();
    assert_eq!(messages, ["refused", "answered"], "{said}");
    let answered = of_request.last().unwrap();
    assert_eq!((&answered["status"], &answered["span"]["path"]), (&401.into(), &"/v1/models".into()));
    assert!(answered["ms"].is_u64() && answered["timestamp"].is_string() && answered["level"] == "INFO");
    assert!(!said.contains("ork_secret"), "what stands behind `?` is not written down");
}

/// A collector: takes one request after another, and what came in each.
fn collector() -> (String, std::sync::mpsc::Receiver<(String, Value)>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if let Some(said) = line.strip_prefix("content-length: ") {
                    length = said.trim().parse().unwrap();
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
            if tell.send((head, serde_json::from_slice(&body).unwrap())).is_err() {
                return;
            }
        }
    });
    (url, told)
}

#[test]
fn a_collector_gets_a_span_for_each_request() {
    let (url, told) = collector();
    let environment =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", &url[..]), ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=me")];
    let words = ["serve", "--port", "4141"].map(str::to_owned);
    let served = Served::with(&words, &environment);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let first = served.get_with("/v1/models", &format!("traceparent: 00-{trace}-b7ad6b7169203331-01\r\n"));
    served.get("/live");
    let said = served.stopped();
    assert!(
        !said.contains("answered"),
        "what goes to the collector is not written to standard error: {said}"
    );
    // Leaving sends what waits: nothing more comes after it.
    let sent: Vec<(String, Value)> = told.try_iter().collect();
    assert!(
        sent.iter().all(|(head, _)| head.starts_with("POST /v1/traces ") && head.contains("x-tenant: me"))
    );
    let spans: Vec<&Value> = sent
        .iter()
        .flat_map(|(_, body)| body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap())
        .collect();
    let names: Vec<&str> = spans.iter().map(|span| span["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["GET /v1/models", "GET /live"]);
    let (span, other) = (spans[0], spans[1]);
    assert_eq!((&span["traceId"], &span["parentSpanId"]), (&trace.into(), &"b7ad6b7169203331".into()));
    assert_ne!(other["traceId"], span["traceId"]);
    let attribute = |key: &str| {
        let all = span["attributes"].as_array().unwrap();
        all.iter().find(|one| one["key"] == key).map(|one| one["value"].clone()).unwrap()
    };
    assert_eq!(attribute("http.response.status_code")["intValue"], "401");
    let id = attribute("orchesity.request");
    assert!(first.contains(id["stringValue"].as_str().unwrap()), "{id} {first}");
    let nanos = |name: &str| span[name].as_str().unwrap().parse::<u128>().unwrap();
    assert!(nanos("startTimeUnixNano") <= nanos("endTimeUnixNano"));
}

#[test]
fn the_commands_of_the_guides_are_commands() {
    for guide in ["docs/deploy/README.md", "docs/gateway.md"] {
        let guide_text = text(guide);
        let mut tried = 0;
        for line in guide_text.lines().filter_map(|line| line.strip_prefix("    ")) {
            let Some(rest) =
                line.split_once("orch ").filter(|(before, _)| before.is_empty() || before.ends_with(' '))
            else {
                continue;
            };
            let line = rest.1.split(" #").next().unwrap().trim();
            // As far as it goes without doing it: `--help` at the end is answered once all before it is known.
            let mut words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
            words.push("--help");
            let output = Command::new(env!("CARGO_BIN_EXE_orch")).args(&words).output().unwrap();
            assert!(
                output.status.success(),
                "{guide}: orch {line}\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
            tried += 1;
        }
        assert!(tried > 0, "{guide}");
    }
}

//! For `training/train.py`: lines of `{"prompt"}` in, the numbers that describe each prompt out, so that training
//! and use see the same.

use std::io::{self, BufRead as _, Write as _};

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line: serde_json::Value = serde_json::from_str(&line?)?;
        let prompt = line["prompt"].as_str().unwrap_or_default();
        writeln!(out, "{}", serde_json::to_string(routing::features(prompt).as_slice())?)?;
    }
    out.flush()
}

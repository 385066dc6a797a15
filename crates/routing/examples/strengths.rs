//! For looking at the classifier by hand: lines of text in, class, complexity and strength out.

use std::io::{self, BufRead as _};

fn main() -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let line = line?;
        let found = routing::classify(&line);
        println!(
            "{:.2} {:.2} {:11} {}",
            found.strength,
            found.complexity,
            found.class.as_str(),
            line.chars().take(90).collect::<String>()
        );
    }
    Ok(())
}

//! The report's two pictures, as SVG.

use crate::world::{HOURS, Outcome};
use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 64.0;
const BELOW: f64 = 48.0;
const COLOURS: [&str; 5] = ["#2563eb", "#16a34a", "#d97706", "#dc2626", "#7c3aed"];

fn frame(title: &str, below: &str, left: &str) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"20\" font-size=\"14\">{title}</text>\n"
    );
    let (bottom, right) = (HEIGHT - BELOW, WIDTH - 16.0);
    let _ = writeln!(svg, "<path d=\"M{LEFT} 32V{bottom}H{right}\" fill=\"none\" stroke=\"#666\"/>");
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{below}</text>",
        WIDTH / 2.0,
        HEIGHT - 8.0
    );
    let _ = writeln!(
        svg,
        "<text transform=\"translate(14 {}) rotate(-90)\" text-anchor=\"middle\">{left}</text>",
        HEIGHT / 2.0
    );
    svg
}

/// Cost, logarithmic, and share of good answers.
pub fn cost(results: &[(String, Vec<Outcome>)]) -> String {
    let mut svg = frame(
        "Good answers and what they cost, mean of the seeds",
        "$ for 1,000 requests",
        "good answers, %",
    );
    let mean = |all: &[Outcome], of: fn(&Outcome) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
    let x =
        |usd: f64| LEFT + 40.0 + ((usd * 1_000.0).max(0.05) / 0.05).log10() / 2.6 * (WIDTH - LEFT - 180.0);
    let y = |good: f64| HEIGHT - BELOW - (good - 0.2) / 0.75 * (HEIGHT - BELOW - 40.0);
    for usd in [0.1, 0.3, 1.0, 3.0, 10.0] {
        let at = x(usd / 1_000.0);
        let _ = writeln!(
            svg,
            "<text x=\"{at:.0}\" y=\"{}\" text-anchor=\"middle\" fill=\"#666\">{usd}</text>",
            HEIGHT - 30.0
        );
    }
    for good in [0.3, 0.5, 0.7, 0.9] {
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{:.0}\" text-anchor=\"end\" fill=\"#666\">{:.0}</text>",
            LEFT - 6.0,
            y(good) + 4.0,
            good * 100.0
        );
    }
    for (name, all) in results {
        let (at, up) = (x(mean(all, |one| one.usd)), y(mean(all, |one| one.good)));
        let colour = if name.starts_with("always ") { "#888" } else { COLOURS[0] };
        let name = name.strip_prefix("always ").unwrap_or(name);
        let _ = writeln!(svg, "<circle cx=\"{at:.1}\" cy=\"{up:.1}\" r=\"4\" fill=\"{colour}\"/>");
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{name}</text>",
            at + 7.0,
            up + 4.0
        );
    }
    svg + "</svg>\n"
}

/// What was lost for each request, by the hour, a line for each seed.
pub fn regret(regrets: &[[f64; HOURS]]) -> String {
    let mut svg = frame(
        "Regret to the best fixed choice in hindsight, a line for each seed",
        "hour",
        "lost for each request",
    );
    let x = |hour: f64| LEFT + hour / (HOURS as f64 - 1.0) * (WIDTH - LEFT - 32.0);
    let y = |regret: f64| 32.0 + (0.3 - regret.clamp(-0.5, 0.3)) / 0.8 * (HEIGHT - BELOW - 32.0);
    for regret in [0.2, 0.0, -0.2, -0.4] {
        let at = y(regret);
        let _ = writeln!(svg, "<path d=\"M{LEFT} {at:.1}H{}\" stroke=\"#ddd\"/>", WIDTH - 16.0);
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#666\">{regret:+.1}</text>",
            LEFT - 6.0,
            at + 4.0
        );
    }
    for hour in (0..HOURS).step_by(4) {
        let at = x(hour as f64);
        let _ = writeln!(
            svg,
            "<text x=\"{at:.0}\" y=\"{}\" text-anchor=\"middle\" fill=\"#666\">{hour}</text>",
            HEIGHT - 30.0
        );
    }
    for (line, colour) in regrets.iter().zip(COLOURS.iter().cycle()) {
        let points: Vec<String> = line
            .iter()
            .enumerate()
            .map(|(hour, regret)| format!("{:.1},{:.1}", x(hour as f64), y(*regret)))
            .collect();
        let _ =
            writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\"/>", points.join(" "));
    }
    svg + "</svg>\n"
}

//! The report's pictures, as SVG.

use crate::{
    report::{By, Day, mean},
    world::HOURS,
};
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
pub fn cost(day: &Day) -> String {
    let mut svg = frame(
        "Good answers and what they cost, mean of the seeds",
        "$ for 1,000 requests",
        "good answers, %",
    );
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
    for (name, all) in &day.all {
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

/// What was lost so far for each request, by the hour: a line for each seed, grey ones for the day without events.
pub fn regret(day: &Day, steady: &Day, by: By) -> String {
    let mut svg = frame(
        "Regret so far to the best fixed choice in hindsight; a line for each seed, grey: without events",
        "hour",
        "lost for each request so far",
    );
    let (lines, grey) = (day.regret_so_far(by), steady.regret_so_far(by));
    let x = |hour: f64| LEFT + hour / HOURS as f64 * (WIDTH - LEFT - 32.0);
    let top = lines.iter().chain(&grey).flatten().fold(0.05_f64, |top, one| top.max(*one));
    let low = lines.iter().chain(&grey).flatten().fold(-0.05_f64, |low, one| low.min(*one));
    let y = |regret: f64| 40.0 + (top - regret) / (top - low) * (HEIGHT - BELOW - 48.0);
    let step = if top - low > 0.4 { 0.1 } else { 0.05 };
    for at in (low / step).ceil() as i32..=(top / step).floor() as i32 {
        let regret = f64::from(at) * step;
        let at = y(regret);
        let _ = writeln!(svg, "<path d=\"M{LEFT} {at:.1}H{}\" stroke=\"#ddd\"/>", WIDTH - 16.0);
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#666\">{regret:+.2}</text>",
            LEFT - 6.0,
            at + 4.0
        );
    }
    for hour in (0..=HOURS).step_by(4) {
        let at = x(hour as f64);
        let _ = writeln!(
            svg,
            "<text x=\"{at:.0}\" y=\"{}\" text-anchor=\"middle\" fill=\"#666\">{hour}</text>",
            HEIGHT - 30.0
        );
    }
    let greys = grey.iter().map(|line| (line, "#bbb"));
    for (line, colour) in greys.chain(lines.iter().zip(COLOURS.into_iter().cycle())) {
        let points: Vec<String> = (1_u8..)
            .zip(line)
            .map(|(hour, regret)| format!("{:.1},{:.1}", x(f64::from(hour)), y(*regret)))
            .collect();
        let _ =
            writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\"/>", points.join(" "));
    }
    svg + "</svg>\n"
}

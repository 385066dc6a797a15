//! The committed report of a day of traffic is what the code makes of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

#[expect(dead_code, reason = "the whole report takes five seeds; one of them is done here")]
#[path = "../examples/day/report.rs"]
mod report;
#[expect(dead_code, reason = "the day without events is the report's")]
#[path = "../examples/day/world.rs"]
mod world;

use report::{By, Day, SEEDS};
use world::Scenario;

#[test]
fn the_committed_day_has_the_figures_that_the_code_comes_to() {
    let committed = include_str!("../../../docs/routing-day.md");
    let scenario = Scenario::read(world::SHIPPED).unwrap();
    let day = Day::of(&scenario, &SEEDS[..1]);
    for row in [By::Policy, By::Prices].map(|by| day.row(0, by)) {
        assert!(
            committed.lines().any(|line| line == row),
            "docs/routing-day.md lacks {row}\nwrite it anew: cargo xtask report routing"
        );
    }
}

#[test]
fn a_scenario_that_makes_no_sense_is_refused_by_name() {
    let odd = world::SHIPPED.replacen(
        "\"target\": \"cygnus/chat\", \"quality\"",
        "\"target\": \"nobody/x\", \"quality\"",
        1,
    );
    assert!(Scenario::read(&odd).err().unwrap().contains("`nobody/x`"));
    let odd = world::SHIPPED.replacen("\"maths\"", "\"cooking\"", 1);
    assert!(Scenario::read(&odd).err().unwrap().contains("`cooking`"));
}

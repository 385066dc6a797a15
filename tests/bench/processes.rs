//! What a program uses, the web view's processes that it started included.

use std::{collections::BTreeSet, error::Error, fs};

/// A process and all below it.
pub struct Family(BTreeSet<u32>);

impl Family {
    /// As it is at this moment.
    pub fn of(root: u32) -> Result<Self, Box<dyn Error>> {
        let mut parents = Vec::new();
        for entry in fs::read_dir("/proc")?.filter_map(Result::ok) {
            let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
                continue;
            };
            // Behind the name, which may hold anything: state, then the parent's id.
            let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let parent =
                stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
            parents.extend(parent.map(|parent: u32| (id, parent)));
        }
        let mut family = BTreeSet::from([root]);
        loop {
            let before = family.len();
            let more: Vec<u32> =
                parents.iter().filter(|(_, parent)| family.contains(parent)).map(|(id, _)| *id).collect();
            family.extend(more);
            if family.len() == before {
                return Ok(Self(family));
            }
        }
    }

    /// Its memory, each page divided by the number of processes that share it.
    pub fn megabytes(&self) -> Result<f64, Box<dyn Error>> {
        let mut bytes = 0;
        for id in &self.0 {
            // One that has ended meanwhile holds nothing.
            let Ok(text) = fs::read_to_string(format!("/proc/{id}/smaps_rollup")) else { continue };
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
            let kilobytes =
                line.and_then(|rest| rest.trim().trim_end_matches(" kB").trim().parse::<u64>().ok());
            bytes += kilobytes.ok_or("the kernel tells no proportional share")? * 1024;
        }
        if bytes == 0 {
            return Err("the program had ended before it was measured".into());
        }
        Ok(bytes as f64 / 1e6)
    }

    /// CPU seconds that it has used, as the kernel counts them, in ticks of 10 ms.
    pub fn cpu_seconds(&self) -> f64 {
        let ticks = |id: &u32| -> Option<f64> {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
            let user: f64 = fields.next()?.parse().ok()?;
            let system: f64 = fields.next()?.parse().ok()?;
            Some(user + system)
        };
        self.0.iter().filter_map(ticks).sum::<f64>() / 100.0
    }
}

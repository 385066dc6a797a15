//! Time in slots, as charts have it: quarters of an hour to months, as long as they are where somebody is.

use crate::{Timestamp, Zone, error::words};
use jiff::{ToSpan as _, Zoned, civil::Weekday};
use serde::{Deserialize, Serialize};

words! {
    /// How long the slots of a series are.
    SlotStep {
        /// A quarter of an hour.
        Quarter = "quarter",
        /// An hour.
        Hour = "hour",
        /// Six hours.
        SixHours = "sixHours",
        /// A calendar day.
        Day = "day",
        /// A calendar week, from Monday.
        Week = "week",
        /// A calendar month.
        Month = "month",
    }
}

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Most slots of a series; whoever asks for more gets longer ones.
const MOST: usize = 800;

impl SlotStep {
    /// What suits bars over so long a time: each can still be told from its neighbour.
    #[must_use]
    pub const fn for_bars(ms: i64) -> Self {
        match ms {
            ..=129_600_000 => Self::Hour,                 // 36 h
            129_600_001..=8_640_000_000 => Self::Day,     // 100 d
            8_640_000_001..=63_072_000_000 => Self::Week, // 730 d
            _ => Self::Month,
        }
    }

    /// What suits a line over so long a time: some hundred points.
    #[must_use]
    pub const fn for_lines(ms: i64) -> Self {
        match ms {
            ..=129_600_000 => Self::Quarter,               // 36 h
            129_600_001..=864_000_000 => Self::Hour,       // 10 d
            864_000_001..=3_456_000_000 => Self::SixHours, // 40 d
            _ => Self::for_bars(ms),
        }
    }

    const fn longer(self) -> Self {
        match self {
            Self::Quarter => Self::Hour,
            Self::Hour => Self::SixHours,
            Self::SixHours => Self::Day,
            Self::Day => Self::Week,
            Self::Week | Self::Month => Self::Month,
        }
    }

    const fn width(self) -> Option<i64> {
        match self {
            Self::Quarter => Some(HOUR_MS / 4),
            Self::Hour => Some(HOUR_MS),
            Self::SixHours => Some(6 * HOUR_MS),
            Self::Day | Self::Week | Self::Month => None,
        }
    }
}

/// A span of time in slots, and how to find the slot of an instant by whole numbers alone: a store counts
/// by [`Cells`], and [`Slots::of_cell`] says which slot a cell belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slots {
    /// How long they are.
    pub step: SlotStep,
    /// When each begins.
    pub starts: Vec<Timestamp>,
    /// When the last one ends, or what they were wanted for.
    pub until: Timestamp,
    cells: Cells,
}

/// Whole numbers that instants are counted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cells {
    /// `(at - from) / width`
    Even {
        /// Where the first begins.
        from: i64,
        /// How long each is, in ms.
        width: i64,
    },
    /// Calendar days: `(at + offset) / 86 400 000`, where the offset from UTC is the first one whose end is
    /// after `at`.
    Days(Vec<Offset>),
}

/// So far from UTC until then, both in ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// Its end; the last one has none.
    pub until: i64,
    /// How far.
    pub ms: i64,
}

impl Slots {
    /// The slots from the one that holds `from` to the one that ends with or after `until`. Empty where there
    /// is nothing between them.
    #[must_use]
    pub fn new(from: Timestamp, until: Timestamp, zone: &Zone, step: SlotStep) -> Self {
        let mut step = step;
        loop {
            let slots = Self::whole(from, until, zone, step);
            if slots.starts.len() <= MOST || step == SlotStep::Month {
                return slots;
            }
            step = step.longer();
        }
    }

    fn whole(from: Timestamp, until: Timestamp, zone: &Zone, step: SlotStep) -> Self {
        let (first, last) = (from.millis(), until.millis());
        if first >= last {
            return Self { step, starts: Vec::new(), until, cells: Cells::Even { from: first, width: 1 } };
        }
        if let Some(width) = step.width() {
            let offset = zone.offset(first);
            // Aligned with the clock on the wall as it is where the span begins.
            let from = (first + offset).div_euclid(width) * width - offset;
            let count = usize::try_from((last - from + width - 1) / width).unwrap_or(usize::MAX);
            let starts = (0..=MOST).take(count).map(|at| i64::try_from(at).unwrap_or(0) * width + from);
            let starts = starts.map(Timestamp::from_millis).collect();
            return Self { step, starts, until, cells: Cells::Even { from, width } };
        }
        let mut starts = Vec::new();
        let mut at = zone.slot_start(first, step);
        while let Some(begins) = at.as_ref().map(|at| at.timestamp().as_millisecond()) {
            if begins >= last || starts.len() > MOST {
                break;
            }
            starts.push(Timestamp::from_millis(begins));
            at = at.as_ref().and_then(|at| next(at, step));
        }
        let begins = starts.first().map_or(first, |at| at.millis());
        Self { step, starts, until, cells: Cells::Days(zone.offsets(begins, last)) }
    }

    /// When they begin: at or before what they were wanted for.
    #[must_use]
    pub fn from(&self) -> Timestamp {
        self.starts.first().copied().unwrap_or(self.until)
    }

    /// How to count instants.
    #[must_use]
    pub const fn cells(&self) -> &Cells {
        &self.cells
    }

    /// Which slot a cell belongs to; `None` is outside.
    #[must_use]
    pub fn of_cell(&self, cell: i64) -> Option<usize> {
        match &self.cells {
            Cells::Even { .. } => usize::try_from(cell).ok().filter(|at| *at < self.starts.len()),
            Cells::Days(offsets) => {
                let of = |at: i64| offsets.iter().find(|offset| at < offset.until).map_or(0, |o| o.ms);
                let day = |start: &Timestamp| (start.millis() + of(start.millis())).div_euclid(DAY_MS);
                self.starts.partition_point(|start| day(start) <= cell).checked_sub(1)
            }
        }
    }
}

impl Zone {
    /// How far it is from UTC then, in ms.
    fn offset(&self, at: i64) -> i64 {
        jiff::Timestamp::from_millisecond(at)
            .map_or(0, |at| i64::from(self.jiff().to_offset(at).seconds()) * 1_000)
    }

    fn offsets(&self, from: i64, until: i64) -> Vec<Offset> {
        let mut all = Vec::new();
        let mut at = from;
        if let Ok(begin) = jiff::Timestamp::from_millisecond(from) {
            for change in self.jiff().following(begin) {
                let then = change.timestamp().as_millisecond();
                if then >= until {
                    break;
                }
                all.push(Offset { until: then, ms: self.offset(at) });
                at = then;
            }
        }
        all.push(Offset { until: i64::MAX, ms: self.offset(at) });
        all
    }

    fn slot_start(&self, at: i64, step: SlotStep) -> Option<Zoned> {
        let here = jiff::Timestamp::from_millisecond(at).ok()?.to_zoned(self.jiff().clone());
        let date = match step {
            SlotStep::Month => here.date().first_of_month(),
            SlotStep::Week => {
                let since = here.date().weekday().since(Weekday::Monday);
                here.date().checked_sub(since.days()).ok()?
            }
            _ => here.date(),
        };
        date.to_zoned(self.jiff().clone()).ok()
    }
}

fn next(at: &Zoned, step: SlotStep) -> Option<Zoned> {
    let span = match step {
        SlotStep::Month => 1.month(),
        SlotStep::Week => 1.week(),
        _ => 1.day(),
    };
    // By dates: a day that begins at one o'clock moves no other.
    at.date().checked_add(span).ok()?.to_zoned(at.time_zone().clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        serde_json::from_value(serde_json::Value::from(text)).unwrap()
    }

    fn slots(from: &str, until: &str, zone: &str, step: SlotStep) -> Slots {
        Slots::new(at(from), at(until), &zone.parse().unwrap(), step)
    }

    /// As a store counts.
    fn cell(slots: &Slots, at: Timestamp) -> i64 {
        match slots.cells() {
            Cells::Even { from, width } => (at.millis() - from) / width,
            Cells::Days(offsets) => {
                let offset = offsets.iter().find(|offset| at.millis() < offset.until).unwrap();
                (at.millis() + offset.ms) / DAY_MS
            }
        }
    }

    #[test]
    fn days_are_as_long_as_they_are_where_somebody_is() {
        let days = slots("2026-03-28T12:00:00Z", "2026-03-31T12:00:00Z", "Europe/Berlin", SlotStep::Day);
        let starts: Vec<String> = days.starts.iter().map(Timestamp::to_string).collect();
        assert_eq!(
            starts,
            [
                "2026-03-27T23:00:00.000Z",
                "2026-03-28T23:00:00.000Z",
                "2026-03-29T22:00:00.000Z",
                "2026-03-30T22:00:00.000Z"
            ]
        );
        for (when, slot) in [
            ("2026-03-28T22:59:59.999Z", 0),
            ("2026-03-28T23:00:00Z", 1),
            ("2026-03-29T21:59:59.999Z", 1),
            ("2026-03-29T22:00:00Z", 2),
            ("2026-03-30T22:00:00Z", 3),
        ] {
            assert_eq!(days.of_cell(cell(&days, at(when))), Some(slot), "{when}");
        }
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let weeks = slots("2026-11-04T12:00:00Z", "2026-11-22T12:00:00Z", "UTC", SlotStep::Week);
        let starts: Vec<String> = weeks.starts.iter().map(Timestamp::to_string).collect();
        assert_eq!(
            starts,
            ["2026-11-02T00:00:00.000Z", "2026-11-09T00:00:00.000Z", "2026-11-16T00:00:00.000Z"]
        );
        assert_eq!(weeks.of_cell(cell(&weeks, at("2026-11-15T23:59:59Z"))), Some(1));
        let months = slots("2026-01-31T12:00:00Z", "2026-04-01T00:00:00Z", "UTC", SlotStep::Month);
        assert_eq!(months.starts.len(), 3);
        assert_eq!(months.of_cell(cell(&months, at("2026-03-31T23:59:59Z"))), Some(2));
    }

    #[test]
    fn hours_follow_the_clock_on_the_wall() {
        let hours = slots("2026-11-22T08:10:00Z", "2026-11-22T11:00:00Z", "Asia/Kolkata", SlotStep::Hour);
        assert_eq!(hours.from().to_string(), "2026-11-22T07:30:00.000Z");
        assert_eq!(hours.starts.len(), 4);
        assert_eq!(hours.of_cell(cell(&hours, at("2026-11-22T08:29:59Z"))), Some(0));
        assert_eq!(hours.of_cell(cell(&hours, at("2026-11-22T10:59:59Z"))), Some(3));
    }

    #[test]
    fn too_many_slots_become_longer_ones() {
        let many = slots("2006-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "UTC", SlotStep::Quarter);
        assert!(many.starts.len() <= MOST, "{}", many.starts.len());
        assert_eq!(many.step, SlotStep::Month);
        assert_eq!(slots("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "UTC", SlotStep::Day).starts, []);
    }
}

//! Budgets: how much may be spent in one calendar period after the other.

use crate::{FolderId, NanoUsd, Timestamp, VirtualKeyId, error::words};
use jiff::{
    Zoned,
    tz::{TimeZone, TimeZoneDatabase},
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// How often a budget begins anew.
    BudgetPeriod {
        /// With every calendar day.
        Day = "day",
        /// With every calendar month.
        Month = "month",
        /// Never.
        Total = "total",
    }
}

/// Where a day begins: a place of the IANA time zone database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// A text that names no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time zone; write `UTC`, or a place such as `Europe/Berlin`")]
pub struct ZoneError(String);

impl Zone {
    /// UTC.
    pub const UTC: Self = Self(TimeZone::UTC);

    pub(crate) const fn jiff(&self) -> &TimeZone {
        &self.0
    }
}

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(name: &str) -> Result<Self, ZoneError> {
        let zone = TimeZoneDatabase::bundled().get(name);
        zone.map(Self).map_err(|_| ZoneError(name.chars().take(60).collect()))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

const DAY_MS: i64 = 86_400_000;

impl BudgetPeriod {
    /// The period that `at` is in: its first instant, and the first one after it. Periods neither
    /// overlap nor leave gaps, and depend on nothing but `at`: a clock that is set back comes back to
    /// a period, and does not begin it anew.
    #[must_use]
    pub fn around(self, zone: &Zone, at: Timestamp) -> (Timestamp, Timestamp) {
        let calendar = match self {
            Self::Total => return (Timestamp::from_millis(0), Timestamp::from_millis(i64::MAX)),
            Self::Day | Self::Month => self.calendar(zone, at),
        };
        // Beyond the years that calendars know.
        calendar.unwrap_or_else(|| {
            let from = at.millis().div_euclid(DAY_MS).saturating_mul(DAY_MS);
            (Timestamp::from_millis(from), Timestamp::from_millis(from.saturating_add(DAY_MS)))
        })
    }

    fn calendar(self, zone: &Zone, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let here = jiff::Timestamp::from_millisecond(at.millis()).ok()?.to_zoned(zone.0.clone());
        let after = |date: jiff::civil::Date| match self {
            Self::Month => date.last_of_month().tomorrow().ok(),
            _ => date.tomorrow().ok(),
        };
        let begins = |date: jiff::civil::Date| {
            let zoned: Zoned = date.to_zoned(zone.0.clone()).ok()?;
            Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
        };
        let first = if self == Self::Month { here.date().first_of_month() } else { here.date() };
        let next = after(first)?;
        // Where a clock is set back over midnight (St. John's, until 2011), the evening comes again when the
        // next day has begun: it stays begun.
        if begins(next)? <= at {
            return Some((begins(next)?, begins(after(next)?)?));
        }
        Some((begins(first)?, begins(next)?))
    }
}

/// How much may be spent in each period. A cap that is `None` is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BudgetCap {
    /// How often it begins anew.
    pub period: BudgetPeriod,
    /// Money.
    #[serde(default)]
    pub usd: Option<NanoUsd>,
    /// Tokens of all kinds.
    #[serde(default)]
    pub tokens: Option<u32>,
}

/// A budget, and how it stands in the present period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Budget {
    /// How often it begins anew.
    pub period: BudgetPeriod,
    /// Most money.
    pub usd: Option<NanoUsd>,
    /// Most tokens.
    pub tokens: Option<u32>,
    /// Money spent since the period began.
    pub spent_usd: NanoUsd,
    /// Tokens spent since the period began.
    pub spent_tokens: u32,
    /// Money that is set aside for calls under way.
    pub reserved_usd: NanoUsd,
    /// Tokens that are set aside for calls under way.
    pub reserved_tokens: u32,
    /// When the next period begins; `None` is never.
    pub until: Option<Timestamp>,
}

/// What one upstream call takes from budgets: what was set aside for it, or in the end what it came to.
/// It goes with the call's line in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Charge {
    /// Whose call it is.
    pub key: Option<VirtualKeyId>,
    /// When it was let in: which periods it counts in.
    pub at: Timestamp,
    /// Money.
    pub usd: NanoUsd,
    /// Tokens.
    pub tokens: u64,
    /// From which slices it was set aside: rows of budgets, and the beginnings of their periods.
    pub leased: Vec<(i64, i64)>,
    /// The folders that its conversation is in, where any folder has a budget.
    #[serde(default)]
    pub folders: Vec<FolderId>,
}

/// What the calls of conversations in a folder, or in one within it, may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FolderBudgets {
    /// At most one a day, one a month and one in total; none takes them all away.
    pub budgets: Vec<BudgetCap>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        serde_json::from_value(serde_json::Value::from(text)).unwrap()
    }

    fn around(period: BudgetPeriod, zone: &str, when: &str) -> (String, String) {
        let (from, until) = period.around(&zone.parse().unwrap(), at(when));
        (from.to_string(), until.to_string())
    }

    #[test]
    fn a_day_is_as_long_as_it_is_where_it_is() {
        let day = |zone, when| around(BudgetPeriod::Day, zone, when);
        let spring = day("Europe/Berlin", "2026-03-29T12:00:00Z");
        assert_eq!(spring, ("2026-03-28T23:00:00.000Z".into(), "2026-03-29T22:00:00.000Z".into()));
        let autumn = day("Europe/Berlin", "2026-10-25T00:30:00Z");
        assert_eq!(autumn, ("2026-10-24T22:00:00.000Z".into(), "2026-10-25T23:00:00.000Z".into()));
        // A day that begins at one o'clock.
        let cairo = day("Africa/Cairo", "2026-04-24T12:00:00Z");
        assert_eq!(cairo.0, "2026-04-23T22:00:00.000Z");
        // The day that Samoa left out.
        let samoa = day("Pacific/Apia", "2011-12-30T09:59:59Z");
        assert_eq!(samoa.1, "2011-12-30T10:00:00.000Z");
        assert_eq!(day("Pacific/Apia", "2011-12-30T10:00:00Z").0, "2011-12-30T10:00:00.000Z");
    }

    #[test]
    fn a_leap_month_has_its_twenty_ninth() {
        let february = around(BudgetPeriod::Month, "UTC", "2028-02-29T23:59:59.999Z");
        assert_eq!(february, ("2028-02-01T00:00:00.000Z".into(), "2028-03-01T00:00:00.000Z".into()));
    }

    #[test]
    fn a_zone_is_read_back_as_written_and_nonsense_is_none() {
        assert_eq!("Europe/Berlin".parse::<Zone>().unwrap().to_string(), "Europe/Berlin");
        assert_eq!("UTC".parse::<Zone>().unwrap().to_string(), "UTC");
        assert!("Mars/Olympus".parse::<Zone>().is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_period_is_begun_twice_or_skipped(
            zone in prop::sample::select(vec![
                "UTC", "Europe/Berlin", "America/New_York", "Africa/Cairo", "Pacific/Apia", "Asia/Kathmandu",
                "Australia/Lord_Howe", "America/Havana", "Pacific/Kiritimati", "America/St_Johns",
            ]),
            month in any::<bool>(),
            // 1990 to 2060, and a clock that is set anywhere after.
            start in 631_152_000_000_i64..2_840_140_800_000,
            steps in prop::collection::vec(-90_000_000_i64..90_000_000, 1..30),
        ) {
            let zone: Zone = zone.parse().unwrap();
            let period = if month { BudgetPeriod::Month } else { BudgetPeriod::Day };
            let mut now = start;
            for step in steps {
                let (from, until) = period.around(&zone, Timestamp::from_millis(now));
                prop_assert!(from.millis() <= now && now < until.millis());
                // Every instant of it says the same, and the next one begins where it ends.
                let last = Timestamp::from_millis(until.millis() - 1);
                prop_assert_eq!(period.around(&zone, from), (from, until));
                prop_assert_eq!(period.around(&zone, last), (from, until));
                prop_assert_eq!(period.around(&zone, until).0, until);
                now += step;
            }
        }
    }
}

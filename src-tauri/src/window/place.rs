//! Where a window is, and where it fits.

use serde::{Deserialize, Serialize};

/// Size of the inside and place of the outside, in logical pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    pub width: f64,
    pub height: f64,
    /// Left and top; without it the system chooses.
    pub at: Option<(f64, f64)>,
    pub maximized: bool,
}

/// What can be used of a screen.
#[derive(Debug, Clone, Copy)]
pub struct Area {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// What it is when nobody has changed it.
const USUAL: (f64, f64) = (1280.0, 800.0);
/// Smallest size of the inside that is offered.
pub const LEAST: (f64, f64) = (640.0, 480.0);
/// Left for the title bar and the edges around the inside.
const FRAME: (f64, f64) = (2.0, 40.0);

impl Default for Place {
    fn default() -> Self {
        Self { width: USUAL.0, height: USUAL.1, at: None, maximized: false }
    }
}

/// A place on one of these screens: that where it was, else the first. Smaller where the screen is, and
/// where the system likes where it would be out of sight.
pub fn fit(kept: Option<Place>, areas: &[Area]) -> Place {
    let mut place = kept.unwrap_or_default();
    if !(place.width.is_finite() && place.height.is_finite()) {
        (place.width, place.height) = USUAL;
    }
    let here = place.at.and_then(|at| areas.iter().find(|area| area.shows(at)));
    if here.is_none() {
        place.at = None;
    }
    place.width = place.width.max(LEAST.0);
    place.height = place.height.max(LEAST.1);
    if let Some(area) = here.or_else(|| areas.first()).filter(|area| area.width > 0.0 && area.height > 0.0) {
        place.width = place.width.min(area.width - FRAME.0).max(1.0);
        place.height = place.height.min(area.height - FRAME.1).max(1.0);
    }
    place
}

impl Area {
    /// Whether enough of a window with this corner would be seen to be taken hold of.
    fn shows(&self, (x, y): (f64, f64)) -> bool {
        x >= self.x - 8.0
            && x < self.x + self.width - 100.0
            && y >= self.y - 8.0
            && y < self.y + self.height - 60.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Area = Area { x: 0.0, y: 24.0, width: 1920.0, height: 1056.0 };
    const SMALL: Area = Area { x: 1920.0, y: 0.0, width: 1024.0, height: 600.0 };

    fn at(x: f64, y: f64, width: f64, height: f64) -> Place {
        Place { width, height, at: Some((x, y)), maximized: false }
    }

    #[test]
    fn a_first_window_is_as_large_as_usual_and_never_larger_than_the_screen() {
        assert_eq!(fit(None, &[WIDE]), Place::default());
        let small = fit(None, &[SMALL]);
        assert!(small.width <= 1024.0 && small.height <= 560.0, "{small:?}");
        assert_eq!(fit(None, &[]), Place::default());
    }

    #[test]
    fn a_window_comes_back_where_it_was() {
        let was = at(100.0, 80.0, 1500.0, 900.0);
        assert_eq!(fit(Some(was.clone()), &[WIDE, SMALL]), was);
        let beside = at(1930.0, 10.0, 900.0, 500.0);
        assert_eq!(fit(Some(beside.clone()), &[WIDE, SMALL]), beside);
    }

    #[test]
    fn a_window_on_a_screen_that_is_gone_is_brought_into_sight() {
        for lost in
            [at(3000.0, 10.0, 900.0, 500.0), at(-2000.0, 0.0, 900.0, 500.0), at(100.0, 5000.0, 900.0, 500.0)]
        {
            assert_eq!(fit(Some(lost), &[WIDE]).at, None);
        }
        let broken = fit(Some(at(f64::NAN, 0.0, f64::INFINITY, 1.0)), &[WIDE]);
        assert!(broken.width <= WIDE.width && broken.at.is_none());
    }
}

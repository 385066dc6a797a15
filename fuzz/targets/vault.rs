//! The vault file: no bytes make its reader panic, and nothing but what was sealed comes out of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use secrets::fuzz::{open, open_sealed, sealed};

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, bytes) = input;
    match choice % 3 {
        // A file of somebody's making.
        0 => assert!(open(bytes).is_err(), "it was sealed by nobody"),
        // A file that was damaged at one place.
        1 => {
            let mut file = sealed();
            let [at, high, change, ..] = *bytes else { return };
            let at = (usize::from(high) << 8 | usize::from(at)) % file.len();
            file[at] ^= change;
            if let Ok(count) = open(&file) {
                assert_eq!(count, 1);
            }
        }
        // What a vault of ours would say if its text were another.
        _ => {
            let _ = open_sealed(bytes);
        }
    }
});

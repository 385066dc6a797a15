//! Names of pages: to be sent back as they are, and to mean nothing to whoever gets them.

/// Where a page begins, and which list it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) offset: u32,
    pub(super) of: u64,
}

impl Cursor {
    pub(super) fn write(self) -> String {
        format!("{:016x}{:08x}", self.of, self.offset)
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        if text.len() != 24 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let (of, offset) = text.split_at(16);
        Some(Self { offset: u32::from_str_radix(offset, 16).ok()?, of: u64::from_str_radix(of, 16).ok()? })
    }
}

//! Moving: reading other products' files in, and writing conversations out.

mod export;
mod import;
mod spool;

pub(crate) use import::Imports;
pub use import::ImportWatch;
pub use spool::MAX_PIECE;

//! Moving: reading other products' files in, and writing conversations out.

mod export;
mod import;
mod spool;

pub use import::ImportWatch;
pub(crate) use import::Imports;
pub use spool::MAX_PIECE;

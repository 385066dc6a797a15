//! Promises that concern more than one module.

mod backup;
mod columns;
mod contention;
mod damage;
mod erase;
mod filing;
mod finding;
mod gateway;
mod insights;
mod judging;
mod lists;
mod moving;
mod plans;
mod runs;
mod schema;
mod tree;
mod trees;
mod upgrades;
mod weaving;

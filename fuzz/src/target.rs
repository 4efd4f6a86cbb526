//! What a target is.

/// Why bytes break a property.
pub type Problem = String;

/// One subject with its properties.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it tries, in one line.
    pub about: &'static str,
    /// The longest input worth trying, in bytes.
    pub longest: usize,
    /// Holds the properties against an input.
    pub run: fn(&[u8]) -> Result<(), Problem>,
    /// Inputs to begin with, besides those that are committed.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

//! How a command ended, as scripts see it.

/// The exit code of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was done, and all is as it should be.
    Done,
    /// It could not be done.
    Failed,
    /// It was done, and found something an operator must look at.
    Findings,
}

impl Ending {
    /// 2 is clap's, for a line that asks for nothing known.
    pub(crate) fn code(self) -> u8 {
        match self {
            Ending::Done => 0,
            Ending::Failed => 1,
            Ending::Findings => 3,
        }
    }
}

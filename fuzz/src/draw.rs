//! Values of an input's bytes, in order. When the bytes are used up, all are zero.

#[derive(Clone, Debug)]
pub(crate) struct Draw<'a>(&'a [u8]);

impl<'a> Draw<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Draw(bytes)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    pub(crate) fn u32(&mut self) -> u32 {
        u32::from_be_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    /// Mostly small numbers, now and then any.
    pub(crate) fn number(&mut self) -> u64 {
        match self.byte() % 4 {
            0 => u64::from(self.byte()),
            1 => u64::from(self.u32()) % 1_000_000,
            2 => u64::from(self.u32()),
            _ => u64::from(self.u32()) << 32 | u64::from(self.u32()),
        }
    }

    /// One of several values.
    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        let number = usize::from(self.byte());
        of.get(number.checked_rem(of.len())?).copied()
    }

    /// What is left.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }
}

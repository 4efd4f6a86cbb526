//! The user that runs Postgres: it refuses root, which containers often use.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

/// A user and their group by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    /// The user that root switches to; none if this process is not root.
    pub(super) fn instead_of_root() -> Result<Option<Self>, &'static str> {
        if !system::is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let owner = Owner::named(&users, "postgres").or_else(|| Owner::named(&users, "nobody"));
        owner
            .map(Some)
            .ok_or("Postgres refuses root, and there is neither a user postgres nor nobody")
    }

    /// From the text of `/etc/passwd`.
    pub(super) fn named(users: &str, name: &str) -> Option<Self> {
        let mut lines = users.lines();
        let line = lines.find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(Owner {
            user: fields.next()?.parse().ok()?,
            group: fields.next()?.parse().ok()?,
        })
    }

    /// Gives the user a folder.
    pub(super) fn take(self, folder: &Path) -> io::Result<()> {
        system::give(folder, self)
    }

    /// Runs a command as the user.
    pub(super) fn run(self, command: &mut Command) {
        system::run_as(command, self);
    }
}

#[cfg(unix)]
mod system {
    use std::os::unix::fs::{MetadataExt, chown};
    use std::os::unix::process::CommandExt;

    use super::{Command, Owner, Path, fs, io};

    pub(super) fn is_root() -> bool {
        fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
    }

    pub(super) fn give(folder: &Path, owner: Owner) -> io::Result<()> {
        chown(folder, Some(owner.user), Some(owner.group))
    }

    pub(super) fn run_as(command: &mut Command, owner: Owner) {
        command.uid(owner.user).gid(owner.group);
    }
}

/// Without root there is no user to switch to.
#[cfg(not(unix))]
mod system {
    use super::{Command, Owner, Path, io};

    pub(super) fn is_root() -> bool {
        false
    }

    pub(super) fn give(_: &Path, _: Owner) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn run_as(_: &mut Command, _: Owner) {}
}

#[cfg(test)]
mod tests {
    use super::Owner;

    #[test]
    fn an_owner_is_the_user_of_that_name_and_no_other() {
        let users = "root:x:0:0::/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104:P:/:/bin/sh\n";
        let postgres = Owner {
            user: 101,
            group: 104,
        };
        assert_eq!(Owner::named(users, "postgres"), Some(postgres));
        assert_eq!(Owner::named(users, "nobody"), None);
    }
}

//! The kind of disk that the state file is on. SQLite's log needs shared memory and reliable locks. A network disk has
//! neither, and two machines on it would not see each other's keys.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::StateError;

/// What is known of a kind of file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disk {
    /// A disk of this machine.
    Local,
    /// A disk of another machine.
    Network(&'static str),
    /// It may belong to another machine: the system doesn't say.
    Unsure(&'static str),
}

/// Refuses a directory on another machine's disk. Warns once per process if that can't be known.
pub(super) fn check(directory: &Path, path: &Path) -> Result<(), StateError> {
    static WARNED: AtomicBool = AtomicBool::new(false);
    match of(directory) {
        Disk::Local => Ok(()),
        Disk::Network(kind) => Err(StateError::Network { path: path.to_path_buf(), kind }),
        Disk::Unsure(kind) => {
            if !WARNED.swap(true, Ordering::Relaxed) {
                log::warn!(
                    target: "flete",
                    "the state file {} is on {kind}; if other machines use it, their keys are not safe: set `state` to a disk of this machine",
                    path.display()
                );
            }
            Ok(())
        }
    }
}

#[cfg(target_os = "linux")]
fn of(directory: &Path) -> Disk {
    // If this fails, opening the file fails as well and says why.
    let Ok(known) = nix::sys::statfs::statfs(directory) else { return Disk::Local };
    // A 32-bit number whose type depends on the C library: unsigned in musl, signed in glibc.
    #[allow(clippy::unnecessary_cast, reason = "the type differs between C libraries")]
    kind(known.filesystem_type().0 as u32)
}

#[cfg(any(target_os = "macos", target_os = "ios", target_os = "freebsd", target_os = "openbsd"))]
fn of(directory: &Path) -> Disk {
    let Ok(known) = nix::sys::statfs::statfs(directory) else { return Disk::Local };
    match known.filesystem_type_name() {
        "nfs" => Disk::Network("NFS"),
        "smbfs" => Disk::Network("SMB"),
        "afpfs" => Disk::Network("AFP"),
        "webdav" => Disk::Network("WebDAV"),
        "macfuse" | "osxfuse" | "fusefs" => Disk::Unsure("FUSE"),
        _ => Disk::Local,
    }
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "macos",
    target_os = "ios",
    target_os = "freebsd",
    target_os = "openbsd"
)))]
fn of(_: &Path) -> Disk {
    Disk::Local
}

/// By the `f_type` of statfs(2).
#[cfg(any(target_os = "linux", test))]
fn kind(f_type: u32) -> Disk {
    match f_type {
        0x6969 => Disk::Network("NFS"),
        0x517b | 0xfe53_4d42 | 0xff53_4d42 => Disk::Network("SMB"),
        0x5346_414f | 0x6b41_4653 => Disk::Network("AFS"),
        0x7372_7573 | 0x7375_7245 => Disk::Network("Coda"),
        0x564c => Disk::Network("NCP"),
        0x00c3_6400 => Disk::Network("Ceph"),
        0x0bd0_0bd0 => Disk::Network("Lustre"),
        0x4750_4653 => Disk::Network("GPFS"),
        0x1983_0326 => Disk::Network("BeeGFS"),
        0x2003_0528 => Disk::Network("OrangeFS"),
        0x0116_1970 => Disk::Network("GFS2"),
        0x7461_636f => Disk::Network("OCFS2"),
        // Also virtiofs, sshfs and s3fs, which have the same number.
        0x6573_5546 => Disk::Unsure("FUSE (virtiofs or sshfs, perhaps)"),
        // The host of a virtual machine, WSL, or gVisor.
        0x0102_1997 => Disk::Unsure("9p"),
        0x786f_4256 => Disk::Unsure("a shared folder of VirtualBox"),
        0xbacb_acbc => Disk::Unsure("a shared folder of VMware"),
        0x7c7c_6673 => Disk::Unsure("a shared folder of Parallels"),
        _ => Disk::Local,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_of_another_machine_is_told_by_its_number() {
        for (f_type, name) in [
            (0x6969, "NFS"),
            (0x517b, "SMB"),
            (0xff53_4d42, "SMB"),
            (0xfe53_4d42, "SMB"),
            (0x5346_414f, "AFS"),
            (0x00c3_6400, "Ceph"),
            (0x0bd0_0bd0, "Lustre"),
        ] {
            assert_eq!(kind(f_type), Disk::Network(name));
        }
        for f_type in [0x6573_5546, 0x0102_1997, 0x786f_4256] {
            assert!(matches!(kind(f_type), Disk::Unsure(_)), "{f_type:x}");
        }
        // ext, XFS, Btrfs, ZFS, tmpfs, overlayfs, F2FS, bcachefs, exFAT.
        for f_type in [
            0xef53,
            0x5846_5342,
            0x9123_683e,
            0x2fc1_2fc1,
            0x0102_1994,
            0x794c_7630,
            0xf2f5_2010,
            0xca45_1a4e,
            0x2011_bab0,
        ] {
            assert_eq!(kind(f_type), Disk::Local, "{f_type:x}");
        }
    }

    #[test]
    fn the_disk_of_temporary_files_can_be_asked() {
        let there = std::env::temp_dir();
        assert_eq!(check(&there, &there.join("state.db")), Ok(()));
    }
}

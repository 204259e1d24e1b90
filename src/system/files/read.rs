//! Opens regular files for reading, without blocking.
//!
//! **Invariant:** every file of a project, and every one that a flag or a variable names, is opened here.

use std::fs::{self, File, FileType};
use std::io::{self, Read};
use std::path::Path;

/// Reads a text file of at most `bytes_max`; a byte-order mark is kept.
pub fn read_text(path: &Path, bytes_max: u64) -> io::Result<String> {
    let bytes = read_bytes(path, bytes_max)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(io::ErrorKind::InvalidData, format!("not UTF-8 at byte {at}"))
    })
}

/// Reads a file of at most `bytes_max`.
pub fn read_bytes(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_to_read(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {bytes_max} bytes")));
    }
    Ok(bytes)
}

/// Opens a regular file, links followed. A pipe, a socket or a device is refused: opening one may wait for ever, and reading one
/// may never end.
pub(super) fn open_to_read(path: &Path) -> io::Result<File> {
    // Looked at before it is opened, since opening a device may already do something.
    check_is_regular(fs::metadata(path)?.file_type())?;
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // What has become a pipe or a terminal since then is opened without waiting, and takes nothing over.
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    check_is_regular(file.metadata()?.file_type())?;
    Ok(file)
}

fn check_is_regular(kind: FileType) -> io::Result<()> {
    if kind.is_file() {
        return Ok(());
    }
    let (error, name) = if kind.is_dir() {
        (io::ErrorKind::IsADirectory, "a folder")
    } else {
        (io::ErrorKind::Other, name_of(kind))
    };
    Err(io::Error::new(error, format!("it is {name}, not a regular file")))
}

#[cfg(unix)]
fn name_of(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match kind {
        kind if kind.is_fifo() => "a named pipe",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

#[cfg(not(unix))]
fn name_of(_: FileType) -> &'static str {
    "a device"
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::write_whole;
    use super::*;

    #[test]
    fn read_text_refuses_what_is_too_large_or_not_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        write_whole(&path, b"\xff\xfe").unwrap();
        assert_eq!(read_text(&path, 10).unwrap_err().to_string(), "not UTF-8 at byte 0");
        assert_eq!(read_text(&path, 1).unwrap_err().to_string(), "larger than 1 bytes");
    }

    #[cfg(unix)]
    #[test]
    fn only_a_regular_file_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let message = |path: &Path| read_bytes(path, 10).unwrap_err().to_string();
        let [pipe, socket] = ["pipe", "socket"].map(|name| folder.path().join(name));
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert_eq!(message(&pipe), "it is a named pipe, not a regular file");
        assert_eq!(message(&socket), "it is a socket, not a regular file");
        assert_eq!(message(Path::new("/dev/zero")), "it is a device, not a regular file");
        assert_eq!(message(folder.path()), "it is a folder, not a regular file");
    }
}
